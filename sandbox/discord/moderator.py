"""What a moderator of the guild does: adding and removing the bot, and deciding who may look into which channels."""

import time

from sandbox.discord import guild, payloads
from sandbox.discord.fixtures import BOT_ID, GUILD_ID
from sandbox.discord.model import POSTS
from sandbox.discord.sessions import Emit, Intent
from sandbox.discord.store import Store

SLOWEST_S = 21_600
THREAD_GONE = ("id", "guild_id", "parent_id", "type")
"""What Discord tells of a thread that the bot does not see any more."""


class Moderator:
    """Changes the guild, and tells the gateway of it."""

    def __init__(self, store: Store, emit: Emit) -> None:
        self._store = store
        self._emit = emit

    def join(self) -> None:
        """Add the bot to the guild."""
        if self._store.joined_at is None:
            self._store.joined_at = payloads.at(time.time())
            whole = guild.guild_create(self._store.channels.values(), joined_at=self._store.joined_at)
            self._emit("GUILD_CREATE", whole, Intent.GUILDS)

    def leave(self) -> None:
        """Take the bot out of the guild."""
        if self._store.joined_at is not None:
            self._store.joined_at = None
            self._emit("GUILD_DELETE", {"id": str(GUILD_ID)}, Intent.GUILDS)

    def set_deleted(self, channel_ids: set[int]) -> None:
        """Delete channels. One that is not among them any more is there again, as it never is in Discord."""
        for channel in [one for one in self._store.channels.values() if one.thread is None]:
            if channel.deleted is not (channel.id in channel_ids):
                channel.deleted = channel.id in channel_ids
                event = "CHANNEL_DELETE" if channel.deleted else "CHANNEL_CREATE"
                self._emit(event, payloads.channel(channel), Intent.GUILDS)

    def set_wants_tag(self, channel_ids: set[int]) -> None:
        """Decide in which channels a post must have a tag."""
        for channel in [one for one in self._store.channels.values() if one.kind in POSTS]:
            if channel.wants_tag is not (channel.id in channel_ids):
                channel.wants_tag = channel.id in channel_ids
                self._emit("CHANNEL_UPDATE", payloads.channel(channel), Intent.GUILDS)

    def set_slow(self, channel_ids: set[int]) -> None:
        """Decide in which channels people may write every six hours only, as often as is possible."""
        for channel in [one for one in self._store.channels.values() if one.thread is None]:
            slowmode_s = SLOWEST_S if channel.id in channel_ids else 0
            if channel.slowmode_s != slowmode_s:
                channel.slowmode_s = slowmode_s
                self._emit("CHANNEL_UPDATE", payloads.channel(channel), Intent.GUILDS)

    def set_without_bot(self, thread_ids: set[int]) -> None:
        """Decide which private threads the bot is not in."""
        for thread in [one for one in self._store.channels.values() if one.thread is not None]:
            if thread.thread is not None and thread.thread.bot_is_in is (thread.id in thread_ids):
                thread.thread.bot_is_in = thread.id not in thread_ids
                gone = {key: value for key, value in payloads.channel(thread).items() if key in THREAD_GONE}
                is_in = thread.thread.bot_is_in
                self._emit(
                    "THREAD_CREATE" if is_in else "THREAD_DELETE",
                    payloads.channel(thread) if is_in else gone,
                    Intent.GUILDS,
                )

    def purge(self, channel_ids: set[int]) -> None:
        """Delete all that the bot has written in these channels. Their threads stay, as in Discord."""
        for channel in [self._store.channels[number] for number in channel_ids]:
            for message in [one for one in channel.messages.values() if one.author_id == BOT_ID]:
                self._store.delete(message)

    def set_adult(self, channel_ids: set[int]) -> None:
        """Decide which channels are for adults."""
        for channel in [one for one in self._store.channels.values() if one.thread is None]:
            if channel.nsfw is not (channel.id in channel_ids):
                channel.nsfw = channel.id in channel_ids
                self._emit("CHANNEL_UPDATE", payloads.channel(channel), Intent.GUILDS)

    def set_hidden(self, channel_ids: set[int]) -> None:
        """Decide which channels @everyone may not look into."""
        for channel in [one for one in self._store.channels.values() if one.thread is None]:
            if channel.hidden is not (channel.id in channel_ids):
                channel.hidden = channel.id in channel_ids
                self._emit("CHANNEL_UPDATE", payloads.channel(channel), Intent.GUILDS)
