"""The workspace's memory: channels, messages and threads, and what only one person sees. Bounded, never on disk."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.platform import Person
from sandbox.slack.errors import SlackError
from sandbox.slack.fixtures import BOT_USER_ID, PEOPLE, PLACES, SLACKBOT_ID, Json, Team, people_of_groups

MESSAGES_MAX = 2000
WHISPERS_MAX = 1000
TOMBSTONE = "This message was deleted."


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """One message. `thread_ts` is its parent's ts, None for a root; `only_for` makes it ephemeral.

    `glance` is what drawing last made of it: its text and its actions, None once the message has changed.
    """

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    metadata: Json = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    thread_ts: str | None = None
    only_for: str | None = None
    subtype: str = ""
    broadcast: bool = False
    edits: int = 0
    edited_ts: str = ""
    replies: "list[Message]" = field(default_factory=list)
    glance: tuple[str, list[tuple[str, str]]] | None = None

    @property
    def by_bot(self) -> bool:
        return self.user == BOT_USER_ID


@dataclass(slots=True, kw_only=True, eq=False)
class Channel:
    """One conversation. `person` is set for a direct message with the bot."""

    id: str
    name: str
    private: bool
    member: bool
    person: str | None = None
    messages: "OrderedDict[str, Message]" = field(default_factory=OrderedDict)

    def roots(self) -> list[Message]:
        """The channel's own messages, oldest first."""
        return [message for message in self.messages.values() if message.thread_ts is None]


