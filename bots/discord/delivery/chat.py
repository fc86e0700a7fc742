"""The adapter with which the worker posts into Discord: it logs in and never opens a gateway.

Each message carries a nonce made from the delivery's key, so for some minutes Discord answers a repeated post with the
first message. After that, our messages are recognized by the ids of their buttons, and a root message that the bot
posted by the interaction that it answers.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import discord
import structlog

from bots.discord.api import forums
from bots.discord.api.errors import Asked, translated
from bots.discord.api.places import Place, unpacked
from bots.discord.api.wire import RATELIMIT_TIMEOUT_S, WORKER_WAITS_S, intents, logged_in, login_left, prepare
from bots.discord.delivery import limits
from bots.discord.delivery.roots import LOOK_MOST, UNKNOWN_MESSAGE, Roots, below
from bots.discord.drawing import layout, render
from bots.discord.settings import settings
from bots.discord.vocabulary import WORDS
from core.domain.chat.chat_errors import (
    AccessLost,
    ChatBusy,
    ChatError,
    ChatUnclear,
    EditRefused,
    FileRefused,
    PlaceGone,
    UploadFailed,
)
from core.domain.chat.pacing import ChatCall, Limit
from core.domain.ids import MessageId, Thread, UserId
from core.ports import Chat, LocalClip, Posted
from core.replies.chat.card import Card, Drawing
from core.replies.chat.words import cut

log = structlog.get_logger()

NONCE_MAX = 25
MARK_LENGTH = 8
ALT_MAX = 1000
LOOK_BACK = 50
UPLOAD_LEAST = 10 * 1024 * 1024
"""Bytes that Discord takes everywhere, even where it refused a file that was within the limit it had named."""
UPLOAD_S = 120.0
"""Seconds for a message with a file; the worker renews its lease meanwhile."""
EDITS_S = 3600.0
"""Seconds. Edits of older messages have a limit of their own (30046) with no end; discord.py hides its code."""


def from_environment() -> Chat[Card] | None:
    """The adapter for Discord as configured; None without a token."""
    known = settings()
    if known.discord_token is None:
        return None
    prepare(known)
    client = discord.Client(intents=intents(), max_ratelimit_timeout=RATELIMIT_TIMEOUT_S)
    return DiscordChat(client, token=known.discord_token.get_secret_value(), upload_max=known.discord_upload_max)


def mark(key: UUID) -> str:
    """The mark in button ids that tells this delivery's message from others about the same generation."""
    return key.hex[:MARK_LENGTH]


