"""The addresses that we give out: for a vendor's calls about an attempt, for the pictures that it gets, for watching.

All are signed, so that nobody can guess one and a forged one is told from a real one without asking the database.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from core.domain.ids import GenerationId, LinkId, RouteKey

_MAC_BYTES = 16
_NAME_BYTES = 18
"""A UUID, and two bytes for the number of the attempt."""
_LINK_BYTES = 21
"""A UUID, and five bytes for the second in which it ends."""
_PICTURE_BYTES = 37
"""A SHA-256, and the same five."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Makes addresses below the public one, and reads the tokens of those that come back.

    Args:
        base: the public address, without a slash at its end.
        secret: what the tokens are signed with; whoever has it can make them.
    """

    base: str
    secret: str = field(repr=False)

    def callback(self, *, route: RouteKey, generation_id: UUID, n: int) -> str:
        """Where a vendor calls about attempt n. The same attempt always has the same address, before it has a task."""
        name = generation_id.bytes + n.to_bytes(2, "big")
        return f"{self.base}/callbacks/{route}/{self._token(f'callback/{route}', name)}"

    def attempt(self, *, route: str, token: str) -> tuple[GenerationId, int] | None:
        """The attempt that a callback's address names; None if we never gave it out."""
        name = self._payload(f"callback/{route}", token, size=_NAME_BYTES)
        if name is None:
            return None
        return GenerationId(UUID(bytes=name[:16])), int.from_bytes(name[16:], "big")

    def watch(self, link: LinkId, *, until: datetime) -> str:
        """The page of a clip, good until then; the file itself is at the same address with `.mp4` behind it."""
        return f"{self.base}/v/{self._token('link', link.bytes + int(until.timestamp()).to_bytes(5, 'big'))}"

    def link(self, token: str) -> tuple[LinkId, datetime] | None:
        """The link that a page's address names, and when it ends; None if we never gave it out."""
        payload = self._payload("link", token, size=_LINK_BYTES)
        if payload is None:
            return None
        return LinkId(UUID(bytes=payload[:16])), datetime.fromtimestamp(int.from_bytes(payload[16:], "big"), UTC)

    def picture(self, sha256: str, *, until: datetime) -> str:
        """Where a vendor gets a picture that we keep, good until then."""
        payload = bytes.fromhex(sha256) + int(until.timestamp()).to_bytes(5, "big")
        return f"{self.base}/p/{self._token('picture', payload)}.jpg"

    def pictured(self, token: str) -> tuple[str, datetime] | None:
        """The SHA-256 of the picture that an address names, and when it ends; None if we never gave it out."""
        payload = self._payload("picture", token, size=_PICTURE_BYTES)
        if payload is None:
            return None
        return payload[:32].hex(), datetime.fromtimestamp(int.from_bytes(payload[32:], "big"), UTC)

    def _token(self, purpose: str, payload: bytes) -> str:
        return urlsafe_b64encode(payload + self._mac(purpose, payload)).rstrip(b"=").decode()

    def _payload(self, purpose: str, token: str, *, size: int) -> bytes | None:
        try:
            data = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except ValueError:
            return None
        payload, mac = data[:size], data[size:]
        # Base64 has spellings that mean the same; only ours counts.
        is_ours = hmac.compare_digest(mac, self._mac(purpose, payload)) and self._token(purpose, payload) == token
        return payload if is_ours and len(payload) == size else None

    def _mac(self, purpose: str, payload: bytes) -> bytes:
        return hmac.new(self.secret.encode(), purpose.encode() + b"\0" + payload, sha256).digest()[:_MAC_BYTES]
