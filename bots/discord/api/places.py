"""Discord's threads and places as strings that the rest of the product stores and does not look into."""

import json
from dataclasses import dataclass, field

from core.domain.ids import Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel or a thread; Discord treats both alike. `guild` is None in direct messages.

    Args:
        is_thread: it is a thread, so a root message cannot open another one here.
        upload_max: bytes that a file may have here, as the interaction said.
        is_forum: it is a forum, in which each message is a post.
        interaction: the id of the command; the root message, which answers it, is recognized by it.
        root: the id of the root message, which Discord returns with the acknowledgement.
        reply_to: the root message, where no thread could be opened: all later messages reply to it.
        parent: of a thread that we opened: its channel.
        interaction_token: the token with which the command itself can be answered, for 15 minutes.
        token: the same token, where messages can be sent in no other way.
    """

    channel: int
    guild: int | None = None
    is_thread: bool = False
    upload_max: int | None = None
    is_forum: bool = field(default=False, compare=False)
    interaction: int | None = None
    root: int | None = None
    reply_to: int | None = field(default=None, compare=False)
    parent: int | None = field(default=None, compare=False)
    interaction_token: str | None = field(default=None, compare=False, repr=False)
    token: str | None = field(default=None, compare=False, repr=False)

    @property
    def address(self) -> str:
        """The address at which people open it in Discord: the place itself, or the root message that is replied to."""
        address = f"https://discord.com/channels/{self.guild or '@me'}/{self.channel}"
        return f"{address}/{self.reply_to}" if self.reply_to is not None else address

    @property
    def is_asked_in(self) -> bool:
        """Whether it is the channel of a command and its root message; all other messages have a place of their own."""
        return self.guild is not None and not self.is_thread and self.reply_to is None

    def packed(self) -> Thread:
        data: dict[str, object] = {
            "channel": str(self.channel),
            "guild": None if self.guild is None else str(self.guild),
            "is_thread": self.is_thread,
            "upload_max": self.upload_max,
            "interaction": None if self.interaction is None else str(self.interaction),
        }
        marks = {
            "root": self.root,
            "reply_to": self.reply_to,
            "parent": self.parent,
            "interaction_token": self.interaction_token,
            "token": self.token,
        }
        data |= {"is_forum": True} if self.is_forum else {}
        data |= {name: str(mark) for name, mark in marks.items() if mark is not None}
        return Thread(json.dumps(data, separators=(",", ":")))


def unpacked(thread: Thread) -> Place:
    data = json.loads(thread)
    return Place(
        channel=int(data["channel"]),
        guild=None if data["guild"] is None else int(data["guild"]),
        is_thread=data["is_thread"],
        upload_max=data["upload_max"],
        is_forum=bool(data.get("is_forum")),
        interaction=_id(data.get("interaction")),
        root=_id(data.get("root")),
        reply_to=_id(data.get("reply_to")),
        parent=_id(data.get("parent")),
        interaction_token=data.get("interaction_token"),
        token=data.get("token"),
    )


def _id(value: str | None) -> int | None:
    return None if value is None else int(value)
