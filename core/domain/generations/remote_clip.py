"""Where a finished video lies at its vendor: the column `attempts.result`, as a value.

`end_attempt` in SQL writes the column as it is given; no SQL function reads a key of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteClip:
    """What a vendor says about the file of a finished video.

    Args:
        url: the vendor's address; None when the vendor hands the bytes out with the task itself: then `download`
            asks for the task again.
        expires_at: when the address stops working; None if the vendor does not say.
        needs_key: the address serves only requests with our key, so no person can open it.
    """

    url: str | None
    expires_at: datetime | None = None
    needs_key: bool = False

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The same from the column. Keys of a newer release are passed over: the column is written once.

        Raises:
            ValueError, TypeError: a field holds what this release cannot read.
        """
        url, expires_at, needs_key = data.get("url"), data.get("expires_at"), data.get("needs_key", False)
        if not isinstance(url, str | None):
            raise TypeError(f"result.url is {url!r}, not an address")
        if not isinstance(needs_key, bool):
            raise TypeError(f"result.needs_key is {needs_key!r}, neither true nor false")
        return cls(url=url, expires_at=datetime.fromisoformat(expires_at) if expires_at else None, needs_key=needs_key)

    def as_json(self) -> dict[str, Any]:
        """The column, with every key."""
        return {
            "url": self.url,
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "needs_key": self.needs_key,
        }
