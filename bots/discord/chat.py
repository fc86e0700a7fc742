"""What the worker posts into Discord with: it logs in and never opens a gateway.

Each message carries a nonce made from the delivery's key, so that Discord itself answers a repeated post with the first
message, for some minutes. After that our own messages are told by the ids of their buttons, and a root message that
the bot has posted by the interaction that it answers.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Literal
from uuid import UUID

import discord
import structlog

from bots.discord import render
from bots.discord.errors import translated
from bots.discord.places import Place, unpacked
from bots.discord.settings import settings
from bots.discord.wire import RATELIMIT_TIMEOUT_S, intents, prepare
from core.domain.chat.pacing import Call, Limit, MessageRate
from core.domain.chat_errors import ChatUnclear, EditRefused, FileRefused, PlaceGone, UploadFailed
from core.domain.ids import MessageId, Thread, UserId
from core.ports import Chat, LocalClip, Posted
from core.replies.chat.card import Card, Drawing
from core.replies.chat.words import cut

log = structlog.get_logger()

NONCE_MAX = 25
MARK_LENGTH = 8
THREAD_NAME_MAX = 100
ALT_MAX = 1000
ARCHIVE_MINUTES: Literal[1440] = 1440
LOOK_BACK = 50
PACE = MessageRate(burst=5, every_s=1.0)
"""Discord allows five messages in five seconds in a channel, or in a thread, which is one (2026-11-22)."""
UPLOAD_LEAST = 10 * 1024 * 1024
"""What Discord takes everywhere, whatever it had said of a place before it refused a file there."""
_THREAD_EXISTS = 160004
_NO_THREADS_HERE = frozenset({50001, 50013, 50024, 160006})
"""Missing access or permission, a channel without threads, or too many open ones."""


def from_environment() -> Chat[Card] | None:
    """Discord as it is configured, or None."""
    known = settings()
    if known.discord_token is None:
        return None
    prepare(known)
    client = discord.Client(intents=intents(), max_ratelimit_timeout=RATELIMIT_TIMEOUT_S)
    return DiscordChat(client, token=known.discord_token.get_secret_value(), upload_max=known.discord_upload_max)


def mark(key: UUID) -> str:
    """What tells a delivery's message from others of its generation."""
    return key.hex[:MARK_LENGTH]


