"""What the bot may do where: Discord's refusals by permission, by person, and by a thread's state."""

from sandbox.discord.errors import ApiError, Refusal
from sandbox.discord.fixtures import BOT_ID, PEOPLE_BY_ID, Permission
from sandbox.discord.model import POSTS, Channel, ChannelKind, Message
from sandbox.discord.store import Store


class Access:
    """Finds things for the bot, or refuses.

    `closed_dms`: ids of people who take no direct messages from the bot.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.closed_dms: set[int] = set()

    def channel(self, channel_id: int, *needed: Permission) -> Channel:
        """A channel that the bot sees and where it may do all that is needed."""
        channel = self._store.channel(channel_id)
        if channel.kind is ChannelKind.DM:
            return channel
        if channel.deleted or self._store.top(channel).deleted:
            raise ApiError(Refusal.UNKNOWN_CHANNEL)
        if self._store.joined_at is None or Permission.VIEW_CHANNEL not in channel.permissions or _is_closed(channel):
            raise ApiError(Refusal.MISSING_ACCESS)
        if any(permission not in channel.permissions for permission in needed):
            raise ApiError(Refusal.MISSING_PERMISSIONS)
        return channel

    def to_post(self, channel_id: int) -> Channel:
        """A channel that the bot may write in. Writing brings an archived thread back, unless it is locked."""
        channel = self.channel(channel_id)
        if channel.kind is ChannelKind.DM:
            if channel.recipient_id in self.closed_dms:
                raise ApiError(Refusal.CANNOT_DM)
            return channel
        if channel.kind in POSTS:
            raise ApiError(Refusal.WRONG_CHANNEL_TYPE)
        if channel.thread is None:
            return self.channel(channel_id, Permission.SEND_MESSAGES)
        self.channel(channel_id, Permission.SEND_MESSAGES_IN_THREADS)
        self._unlocked(channel)
        return channel

    def message(self, channel_id: int, message_id: int) -> tuple[Channel, Message]:
        """A message that the bot may read."""
        channel = self.channel(channel_id, Permission.READ_MESSAGE_HISTORY)
        return channel, self._store.message(channel, message_id)

    def to_edit(self, channel_id: int, message_id: int) -> Message:
        """A message of the bot's own, in a thread that is not archived."""
        channel = self.channel(channel_id)
        message = self._store.message(channel, message_id)
        if message.author_id != BOT_ID:
            raise ApiError(Refusal.NOT_YOURS)
        _awake(channel)
        return message

    def to_delete(self, channel_id: int, message_id: int) -> Message:
        """A message that the bot may delete: its own, or any with MANAGE_MESSAGES."""
        channel = self.channel(channel_id)
        message = self._store.message(channel, message_id)
        if message.author_id != BOT_ID:
            self.channel(channel_id, Permission.MANAGE_MESSAGES)
        _awake(channel)
        return message

    def thread(self, channel_id: int) -> Channel:
        """A thread that the bot may change: one that it opened itself, or any with MANAGE_THREADS."""
        channel = self.channel(channel_id)
        if channel.thread is None or channel.thread.owner_id != BOT_ID:
            self.channel(channel_id, Permission.MANAGE_THREADS)
        self._unlocked(channel)
        return channel

    def recipient(self, user_id: int) -> int:
        """A person whom the bot can open direct messages with."""
        if user_id not in PEOPLE_BY_ID:
            raise ApiError(Refusal.BAD_RECIPIENT)
        return user_id

    def _unlocked(self, channel: Channel) -> None:
        if (
            channel.thread is not None
            and channel.thread.locked
            and Permission.MANAGE_THREADS not in channel.permissions
        ):
            raise ApiError(Refusal.LOCKED)


def _is_closed(channel: Channel) -> bool:
    """It is a thread that the bot is not in, and it may not manage threads."""
    is_in = channel.thread is None or channel.thread.bot_is_in
    return not is_in and Permission.MANAGE_THREADS not in channel.permissions


def _awake(channel: Channel) -> None:
    if channel.thread is not None and channel.thread.archived:
        raise ApiError(Refusal.ARCHIVED)
