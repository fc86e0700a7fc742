"""The Discord sandbox's memory: what is posted, edited, deleted and threaded, and who is told of it.

It does what it is told; whether somebody may do it is decided where the request comes in.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from sandbox.discord import fixtures, payloads, places
from sandbox.discord.errors import ApiError, Refusal
from sandbox.discord.files import Files
from sandbox.discord.fixtures import BOT_ID, GUILD_ID, Permission, Rules, Snowflakes
from sandbox.discord.model import (
    POSTS,
    Channel,
    ChannelKind,
    Content,
    Message,
    MessageFlag,
    MessageKind,
    Origin,
    Thread,
)
from sandbox.discord.sessions import Emit, Intent

NONCES_MAX = 10_000
UNLISTED_MAX = 200

Changed = Callable[[Channel, Message], None]
"""Told after every change to a message, also when it is gone."""


class Store:
    """All channels and their messages."""

    def __init__(self, rules: Rules, *, files: Files, emit: Emit, changed: Changed) -> None:
        self.files = files
        self.next_id = Snowflakes()
        self._rules = rules
        self._emit = emit
        self._changed = changed
        self.joined_at: str | None = payloads.JOINED_AT
        """Since when the bot is in the guild; None: it is not."""
        self.designers = set(fixtures.DESIGNERS)
        """Who has the role."""
        self._nonces: OrderedDict[str, tuple[Message, float]] = OrderedDict()
        self.channels = places.every()

    def channel(self, channel_id: int) -> Channel:
        """A channel, a thread or a DM; 10003 if there is none."""
        try:
            return self.channels[channel_id]
        except KeyError:
            raise ApiError(Refusal.UNKNOWN_CHANNEL) from None

    def top(self, channel: Channel) -> Channel:
        """The channel that a thread hangs in, or the channel itself."""
        return self.channels.get(channel.parent_id or 0, channel)

    def thread_of(self, message: Message) -> Channel | None:
        """The thread that hangs on a message."""
        return self.channels.get(message.id)

    def message(self, channel: Channel, message_id: int) -> Message:
        """A message that everybody sees; 10008 if there is none. A post's first message has its thread's id."""
        if message_id == channel.id and self.top(channel).kind in POSTS:
            channel = self.top(channel)
        try:
            return channel.messages[message_id]
        except KeyError:
            raise ApiError(Refusal.UNKNOWN_MESSAGE) from None

    def permit(self, channel_id: int, permissions: Permission) -> None:
        """Decide what the bot may do in a channel and its threads."""
        channel = self.channels[channel_id]
        for each in (channel, *channel.threads.values()):
            each.permissions = permissions
        self._emit("CHANNEL_UPDATE", payloads.channel(channel), Intent.GUILDS)

    def dm(self, user_id: int) -> Channel:
        """The bot's direct messages with a person; opened when they are not."""
        for channel in self.channels.values():
            if channel.recipient_id == user_id:
                return channel
        opened = Channel(id=self.next_id(), kind=ChannelKind.DM, recipient_id=user_id)
        self.channels[opened.id] = opened
        return opened

    def repeated(self, nonce: str) -> Message | None:
        """The message that the bot sent with this nonce in the last minutes, if it is still there."""
        message, sent_at = self._nonces.get(nonce, (None, 0.0))
        if message is None or time.monotonic() - sent_at > self._rules.nonce_s:
            return None
        channel = self.channels.get(message.channel_id)
        return message if channel and message.id in channel.messages else None

    def post(
        self,
        channel: Channel,
        *,
        author_id: int,
        content: Content,
        kind: MessageKind = MessageKind.DEFAULT,
        origin: Origin | None = None,
        reference: dict[str, Any] | None = None,
        nonce: str | int | None = None,
    ) -> Message:
        """Put a message into a channel; an ephemeral one where only its reader finds it."""
        message = Message(
            id=self.next_id(),
            channel_id=channel.id,
            author_id=author_id,
            content=content,
            kind=kind,
            origin=origin,
            reference=reference,
        )
        if message.ephemeral:
            channel.unlisted[message.id] = message
            if len(channel.unlisted) > UNLISTED_MAX:
                self._drop_files(channel.unlisted.pop(next(iter(channel.unlisted))))
        else:
            self._list(channel, message)
            if nonce is not None:
                self._remember(str(nonce), message)
            self._tell_gateway("MESSAGE_CREATE", channel, message, nonce=nonce)
        self._changed(channel, message)
        return message

    def rewrite(self, message: Message, content: Content, *, shows: bool = True) -> None:
        """Change what a message says. `shows`: a person sees that it was edited."""
        gone = {one.id for one in content.attachments}
        for attachment in message.content.attachments:
            if attachment.id not in gone:
                self.files.forget(attachment)
        message.content = content
        if shows:
            message.edited_at = time.time()
            message.edits += 1
        self._touched(message)

    def delete(self, message: Message) -> None:
        """Take a message away; a thread on it stays."""
        channel = self._home(message)
        if channel is None:
            return
        self._drop_files(message)
        if channel.unlisted.pop(message.id, None) is None:
            channel.messages.pop(message.id, None)
            data = {"id": str(message.id), "channel_id": str(channel.id), "guild_id": str(GUILD_ID)}
            self._emit("MESSAGE_DELETE", data, Intent.GUILD_MESSAGES)
        self._changed(channel, message)

    def open_thread(
        self, parent: Channel, *, root: Message | None, name: str, kind: ChannelKind, auto_archive_min: int
    ) -> Channel:
        """Open a thread on a message; without one, a public thread gets a message in the parent that says so."""
        thread = Channel(
            id=root.id if root else self.next_id(),
            kind=kind,
            name=name,
            parent_id=parent.id,
            permissions=parent.permissions,
            thread=Thread(owner_id=BOT_ID, archived_at=time.time(), auto_archive_min=auto_archive_min),
        )
        self.channels[thread.id] = parent.threads[thread.id] = thread
        if len(parent.threads) > self._rules.messages_a_channel:
            self._drop_thread(next(iter(parent.threads.values())))
        self._emit("THREAD_CREATE", payloads.channel(thread) | {"newly_created": True}, Intent.GUILDS)
        if root is not None:
            root.content.flags |= MessageFlag.HAS_THREAD
            reference = {"type": 0, "message_id": str(root.id), "channel_id": str(parent.id), "guild_id": str(GUILD_ID)}
            self.post(
                thread,
                author_id=root.author_id,
                content=Content(),
                kind=MessageKind.THREAD_STARTER,
                reference=reference,
            )
            self._touched(root)
        elif kind is ChannelKind.PUBLIC_THREAD:
            self._announce(parent, thread)
        return thread

    def open_post(
        self, forum: Channel, *, name: str, content: Content, auto_archive_min: int = 4320, author_id: int = BOT_ID
    ) -> tuple[Channel, Message]:
        """A post in a forum: a thread that begins with a message of its id."""
        number = self.next_id()
        thread = Channel(
            id=number, kind=ChannelKind.PUBLIC_THREAD, name=name, parent_id=forum.id, permissions=forum.permissions,
            thread=Thread(owner_id=author_id, archived_at=time.time(), auto_archive_min=auto_archive_min),
        )  # fmt: skip
        message = Message(id=number, channel_id=number, author_id=author_id, content=content)
        self.channels[number] = forum.threads[number] = thread
        forum.messages[number] = message
        self._emit("THREAD_CREATE", payloads.channel(thread) | {"newly_created": True}, Intent.GUILDS)
        self._changed(forum, message)
        return thread, message

    def touch_thread(self, channel: Channel) -> None:
        """Tell the gateway that a thread's name or state has changed."""
        self._emit("THREAD_UPDATE", payloads.channel(channel), Intent.GUILDS)

    def archive(self, channel: Channel, *, archived: bool) -> None:
        """Archive a thread or bring it back."""
        if channel.thread is None or channel.thread.archived is archived:
            return
        channel.thread.archived = archived
        channel.thread.archived_at = time.time()
        self.touch_thread(channel)

    def remove_thread(self, thread: Channel) -> None:
        """Delete a thread with all that is in it."""
        root = self.top(thread).messages.get(thread.id)
        self._drop_thread(thread)
        self._emit("THREAD_DELETE", payloads.channel(thread), Intent.GUILDS)
        if root is not None:
            root.content.flags &= ~MessageFlag.HAS_THREAD
            self._touched(root)

    def json(self, message: Message, *, nonce: str | int | None = None) -> dict[str, Any]:
        """A message as the API gives it."""
        return payloads.message(message, thread=self.thread_of(message), nonce=nonce)

    def _announce(self, parent: Channel, thread: Channel) -> None:
        """The parent's message about a thread that hangs on none; it carries the thread's id."""
        reference = {"type": 0, "channel_id": str(thread.id), "guild_id": str(GUILD_ID)}
        message = Message(
            id=thread.id,
            channel_id=parent.id,
            author_id=BOT_ID,
            content=Content(text=thread.name, flags=MessageFlag.HAS_THREAD),
            kind=MessageKind.THREAD_CREATED,
            reference=reference,
        )
        self._list(parent, message)
        self._tell_gateway("MESSAGE_CREATE", parent, message)
        self._changed(parent, message)

    def _list(self, channel: Channel, message: Message) -> None:
        channel.messages[message.id] = message
        channel.last_message_id = message.id
        if channel.thread is not None and message.kind is not MessageKind.THREAD_STARTER:
            channel.thread.sent += 1
        if len(channel.messages) > self._rules.messages_a_channel:
            oldest = channel.messages.pop(next(iter(channel.messages)))
            self._drop_files(oldest)
            if thread := self.thread_of(oldest):
                self._drop_thread(thread)

    def _drop_thread(self, thread: Channel) -> None:
        self.top(thread).threads.pop(thread.id, None)
        self.channels.pop(thread.id, None)
        for message in (*thread.messages.values(), *thread.unlisted.values()):
            self._drop_files(message)

    def _drop_files(self, message: Message) -> None:
        for attachment in message.content.attachments:
            self.files.forget(attachment)

    def _remember(self, nonce: str, message: Message) -> None:
        self._nonces[nonce] = (message, time.monotonic())
        self._nonces.move_to_end(nonce)
        if len(self._nonces) > NONCES_MAX:
            self._nonces.popitem(last=False)

    def _home(self, message: Message) -> Channel | None:
        """The channel that lists a message: of a post's first one the forum."""
        channel = self.channels.get(message.channel_id)
        if channel is not None and message.id == channel.id and self.top(channel).kind in POSTS:
            return self.top(channel)
        return channel

    def _touched(self, message: Message) -> None:
        channel = self._home(message)
        if channel is None:
            return
        if message.id in channel.messages:
            self._tell_gateway("MESSAGE_UPDATE", channel, message)
        self._changed(channel, message)

    def _tell_gateway(self, event: str, channel: Channel, message: Message, *, nonce: str | int | None = None) -> None:
        """Send a message's event. What people write in the guild is left out, unless it mentions the bot."""
        data = self.json(message, nonce=nonce)
        if channel.kind is ChannelKind.DM:
            self._emit(event, data, Intent.DIRECT_MESSAGES)
            return
        if message.author_id != BOT_ID and BOT_ID not in message.content.mentions:
            data |= {"content": "", "embeds": [], "attachments": [], "components": []}
        data |= {"guild_id": str(GUILD_ID), "member": payloads.member(message.author_id, with_user=False)}
        if Permission.VIEW_CHANNEL in channel.permissions:
            self._emit(event, data, Intent.GUILD_MESSAGES)