class DiscordChat:
    """The Chat port for one bot. Logs in at the first call; a client that is logged in already is used as it is."""

    vocabulary = WORDS

    def __init__(self, client: discord.Client, *, token: str | None, upload_max: int) -> None:
        self._client = client
        self._token = token
        self._upload_max = upload_max
        self._logging_in = asyncio.Lock()
        self._roots = Roots(client, self._channel)

    async def check(self) -> None:
        async with translated(Asked.READ):
            await self._ready()

    def limits(self, thread: Thread, call: ChatCall) -> tuple[Limit, ...]:
        return limits.limits(unpacked(thread), call)

    async def open_thread(self, place: Thread, card: Card, *, key: UUID, title: str, look_first: bool) -> Posted:
        where = unpacked(place)
        message = await self._roots.adopted(where, card) if look_first else None
        if message is None:
            message = (await self._send(where, card, key)).id
        try:
            thread = await self.thread_under(where, message, title)
        except ChatError as error:
            log.info("thread.not_opened", why=type(error).__name__)
            thread = replace(where, reply_to=message).packed()
        return Posted(message=MessageId(str(message)), thread=thread)

    async def thread_under(self, where: Place, message_id: int, title: str) -> Thread:
        """Open the thread of a root message; see `Roots.thread_under`."""
        return await self._roots.thread_under(where, message_id, title)

    async def takes_posts(self, where: Place) -> bool:
        """Whether the bot may write there now. It asks Discord to show that it is typing, which posts nothing."""
        try:
            async with translated(Asked.READ):
                await self._ready()
                await self._client.http.send_typing(where.channel)
        except ChatError as error:
            log.info("channel.check_failed", error=type(error).__name__, why=str(error))
            return False
        return True

    async def post(self, thread: Thread, card: Card, *, key: UUID) -> MessageId:
        return MessageId(str((await self._send(unpacked(thread), card, key)).id))

    async def edit(self, thread: Thread, message: MessageId, card: Card, *, key: UUID) -> None:
        where = unpacked(thread)
        drawn: dict[str, Any] = {
            "content": render.text(card),
            "embed": render.embed(card) if card.drawing is Drawing.FULL else None,
            "view": render.view(card, mark=mark(key)),
            "allowed_mentions": render.NOBODY,
        }
        if limits.is_edited_as_answer(where, int(message)) and await self._answer_edited(where, message, drawn):
            return
        try:
            async with translated():
                if where.token is not None:
                    await (await self._hook(where)).edit_message(int(message), **drawn)
                    return
                await (await self._channel(where)).get_partial_message(int(message)).edit(**drawn)
        except ChatBusy:
            age = discord.utils.utcnow() - discord.utils.snowflake_time(int(message))
            if age.total_seconds() > EDITS_S:
                raise EditRefused("30046") from None
            raise

    async def _answer_edited(self, where: Place, message: MessageId, drawn: dict[str, Any]) -> bool:
        """Whether the answer to a command could be edited as such; if not, it may be edited as a message."""
        try:
            async with translated():
                await (await self._hook(where)).edit_message(int(message), **drawn)
        except (PlaceGone, AccessLost, EditRefused) as error:
            log.info("root.not_edited_as_answer", why=f"{type(error).__name__} {error}")
            return False
        return True

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
            message = await self._send_file(where, clip, card, key)
        except FileRefused as error:
            raise FileRefused(limit=UPLOAD_LEAST if clip.size > UPLOAD_LEAST else None) from error
        except ChatUnclear as error:
            raise UploadFailed(str(error)) from error  # the nonce makes a repeated post safe
        yield {**memory, "message": str(message.id)}

    async def find(self, thread: Thread, *, key: UUID) -> MessageId | None:
        """Look among the newest messages, and where it may be older, among those after the root message."""
        where = unpacked(thread)
        if where.token is not None:
            return None  # an answer to a command can be told by nobody but who sent it
        async with translated(Asked.READ):
            if where.is_forum:
                await self._ready()
                post = await forums.found(self._client, where, lambda message: self._is_ours(message, key))
                return MessageId(str(post.id)) if post is not None else None
            channel = await self._channel(where)
            async for message in channel.history(limit=LOOK_BACK):
                if self._is_ours(message, key):
                    return MessageId(str(message.id))
            if where.reply_to is None:
                return None
            since = discord.Object(where.reply_to)
            async for message in channel.history(limit=LOOK_MOST, after=since, oldest_first=True):
                if self._is_ours(message, key):
                    return MessageId(str(message.id))
        return None

    def _is_ours(self, message: discord.Message, key: UUID) -> bool:
        me = self._client.user
        if me is None or message.author.id != me.id:
            return False
        ending = ":" + mark(key)
        return message.nonce == key.hex[:NONCE_MAX] or any(
            each.endswith(ending) for each in layout.custom_ids(message.components)
        )

    async def delete(self, thread: Thread, message: MessageId) -> None:
        where = unpacked(thread)
        if where.is_forum:  # a post is a thread that has its message's id
            where = replace(where, channel=int(message))
        try:
            async with translated():
                if where.token is not None:
                    await (await self._hook(where)).delete_message(int(message))
                    return
                await (await self._channel(where)).get_partial_message(int(message)).delete()
        except EditRefused as error:
            if str(error) != str(UNKNOWN_MESSAGE):  # it is gone already
                raise

    def parent(self, thread: Thread) -> Thread | None:
        where = unpacked(thread)
        if where.parent is None:
            return None
        return replace(where, channel=where.parent, is_thread=False, parent=None, reply_to=where.root).packed()

    async def follow_up(self, place: Thread) -> Thread | None:
        where = unpacked(place)
        if not limits.is_answerable(where):
            return None
        return replace(where, token=where.interaction_token, reply_to=None).packed()

    def edits_end(self, thread: Thread) -> datetime | None:
        return limits.edits_end(unpacked(thread))

    async def link(self, thread: Thread) -> str | None:
        return unpacked(thread).address

    async def direct(self, place: Thread, user: UserId) -> Thread:
        if not user.isdigit():
            raise PlaceGone("no such person")
        async with translated(Asked.READ):
            await self._ready()
            channel = await self._client.create_dm(discord.Object(int(user)))
        return Place(channel=channel.id).packed()

    async def aclose(self) -> None:
        await self._client.close()

    async def _ready(self) -> None:
        if self._token is None:
            return
        async with self._logging_in:
            # discord.py knows its user before it has asked for the application, whose id answers to commands need.
            if self._client.user is None or self._client.application_id is None:
                await login_left(self._client)
                await self._client.login(self._token)
                logged_in(self._client, waits_s=WORKER_WAITS_S)

    async def _channel(self, where: Place) -> discord.PartialMessageable:
        await self._ready()
        return self._client.get_partial_messageable(where.channel, guild_id=where.guild)

    async def _hook(self, where: Place) -> discord.Webhook:
        """The webhook that answers the command itself, for 15 minutes."""
        await self._ready()
        application = self._client.application_id or 0
        token = where.token or where.interaction_token or ""
        hook = discord.Webhook.partial(application, token, client=self._client)
        hook.type = discord.WebhookType.application
        return hook

    async def _send(self, where: Place, card: Card, key: UUID, *, file: discord.File | None = None) -> discord.Message:
        drawn = layout.message(card, mark=mark(key), file=file)
        asked = Asked.THREAD_POST if where.is_thread else Asked.POST
        async with translated(asked, within_s=UPLOAD_S if file is not None else None):
            if where.token is not None:
                return await (await self._hook(where)).send(**drawn, wait=True)
            if where.is_forum:
                await self._ready()
                return await forums.posted(self._client, where, card.title, drawn)
            channel = await self._channel(where)
            return await channel.send(**drawn, nonce=key.hex[:NONCE_MAX], **below(where))

    async def _send_file(self, where: Place, clip: LocalClip, card: Card, key: UUID) -> discord.Message:
        file = await asyncio.to_thread(
            discord.File, clip.path, filename=clip.filename, description=cut(clip.alt, ALT_MAX),
            spoiler=clip.is_spoiler,
        )  # fmt: skip
        try:
            return await self._send(where, card, key, file=file)
        finally:
            file.close()
