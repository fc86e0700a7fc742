"""What the worker posts into Slack with: root messages, edits and videos, each once.

Slack has no idempotency key for messages. Ours carry metadata with the delivery's key, and whoever repeats a post looks
for it first.
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack import render
from bots.slack.errors import told, translated
from bots.slack.places import Place, unpacked
from bots.slack.settings import settings
from bots.slack.upload import SHARE_PAUSE_S, Upload
from core.domain.chat.pacing import MessageRate
from core.domain.ids import MessageId, Thread, UserId
from core.http.base_client import http_client
from core.ports import Chat, EditRefused, LocalClip, Posted
from core.replies.chat.card import Card

EVENT_TYPE = "neverdark_delivery"
TIMEOUT_S = 10
_ANSWER_MAX = 1 << 20
"""Of what Slack answers to a file."""
LOOK_BACK = 100
PACE = MessageRate(burst=3, every_s=1.0)
"""About one message a second in a channel, short bursts tolerated (2026-11-22)."""


def from_environment() -> Chat[Card] | None:
    """Slack as it is configured, or None."""
    known = settings()
    if known.slack_bot_token is None:
        return None
    return SlackChat(client(known.slack_bot_token.get_secret_value(), known.slack_base_url))


def client(token: str, base_url: str) -> AsyncWebClient:
    """A Web API client that never retries by itself: a broken connection may have posted the message."""
    return AsyncWebClient(token=token, base_url=base_url, timeout=TIMEOUT_S, retry_handlers=[])


class SlackChat:
    """The Chat port for one workspace.

    Args:
        share_pause_s: between two looks for a video that Slack has taken and not shown yet; it grows with each.
    """

    def __init__(self, web: AsyncWebClient, *, share_pause_s: float = SHARE_PAUSE_S) -> None:
        self._web = web
        self._share_pause_s = share_pause_s
        self._http = http_client(bytes_max=_ANSWER_MAX, timeout=httpx.Timeout(60, connect=5))

    @property
    def pace(self) -> MessageRate:
        return PACE

    def channel(self, thread: Thread) -> str:
        return unpacked(thread).channel

    async def open_thread(self, place: Thread, card: Card, *, key: UUID, title: str, look_first: bool) -> Posted:
        channel = unpacked(place).channel
        ts = await self._look(channel, None, key) if look_first else None
        if ts is None:
            channel, ts = await self._send(channel, None, card, key)
        return Posted(message=MessageId(ts), thread=Place(channel=channel, ts=ts).packed())

    async def post(self, thread: Thread, card: Card, *, key: UUID) -> MessageId:
        where = unpacked(thread)
        _, ts = await self._send(where.channel, where.ts, card, key)
        return MessageId(ts)

    async def edit(self, thread: Thread, message: MessageId, card: Card, *, key: UUID) -> None:
        async with translated():
            await self._web.chat_update(
                channel=unpacked(thread).channel, ts=message, text=render.text(card), blocks=render.blocks(card)
            )

    async def upload(
        self, thread: Thread, clip: LocalClip, card: Card, *, key: UUID, memory: dict[str, str], look_first: bool
    ) -> AsyncIterator[dict[str, str]]:
        sender = Upload(self._web, self._http, unpacked(thread), pause_s=self._share_pause_s)
        async for known in sender.steps(clip, card, memory=memory):
            yield known

    async def find(self, thread: Thread, *, key: UUID) -> MessageId | None:
        where = unpacked(thread)
        found = await self._look(where.channel, where.ts, key)
        return MessageId(found) if found else None

    async def delete(self, thread: Thread, message: MessageId) -> None:
        try:
            async with translated():
                await self._web.chat_delete(channel=unpacked(thread).channel, ts=message)
        except EditRefused:  # as Slack calls a message that is not there
            return

    async def direct(self, place: Thread, user: UserId) -> Thread:
        async with translated():
            answer = await self._web.conversations_open(users=[user])
            return Place(channel=str(told(answer, "channel")["id"])).packed()

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _send(self, channel: str, ts: str | None, card: Card, key: UUID) -> tuple[str, str]:
        async with translated():
            answer = await self._web.chat_postMessage(
                channel=channel,
                thread_ts=ts,
                text=render.text(card),
                blocks=render.blocks(card),
                metadata={"event_type": EVENT_TYPE, "event_payload": {"key": str(key)}},
                unfurl_links=False,
                unfurl_media=False,
            )
            return str(told(answer, "channel")), str(told(answer, "ts"))

    async def _look(self, channel: str, ts: str | None, key: UUID) -> str | None:
        """The ts of our own message with this key, in a thread or among a channel's last messages."""
        async with translated():
            if ts is None:
                answer = await self._web.conversations_history(
                    channel=channel, include_all_metadata=True, limit=LOOK_BACK
                )
            else:
                answer = await self._web.conversations_replies(
                    channel=channel, ts=ts, include_all_metadata=True, limit=LOOK_BACK
                )
            messages: list[dict[str, Any]] = told(answer, "messages")
            for message in messages:
                payload = message.get("metadata", {}).get("event_payload", {})
                if payload.get("key") == str(key):
                    return str(message["ts"])
        return None
