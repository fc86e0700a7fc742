"""The adapter with which the worker posts into Slack: root messages, edits and videos, each once.

Slack has no idempotency key for messages. Our messages carry metadata with the delivery's key, and a repeated post
looks for that key first.
"""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

import httpx
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.api.errors import TOKEN_REFUSED, already, translated, word
from bots.slack.api.limits import limits
from bots.slack.api.places import Place, unpacked
from bots.slack.api.web import TIMEOUT_S, SharedWebClient
from bots.slack.delivery import agent
from bots.slack.delivery.history import has_key, page
from bots.slack.delivery.upload import LOOK_AGAIN_S, SHARE_PAUSE_S, Upload
from bots.slack.drawing import render
from bots.slack.drawing.card_blocks import CardBlocks
from bots.slack.installation.workspaces import Workspaces, workspace_of
from bots.slack.vocabulary import WORDS
from core import access_log
from core.domain.chat.chat_errors import AccessLost, ChatAway, ChatBusy, ChatError
from core.domain.chat.pacing import ChatCall, Limit
from core.domain.ids import MessageId, Thread, UserId
from core.http.base_client import http_client
from core.ports import LocalClip, Posted
from core.replies.chat.card import Card, Tone

log = structlog.get_logger()

EVENT_TYPE = "neverdark_delivery"
_ANSWER_MAX = 1 << 20  # bytes read of Slack's answer to the upload of a file
PAGES_MAX = 5
"""Pages of history to search: in a burst, hundreds of messages may follow one whose answer was lost."""
BLIND_S = 300.0  # seconds for which a missing scope is believed: it may have been granted since
JOINED_MAX = 10_000
_JOIN = "conversations.join"
_STEP_OVER = ("execution_not_in_running_state", "function_execution_not_in_progress", "function_execution_not_found")


def client(token: str, base_url: str) -> AsyncWebClient:
    """A Web API client that never retries by itself: a broken connection may have posted the message."""
    return AsyncWebClient(token=token, base_url=base_url, timeout=TIMEOUT_S, retry_handlers=[])


