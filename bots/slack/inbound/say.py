"""Shows a card to one person alone: as the answer to a command or press, or directly where that is not possible."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import structlog
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook import WebhookResponse

from bots.slack.api.errors import translated
from bots.slack.api.places import Place
from bots.slack.drawing import render
from bots.slack.inbound.directly import directly
from core.domain.chat.chat_errors import ChatError
from core.domain.ids import UserId
from core.replies.chat.card import Card

log = structlog.get_logger()


class Answering(AsyncRespond):
    """Bolt's `respond`, with a direct message where Slack refuses the answer: used up, too old, or not reachable.

    Bolt itself returns such a refusal as an ordinary result (1.30, 2026-11-30). Where it is not clear whether the
    answer was shown, it comes directly, too: only its person sees either, and no answer would be worse.

    Args:
        is_first: asked before the first answer: whether no other process has answered this delivery.
    """

    def __init__(
        self,
        web: AsyncWebClient,
        *,
        response_url: str | None,
        user: UserId,
        is_first: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        super().__init__(response_url=response_url)
        self._web = web
        self._user = user
        self._is_first = is_first

    async def __call__(self, *args: Any, **words: Any) -> WebhookResponse:
        if self._is_first is not None and not await self._is_first():
            log.info("slack.delivered_again")
            return WebhookResponse(url="", status_code=200, body="ok", headers={})
        self._is_first = None  # what follows belongs to the same delivery
        why = "no response_url"
        if self.response_url is not None:
            try:
                answered = await super().__call__(*args, **words)
            except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
                why = type(error).__name__
            else:
                if (refusal := _refusal(answered)) is None:
                    return answered
                why = refusal
        return await self._directly(args[0] if args else words.get("text", ""), words.get("blocks"), why=why)

    async def _directly(self, text: Any, blocks: Any, *, why: str) -> WebhookResponse:
        log.warning("answer.not_taken", why=why)
        lost = await directly(self._web, self._user, text=str(text), blocks=blocks)
        return WebhookResponse(url="", status_code=200 if lost is None else 502, body=lost or "ok", headers={})


def _refusal(answered: WebhookResponse) -> str | None:
    """Why an answer was not taken; None: it was. Slack says it by the status, or in a body that is not "ok"."""
    body = str(answered.body or "")
    refused = answered.status_code >= 400 or '"ok":false' in body.replace(" ", "")
    return f"{answered.status_code} {body[:100]}" if refused else None


class InPlace(Answering):
    """An answer to a message instead of a command: in its thread, visible for its author alone.

    In direct messages nobody else reads, so there it is an ordinary message.
    """

    def __init__(self, web: AsyncWebClient, where: Place, user: UserId) -> None:
        super().__init__(web, response_url=None, user=user)
        self._where = where

    async def __call__(self, *args: Any, **words: Any) -> WebhookResponse:
        text, blocks = args[0] if args else words.get("text", ""), words.get("blocks") or None
        channel, thread_ts = self._where.channel, self._where.ts
        try:
            if channel.startswith("D"):
                async with translated("chat.postMessage"):
                    await self._web.chat_postMessage(channel=channel, thread_ts=thread_ts, text=text, blocks=blocks)
            else:
                async with translated("chat.postEphemeral"):
                    await self._web.chat_postEphemeral(
                        channel=channel, user=self._user, thread_ts=thread_ts, text=text, blocks=blocks
                    )
        except ChatError as error:
            return await self._directly(text, blocks, why=f"{type(error).__name__} {error}")
        return WebhookResponse(url="", status_code=200, body="ok", headers={})


AtHome = Callable[[AsyncBoltContext, UserId], Answering]
"""Makes the answer to a press in the Home, where there is no response_url."""


async def whisper(respond: AsyncRespond, card: Card) -> None:
    """Show a card to the person alone; a failure is only logged."""
    try:
        async with translated("response_url"):
            await respond(
                text=render.text(card), blocks=render.blocks(card), response_type="ephemeral", replace_original=False
            )
    except ChatError as error:
        log.warning("answer.not_said", error=type(error).__name__)