@dataclass(slots=True, kw_only=True)
class Store:
    """All channels.

    Whoever changes a message calls `changed`, which tells `on_change`; `on_drop` hears of files that no message holds
    any more.

    Args:
        people: whom the bot can write to, by id.
        archived: the names of channels that nobody may write into.
        locked: those whose threads take no more replies.
        outsiders: the names of people who belong to another workspace; and `guests` of this one.
        groups: by user group, the names of its people.
        org_wide: the app is installed for a whole organization.
        in_organization: the workspace is one of an organization, which payloads call the home of its people.
        no_cards: messages with cards are refused.
        team: the workspace.
    """

    clock: Callable[[], float] = time.time
    messages_max: int = MESSAGES_MAX
    on_change: Callable[[Message], None] = lambda _message: None
    on_drop: Callable[[list[str]], None] = lambda _files: None
    people: dict[str, Person] = field(default_factory=lambda: {person.id: person for person in PEOPLE})
    archived: set[str] = field(default_factory=set)
    locked: set[str] = field(default_factory=set)
    outsiders: set[str] = field(default_factory=set)
    guests: set[str] = field(default_factory=set)
    groups: dict[str, set[str]] = field(default_factory=people_of_groups)
    org_wide: bool = False
    in_organization: bool = False
    no_cards: bool = False
    team: Team = field(default_factory=Team)
    channels: dict[str, Channel] = field(init=False)
    whispers: "OrderedDict[tuple[str, str], Message]" = field(default_factory=OrderedDict)
    _last_us: int = 0

    def __post_init__(self) -> None:
        self.channels = {
            place.id: Channel(id=place.id, name=place.name, private=place.private, member=place.member)
            for place in PLACES
        }

    def mint(self) -> str:
        """A timestamp that no other message has, nor had before a restart."""
        self._last_us = max(self._last_us + 1, int(self.clock() * 1_000_000))
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"

    def direct(self, user: str) -> Channel:
        """The bot's direct message channel with a person, opened if need be."""
        person = self.people.get(user)
        if person is None:
            raise SlackError("user_not_found")
        channel_id = "D" + user[1:]
        if channel_id not in self.channels:
            self.channels[channel_id] = Channel(
                id=channel_id, name="@" + person.name, private=True, member=True, person=user
            )
        return self.channels[channel_id]

    def named(self, name: str) -> Channel | None:
        """The channel with this name (`general`, `@ana`) or id."""
        if name in self.channels:
            return self.channels[name]
        bare = name.removeprefix("#")
        return next((channel for channel in self.channels.values() if channel.name == bare), None)

    def seen_by_bot(self, channel: str) -> Channel:
        """The channel, if the bot may know that it exists. A person's id means the direct message with them."""
        found = self.named(channel)
        if found is None and channel.startswith("U"):
            try:
                return self.direct(channel)
            except SlackError:
                raise SlackError("channel_not_found") from None
        if found is None or (found.private and not found.member):
            raise SlackError("channel_not_found")
        return found

    def writable(self, channel: str) -> Channel:
        """The channel, if the bot may post there."""
        found = self.seen_by_bot(channel)
        if not found.member:
            raise SlackError("not_in_channel")
        if found.name in self.archived:
            raise SlackError("is_archived")
        return found

    def postable(self, channel: str) -> Channel:
        """The same for messages without files: with `chat:write.public` a public channel need not be joined."""
        found = self.seen_by_bot(channel)
        if found.private:
            return self.writable(channel)
        if found.name in self.archived:
            raise SlackError("is_archived")
        return found

    def parent(self, channel: Channel, thread_ts: str) -> Message:
        """The root of the thread that `thread_ts` names; a reply's ts means its parent."""
        message = channel.messages.get(thread_ts)
        if message is not None and message.thread_ts is not None:
            message = channel.messages.get(message.thread_ts)
        if message is None:
            raise SlackError("thread_not_found")
        if message.subtype == "tombstone":
            raise SlackError("cannot_reply_to_message")
        if channel.name in self.locked:
            raise SlackError("restricted_action_thread_locked")
        return message

    def add(self, message: Message) -> Message:
        """Keep a message where it belongs: in its channel and thread, or with the one person who sees it."""
        if message.only_for is not None:
            self.whispers[message.channel, message.ts] = message
            while len(self.whispers) > WHISPERS_MAX:
                self.whispers.popitem(last=False)
        else:
            channel = self.channels[message.channel]
            if message.thread_ts is not None:
                channel.messages[message.thread_ts].replies.append(message)
            channel.messages[message.ts] = message
            self._trim(channel)
        self.on_change(message)
        return message

    def changed(self, message: Message) -> None:
        """A message was edited: count it and tell."""
        message.edits += 1
        message.glance = None
        self.on_change(message)

    def remove(self, message: Message) -> None:
        """Delete a message. A root with replies leaves a tombstone, as Slack does."""
        if message.only_for is not None:
            self.whispers.pop((message.channel, message.ts), None)
        elif message.replies:
            message.user, message.text, message.subtype = SLACKBOT_ID, TOMBSTONE, "tombstone"
            message.blocks, message.attachments, message.metadata, message.glance = [], [], {}, None
        else:
            channel = self.channels[message.channel]
            channel.messages.pop(message.ts, None)
            parent = channel.messages.get(message.thread_ts or "")
            if parent is not None:
                parent.replies.remove(message)
        self._forget_files([message])
        self.on_change(message)

    def find(self, channel: str, ts: str) -> Message | None:
        """A message that is there, ephemeral ones included."""
        place = self.channels.get(channel)
        return (place.messages.get(ts) if place else None) or self.whispers.get((channel, ts))

    def _trim(self, channel: Channel) -> None:
        while len(channel.messages) > self.messages_max:
            _, oldest = channel.messages.popitem(last=False)
            for reply in oldest.replies:
                channel.messages.pop(reply.ts, None)
            parent = channel.messages.get(oldest.thread_ts or "")
            if parent is not None:
                parent.replies.remove(oldest)
            self._forget_files([oldest, *oldest.replies])

    def _forget_files(self, gone: list[Message]) -> None:
        files = [file for message in gone for file in message.files]
        for message in gone:
            message.files = []
        if files:
            self.on_drop(files)