class SlackChat:
    """The Chat port, for one workspace or for all that have the app.

    Args:
        workspaces: finds the token of a place, where many workspaces have the app; None: the client has the only one.
        share_pause_s: seconds between two looks for a video that Slack accepted and does not show yet; grows with each.
        cards: results are drawn as Slack's own cards, in workspaces that take them.
    """

    vocabulary = WORDS

    def __init__(
        self,
        web: AsyncWebClient,
        *,
        workspaces: Workspaces | None = None,
        share_pause_s: float = SHARE_PAUSE_S,
        cards: bool = False,
    ) -> None:
        self._web = web
        self._workspaces = workspaces
        self._share_pause_s = share_pause_s
        self._card_blocks = CardBlocks(on=cards)
        self._joined: set[tuple[str | None, str]] = set()
        self._shown: dict[Place, str] = {}
        self._blind: dict[tuple[str | None, str], float] = {}
        self._http = http_client(bytes_max=_ANSWER_MAX, timeout=httpx.Timeout(60, connect=5))

    async def check(self) -> None:
        if self._workspaces is not None:
            return  # each workspace has its own token, which the first message there checks
        try:
            async with translated("auth.test"):
                await self._web.auth_test()
        except AccessLost as error:
            if error.code in TOKEN_REFUSED:
                raise
            raise ChatAway(error.code) from error  # only this workspace is affected, and it may pass

    def limits(self, thread: Thread, call: ChatCall) -> tuple[Limit, ...]:
        return limits(unpacked(thread).channel, call)

    async def open_thread(self, place: Thread, card: Card, *, key: UUID, title: str, look_first: bool) -> Posted:
        where = unpacked(place)
        await self._join(where)
        channel, ts = where.channel, await self._look(where, key) if look_first else None
        if ts is None:
            channel, ts = await self._send(where, card, key)
        # A video that was asked for in a thread stays there: its root message is a reply.
        thread = replace(where, channel=channel, ts=where.ts or ts)
        return Posted(message=MessageId(ts), thread=thread.packed())

    async def post(self, thread: Thread, card: Card, *, key: UUID) -> MessageId:
        where = unpacked(thread)
        _, ts = await self._send(where, card, key)
        await self._show_at_work(where, card)
        return MessageId(ts)

    async def edit(self, thread: Thread, message: MessageId, card: Card, *, key: UUID) -> None:
        where = unpacked(thread)
        web = await self._of(where)

        async def send(blocks: list[render.Block]) -> None:
            async with translated("chat.update"):
                await web.chat_update(channel=where.channel, ts=message, text=render.text(card), blocks=blocks)

        await self._card_blocks.sent(where.team, partial(_drawn, where, card), send)
        await self._show_at_work(where, card)

    async def upload(
        self, thread: Thread, clip: LocalClip, card: Card, *, key: UUID, memory: dict[str, str], look_first: bool
    ) -> AsyncIterator[dict[str, str]]:
        where = unpacked(thread)
        await self._join(where)
        # After a restore of the database, the stored memory may be older than the thread.
        looks = look_first and memory.get("stage") not in LOOK_AGAIN_S
        if looks and (found := await self._look(where, key)) is not None:
            yield {**memory, "message": found}
            return
        sender = Upload(await self._of(where), self._http, where, key=key, pause_s=self._share_pause_s)
        async for known in sender.steps(clip, card, memory=memory):
            yield known
        await self._show_at_work(where, card)

    async def find(self, thread: Thread, *, key: UUID) -> MessageId | None:
        found = await self._look(unpacked(thread), key)
        return MessageId(found) if found else None

    async def delete(self, thread: Thread, message: MessageId) -> None:
        where = unpacked(thread)
        web = await self._of(where)
        async with translated("chat.delete"):
            with already("message_not_found"):
                await web.chat_delete(channel=where.channel, ts=message)

    def parent(self, thread: Thread) -> Thread | None:
        where = unpacked(thread)
        return replace(where, ts=None).packed() if where.ts is not None else None

    async def follow_up(self, place: Thread) -> Thread | None:
        return None  # only the bot's process has the response_url: it is not stored

    def edits_end(self, thread: Thread) -> datetime | None:
        return None  # a workspace may set a limit, and does not tell it

    async def link(self, thread: Thread) -> str | None:
        where = unpacked(thread)
        try:
            return await self._permalink(where, where.ts) if where.ts is not None else None
        except ChatError as error:
            log.info("thread.no_link", why=type(error).__name__)
            return None

    async def _permalink(self, where: Place, ts: str) -> str:
        web = await self._of(where)
        async with translated("chat.getPermalink"):
            return word(await web.chat_getPermalink(channel=where.channel, message_ts=ts), "permalink")

    async def direct(self, place: Thread, user: UserId) -> Thread:
        where = unpacked(place)
        web = await self._of(where)
        async with translated("conversations.open"):
            answer = await web.conversations_open(users=[user])
            return Place(channel=str(answer["channel"]["id"]), team=where.team).packed()

    async def step_done(self, place: Thread, reference: str, *, link: str | None, credits_paid: int) -> None:
        where = unpacked(place)
        web = await self._of(where)
        if link is None and where.ts is not None:
            link = await self._permalink(where, where.ts)
        outputs = {"link": link or "", "credits": credits_paid}
        async with translated("functions.completeSuccess"):
            with already(*_STEP_OVER):
                await web.functions_completeSuccess(function_execution_id=reference, outputs=outputs)

    async def step_failed(self, place: Thread, reference: str, *, why: str) -> None:
        web = await self._of(unpacked(place))
        async with translated("functions.completeError"):
            with already(*_STEP_OVER):
                await web.functions_completeError(function_execution_id=reference, error=why)

    async def aclose(self) -> None:
        if self._workspaces is not None:
            await self._workspaces.aclose()
        await self._http.aclose()
        if isinstance(self._web, SharedWebClient):
            await self._web.aclose()

    async def _show_at_work(self, where: Place, card: Card) -> None:
        """In a conversation with the agent, show Slack's Stop button while a card shows work."""
        shown = "processing" if card.tone is Tone.WORKING else "active"
        if not where.is_agent or self._shown.get(where) == shown:
            return
        if len(self._shown) >= JOINED_MAX:
            self._shown.clear()
        self._shown[where] = shown
        await agent.status(await self._of(where), where, shown)

    async def _of(self, where: Place) -> AsyncWebClient:
        """The client with the token of this place.

        Raises:
            AccessLost: the app is not installed there, or the place cannot be read.
            DatabaseAway
            ChatError
        """
        if self._workspaces is None:
            return self._web
        if where.team is None:
            raise AccessLost("not_authed", needed="a workspace that has installed the app")
        token = (await workspace_of(self._workspaces, where.team)).token
        if isinstance(self._web, SharedWebClient):
            return self._web.bound(token)
        return client(token, self._web.base_url)

    async def _send(self, where: Place, card: Card, key: UUID) -> tuple[str, str]:
        web = await self._of(where)

        async def send(blocks: list[render.Block]) -> tuple[str, str]:
            async with translated("chat.postMessage"):
                answer = await web.chat_postMessage(
                    channel=where.channel,
                    thread_ts=where.ts,
                    text=render.text(card),
                    blocks=blocks or None,
                    metadata={"event_type": EVENT_TYPE, "event_payload": {"key": str(key)}},
                    unfurl_links=False,
                    unfurl_media=False,
                )
                return word(answer, "channel"), word(answer, "ts")

        return await self._card_blocks.sent(where.team, partial(_drawn, where, card), send)

    async def _join(self, where: Place) -> None:
        """Join a public channel: a bot may write into it without joining, but may not share files there."""
        if (where.team, where.channel) in self._joined or not where.channel.startswith("C"):
            return
        if len(self._joined) >= JOINED_MAX:
            self._joined.clear()
        web, of = await self._of(where), f"slack:{where.team or ''}"
        try:
            async with translated(_JOIN):
                await web.conversations_join(channel=where.channel)
            access_log.back(of, call=_JOIN)
        except AccessLost as error:
            access_log.lost(
                "slack.cannot_join", of=of, call=_JOIN, why=str(error), code=error.code, needed=error.needed
            )
        except (ChatAway, ChatBusy):
            return  # the post that follows will meet the same error
        except ChatError as error:
            log.info("slack.not_joined", why=str(error))  # the post meets the same error
        self._joined.add((where.team, where.channel))

    async def _look(self, where: Place, key: UUID) -> str | None:
        """The ts of our message with this key, in a thread or among a channel's last messages."""
        web = await self._of(where)
        kind = (where.team, where.channel[:1])
        if time.monotonic() < self._blind.get(kind, 0.0):
            return None
        cursor: str | None = None
        for _ in range(PAGES_MAX):
            try:
                messages, cursor = await page(web, where, cursor)
            except (ChatAway, ChatBusy):
                raise
            except AccessLost as error:
                if error.code not in {"missing_scope", "no_scope"}:
                    raise
                # The optional scope is missing: a message whose answer was lost may come twice.
                log.warning("slack.cannot_look", why=error.code, needed=error.needed)
                self._blind[kind] = time.monotonic() + BLIND_S
                return None
            except ChatError as error:
                # Whether the message is there cannot be found out. A message too many is better than none.
                log.error("slack.cannot_look", why=str(error), needed=getattr(error, "needed", None))
                return None
            for message in messages:
                if has_key(message, str(key)):
                    return str(message["ts"])
            if not cursor:
                break
        return None


def _drawn(where: Place, card: Card, cards: bool) -> list[render.Block]:  # noqa: FBT001 - CardBlocks asks it either way
    return render.blocks(card, plan=where.is_agent, cards=cards)
