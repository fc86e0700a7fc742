"""What a moderator of the guild does: adding and removing the bot, and deciding who may look into which channels."""

import time

from sandbox.discord import guild, payloads
from sandbox.discord.fixtures import GUILD_ID
from sandbox.discord.sessions import Emit, Intent
from sandbox.discord.store import Store


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
