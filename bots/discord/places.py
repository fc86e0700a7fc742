"""Discord's threads and places as the opaque strings that the rest of the product carries about."""

import json
from dataclasses import dataclass

from core.domain.ids import Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel or a thread, which Discord treats alike. `guild` is None in direct messages.

    Args:
        is_thread: a root message cannot open another thread here.
        upload_max: bytes that a file may have here, as the interaction said.
        interaction: the one that asked; our answer to it, the root message, can be told by it.
    """

    channel: int
    guild: int | None = None
    is_thread: bool = False
    upload_max: int | None = None
    interaction: int | None = None

    def packed(self) -> Thread:
        data = {
            "channel": str(self.channel),
            "guild": None if self.guild is None else str(self.guild),
            "is_thread": self.is_thread,
            "upload_max": self.upload_max,
            "interaction": None if self.interaction is None else str(self.interaction),
        }
        return Thread(json.dumps(data, separators=(",", ":")))


def unpacked(thread: Thread) -> Place:
    data = json.loads(thread)
    return Place(
        channel=int(data["channel"]),
        guild=None if data["guild"] is None else int(data["guild"]),
        is_thread=data["is_thread"],
        upload_max=data["upload_max"],
        interaction=None if data.get("interaction") is None else int(data["interaction"]),
    )
