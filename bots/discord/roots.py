"""Root messages: the bot's answer to a command, found again by whoever goes on with it, and the thread under it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Literal

import discord
import structlog

from bots.discord import render
from bots.discord.errors import Asked, translated
from bots.discord.places import Place
from core.domain.chat.chat_errors import ChatAway, ChatBusy, ChatError, ChatUnclear, PlaceGone
from core.domain.ids import Thread
from core.replies.chat.card import Card
from core.replies.chat.words import cut

log = structlog.get_logger()

THREAD_NAME_MAX = 100
ARCHIVE_MINUTES: Literal[1440] = 1440
LOOK_MOST = 500
"""Messages that are looked through for an answer since its command; a busy channel has that many in a minute."""
UNKNOWN_MESSAGE = 10008
_THREAD_EXISTS = 160004
_NO_THREADS_HERE = frozenset({50001, 50013, 50024, 160006})
"""Missing access or permission, a channel without threads, or too many open ones."""


def below(where: Place) -> dict[str, Any]:
    """The root message that is answered where it has no thread; that it is gone is no trouble."""
    if where.reply_to is None:
        return {}
    root = discord.MessageReference(
        message_id=where.reply_to, channel_id=where.channel, guild_id=where.guild, fail_if_not_exists=False
    )
    return {"reference": root}


class Roots:
    """The root messages of one bot.

    Args:
        channel: a place as discord.py has it, once the client is logged in.
    """

    def __init__(
        self, client: discord.Client, channel: Callable[[Place], Awaitable[discord.PartialMessageable]]
    ) -> None:
        self._client = client
        self._channel = channel

    async def thread_under(self, where: Place, message_id: int, title: str) -> Thread:
        """Open the thread of a root message; its id is the message's. Where there can be none it is the place.

        Raises:
            ChatBusy: threads open too fast here; there is none.
            ChatError: there is none.
        """
        if where.guild is None or where.is_thread:
            return where.packed()
        opened = replace(where, channel=message_id, is_thread=True, parent=where.channel).packed()
        try:
            async with translated():
                message = await self._in_its_guild(where, message_id)
                await message.create_thread(name=cut(title, THREAD_NAME_MAX), auto_archive_duration=ARCHIVE_MINUTES)
        except ChatUnclear:
            if not await self._is_there(message_id):
                raise
        except ChatError as error:
            refusal = error.__cause__
            code = refusal.code if isinstance(refusal, discord.HTTPException) else 0
            if code in _NO_THREADS_HERE:
                log.info("thread.not_opened", code=code)
                return replace(where, reply_to=message_id).packed()
            if code != _THREAD_EXISTS:
                raise
        return opened

    async def _is_there(self, thread: int) -> bool:
        """Whether a thread has opened though nobody could say so."""
        try:
            async with translated(Asked.READ):
                await self._client.fetch_channel(thread)
        except ChatError:
            return False
        return True

    async def adopted(self, where: Place, card: Card) -> int | None:
        """The message with which the bot has answered the command, as far as it got: made the root message."""
        async with translated(Asked.READ):
            found = await self._answer_to(where)
        if found is None:
            return None
        if found.flags.loading:
            try:
                async with translated():
                    await found.edit(embed=render.embed(card), allowed_mentions=render.NOBODY)
            except (ChatAway, ChatBusy, ChatUnclear):
                raise
            except ChatError as error:
                log.info("root.not_adopted", error=type(error).__name__, why=str(error))
                return None
        return found.id

    async def _answer_to(self, where: Place) -> discord.Message | None:
        """That message by its id, or looked for among what was posted since the command."""
        channel = await self._channel(where)
        if where.root is not None:
            try:
                return await channel.fetch_message(where.root)
            except discord.NotFound as error:
                if error.code != UNKNOWN_MESSAGE:
                    raise
                return None
        if where.interaction is None:
            return None
        since = discord.Object(where.interaction)
        async for message in channel.history(limit=LOOK_MOST, after=since, oldest_first=True):
            asked = message.interaction_metadata
            if asked is not None and asked.id == where.interaction:
                return message
        return None

    async def _in_its_guild(self, where: Place, message_id: int) -> discord.PartialMessage:
        """A message to open a thread on: without a gateway discord.py knows the guild of a fetched channel only."""
        channel = await self._channel(where)
        if channel.guild is None:
            fetched = await self._client.fetch_channel(where.channel)
            if isinstance(fetched, discord.TextChannel | discord.VoiceChannel | discord.StageChannel):
                return fetched.get_partial_message(message_id)
            raise PlaceGone("no threads in this kind of channel")
        return channel.get_partial_message(message_id)
