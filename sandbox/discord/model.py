"""What the Discord stand-in remembers: channels, threads, messages, attachments. Plain data; the store changes it."""

from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from pathlib import Path
from typing import Any

from sandbox.discord.fixtures import BOT_PERMISSIONS, Permission


class ChannelKind(IntEnum):
    """The channel types that the sandbox has."""

    TEXT = 0
    DM = 1
    VOICE = 2
    ANNOUNCEMENT = 5
    ANNOUNCEMENT_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    STAGE = 13
    FORUM = 15
    MEDIA = 16


POSTS = frozenset({ChannelKind.FORUM, ChannelKind.MEDIA})
"""Kinds of channels in which everything that is written is a post: a thread that begins with a message of its id."""


class MessageKind(IntEnum):
    """The message types that the sandbox makes."""

    DEFAULT = 0
    THREAD_CREATED = 18
    REPLY = 19
    COMMAND = 20
    THREAD_STARTER = 21


class MessageFlag(IntFlag):
    """The message flags that the sandbox knows."""

    SUPPRESS_EMBEDS = 1 << 2
    HAS_THREAD = 1 << 5
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    COMPONENTS_V2 = 1 << 15


NO_FLAGS = MessageFlag(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file on the stand-in's CDN."""

    id: int
    filename: str
    content_type: str
    size: int
    url: str
    path: Path
    description: str | None = None
    ephemeral: bool = False
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The interaction that a message answers; `command` is empty when it was not a slash command."""

    id: int
    kind: int
    user_id: int
    command: str
    metadata: dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Content:
    """What a message says: everything about it that an edit can change."""

    text: str = ""
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    flags: MessageFlag = NO_FLAGS
    mentions: list[int] = field(default_factory=list)


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """One message. `edited_at` is unix seconds; `edits` counts what a person would see as edited."""

    id: int
    channel_id: int
    author_id: int
    content: Content
    kind: MessageKind = MessageKind.DEFAULT
    edited_at: float | None = None
    edits: int = 0
    origin: Origin | None = None
    reference: dict[str, Any] | None = None

    @property
    def ephemeral(self) -> bool:
        """Whether only one person sees it."""
        return MessageFlag.EPHEMERAL in self.content.flags

    @property
    def loading(self) -> bool:
        """Whether it is a deferred answer that has not come yet."""
        return MessageFlag.LOADING in self.content.flags


@dataclass(slots=True, kw_only=True)
class Thread:
    """What a thread has beyond a channel; `archived_at` is when archiving last changed, in unix seconds.

    Args:
        bot_is_in: a private thread that the bot is not in is closed to it.
    """

    owner_id: int
    archived_at: float
    archived: bool = False
    locked: bool = False
    auto_archive_min: int = 4320
    slowmode_s: int = 0
    sent: int = 0
    bot_is_in: bool = True


@dataclass(slots=True, kw_only=True, eq=False)
class Channel:
    """A text channel, a thread or a DM; `permissions` is what the bot may do in it.

    Args:
        hidden: @everyone may not look in; the bot may.
        deleted: a moderator has deleted it.
        wants_tag: a post there must have one of its tags.
    """

    id: int
    kind: ChannelKind
    name: str = ""
    parent_id: int | None = None
    position: int = 0
    recipient_id: int | None = None
    permissions: Permission = BOT_PERMISSIONS
    nsfw: bool = False
    hidden: bool = False
    deleted: bool = False
    wants_tag: bool = False
    thread: Thread | None = None
    last_message_id: int | None = None
    messages: dict[int, Message] = field(default_factory=dict)
    slowmode_s: int = 0
    unlisted: dict[int, Message] = field(default_factory=dict)
    """Ephemeral messages: only their reader and their interaction know them."""
    threads: dict[int, "Channel"] = field(default_factory=dict)
