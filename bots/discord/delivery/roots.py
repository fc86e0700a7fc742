"""Root messages, which are the bot's answers to commands: finds them again, and opens the threads under them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Literal

import discord
import structlog

from bots.discord.api.errors import Asked, translated
from bots.discord.api.places import Place
from bots.discord.drawing import render
from core.domain.chat.chat_errors import ChatAway, ChatBusy, ChatError, ChatUnclear, PlaceGone
from core.domain.ids import Thread
from core.replies.chat.card import Card
from core.replies.chat.words import cut

log = structlog.get_logger()

THREAD_NAME_MAX = 100
ARCHIVE_MINUTES: Literal[1440] = 1440
OPEN_S = 120.0
"""Seconds for a thread to open: one that opens after nobody waits for it any more stays empty."""
LOOK_MOST = 500
"""Messages that are searched for a root message, from its command on; a busy channel has so many in a minute."""
UNKNOWN_MESSAGE = 10008
_THREAD_EXISTS = 160004
_NO_THREADS_HERE = frozenset({50001, 50013, 50024, 160006})
"""Codes of missing access or permissions, of a channel without threads, and of too many open threads."""


def below(where: Place) -> dict[str, Any]:
    """The reference to the root message, where messages reply to it; Discord may ignore it if the message is gone."""
    if where.reply_to is None:
        return {}
    root = discord.MessageReference(
        message_id=where.reply_to, channel_id=where.channel, guild_id=where.guild, fail_if_not_exists=False
    )
    return {"reference": root}


class Roots:
    """The root messages of one bot.

    Args:
        channel: gives the channel of a place, once the client is logged in.
    """

    def __init__(
        self, client: discord.Client, channel: Callable[[Place], Awaitable[discord.PartialMessageable]]
    ) -> None:
        self._client = client
        self._channel = channel

    async def thread_under(self, where: Place, message_id: int, title: str) -> Thread:
        """Open the thread of a root message; its id is the message's. Where no thread is possible, answer the place.

        Raises:
            ChatBusy: threads open too fast here; none was opened.
            ChatError: none was opened.
        """
        if where.guild is None or where.is_thread:
            return where.packed()
        opened = replace(where, channel=message_id, is_thread=True, parent=where.channel).packed()
        try:
            async with translated(within_s=OPEN_S):
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
        """Whether a thread was opened although the answer was lost."""
        try:
            async with translated(Asked.READ):
                await self._client.fetch_channel(thread)
        except ChatError:
            return False
        return True

    async def adopted(self, where: Place, card: Card) -> int | None:
        """The bot's answer to the command, if it got that far, made the root message."""
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
        """The bot's answer, found by its id, or searched among the messages since the command."""
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
        """A message to open a thread on: without a gateway, discord.py knows only the guild of a fetched channel."""
        channel = await self._channel(where)
        if channel.guild is None:
            fetched = await self._client.fetch_channel(where.channel)
            if isinstance(fetched, discord.TextChannel | discord.VoiceChannel | discord.StageChannel):
                return fetched.get_partial_message(message_id)
            raise PlaceGone("no threads in this kind of channel")
        return channel.get_partial_message(message_id)