class DiscordChat:
    """The Chat port for one bot. Logs in at the first call; a client that is logged in already is used as it is."""

    def __init__(self, client: discord.Client, *, token: str | None, upload_max: int) -> None:
        self._client = client
        self._token = token
        self._upload_max = upload_max
        self._logging_in = asyncio.Lock()

    def limits(self, thread: Thread, call: Call) -> tuple[Limit, ...]:
        return (Limit(key=f"channel:{unpacked(thread).channel}", pace=PACE),)

    async def open_thread(self, place: Thread, card: Card, *, key: UUID, title: str, look_first: bool) -> Posted:
        where = unpacked(place)
        async with translated():
            message = await self._answer_to(where) if look_first else None
            if message is None:
                message = await self._send(where, card, key)
        return Posted(message=MessageId(str(message.id)), thread=await self.thread_under(where, message.id, title))

    async def thread_under(self, where: Place, message_id: int, title: str) -> Thread:
        """Open the thread of a root message; its id is the message's. Where there can be none it is the place."""
        if where.guild is None or where.is_thread:
            return where.packed()
        async with translated():
            message = await self._in_its_guild(where, message_id)
            try:
                await message.create_thread(name=cut(title, THREAD_NAME_MAX), auto_archive_duration=ARCHIVE_MINUTES)
            except discord.HTTPException as error:
                if error.code in _NO_THREADS_HERE:
                    log.info("thread.not_opened", code=error.code)
                    return where.packed()
                if error.code != _THREAD_EXISTS:
                    raise
        return Place(channel=message_id, guild=where.guild, is_thread=True, upload_max=where.upload_max).packed()

    async def post(self, thread: Thread, card: Card, *, key: UUID) -> MessageId:
        async with translated():
            message = await self._send(unpacked(thread), card, key)
        return MessageId(str(message.id))

    async def edit(self, thread: Thread, message: MessageId, card: Card, *, key: UUID) -> None:
        async with translated():
            where = await self._channel(unpacked(thread))
            await where.get_partial_message(int(message)).edit(
                content=render.text(card),
                embed=render.embed(card) if card.drawing is Drawing.FULL else None,
                view=render.view(card, mark=mark(key)),
                allowed_mentions=render.NOBODY,
            )

    async def upload(
        self, thread: Thread, clip: LocalClip, card: Card, *, key: UUID, memory: dict[str, str], look_first: bool
    ) -> AsyncIterator[dict[str, str]]:
        where = unpacked(thread)
        limit = where.upload_max or self._upload_max
        if clip.size > limit:
            raise FileRefused(limit=limit)
        if look_first and (found := await self.find(thread, key=key)) is not None:
            yield {**memory, "message": found}
            return
        try:
            async with translated():
                message = await self._send_file(where, clip, card, key)
        except FileRefused as error:
            raise FileRefused(limit=UPLOAD_LEAST if clip.size > UPLOAD_LEAST else None) from error
        except ChatUnclear as error:
            raise UploadFailed(str(error)) from error  # the nonce makes a repeated post safe
        yield {**memory, "message": str(message.id)}

    async def find(self, thread: Thread, *, key: UUID) -> MessageId | None:
        async with translated():
            where = await self._channel(unpacked(thread))
            me = self._client.user
            async for message in where.history(limit=LOOK_BACK):
                ours = me is not None and message.author.id == me.id
                if ours and any(_ends_with(row, mark(key)) for row in message.components):
                    return MessageId(str(message.id))
        return None

    async def delete(self, thread: Thread, message: MessageId) -> None:
        try:
            async with translated():
                where = await self._channel(unpacked(thread))
                await where.get_partial_message(int(message)).delete()
        except EditRefused as error:
            if str(error) != "10008":  # it is gone already
                raise

    def parent(self, thread: Thread) -> Thread | None:
        return None

    async def follow_up(self, place: Thread) -> Thread | None:
        return None

    async def direct(self, place: Thread, user: UserId) -> Thread:
        if not user.isdigit():
            raise PlaceGone("no such person")
        async with translated():
            await self._ready()
            channel = await self._client.create_dm(discord.Object(int(user)))
        return Place(channel=channel.id).packed()

    async def aclose(self) -> None:
        await self._client.close()

    async def _ready(self) -> None:
        if self._token is None:
            return
        async with self._logging_in:
            if self._client.user is None:
                await self._client.login(self._token)

    async def _channel(self, where: Place) -> discord.PartialMessageable:
        await self._ready()
        return self._client.get_partial_messageable(where.channel, guild_id=where.guild)

    async def _in_its_guild(self, where: Place, message_id: int) -> discord.PartialMessage:
        """A message to open a thread on: without a gateway discord.py knows the guild of a fetched channel only."""
        channel = await self._channel(where)
        if channel.guild is None:
            fetched = await self._client.fetch_channel(where.channel)
            if isinstance(fetched, discord.TextChannel | discord.VoiceChannel | discord.StageChannel):
                return fetched.get_partial_message(message_id)
            raise PlaceGone("no threads in this kind of channel")
        return channel.get_partial_message(message_id)

    async def _answer_to(self, where: Place) -> discord.Message | None:
        """The root message that the bot has posted as its answer to the command, if it got that far."""
        if where.interaction is None:
            return None
        channel = await self._channel(where)
        async for message in channel.history(limit=LOOK_BACK):
            asked = message.interaction_metadata
            if asked is not None and asked.id == where.interaction:
                return message
        return None

    async def _send(self, where: Place, card: Card, key: UUID, *, file: discord.File | None = None) -> discord.Message:
        channel = await self._channel(where)
        content, allowed = render.ping(card)
        return await channel.send(
            content="\n".join(filter(None, (content, render.text(card)))) or None,
            embed=render.embed(card) if card.drawing is Drawing.FULL else discord.utils.MISSING,
            view=render.view(card, mark=mark(key)) or discord.utils.MISSING,
            file=file or discord.utils.MISSING,
            nonce=key.hex[:NONCE_MAX],
            allowed_mentions=allowed,
        )

    async def _send_file(self, where: Place, clip: LocalClip, card: Card, key: UUID) -> discord.Message:
        file = await asyncio.to_thread(
            discord.File, clip.path, filename=clip.filename, description=cut(clip.alt, ALT_MAX)
        )
        try:
            return await self._send(where, card, key, file=file)
        finally:
            file.close()


def _ends_with(row: discord.Component, ending: str) -> bool:
    children = row.children if isinstance(row, discord.ActionRow) else []
    return any((getattr(child, "custom_id", None) or "").endswith(":" + ending) for child in children)
