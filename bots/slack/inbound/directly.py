"""Says something to one person in direct messages: the last way, where Slack has not taken an answer in its place.

Nothing is below it: what may pass is waited for a few times, and what is unclear is looked for before it is repeated.
"""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.api.errors import translated
from bots.slack.api.places import Place
from bots.slack.delivery.chat import EVENT_TYPE
from bots.slack.delivery.history import has_key, page
from bots.slack.drawing.render import Block
from core.domain.chat.chat_errors import CardRefused, ChatAway, ChatBusy, ChatError, ChatUnclear, wait_least_s
from core.domain.chat.delivery import pause_s
from core.domain.ids import UserId

log = structlog.get_logger()

TRIES = 4
WAIT_MOST_S = 20.0
"""Seconds between two tries, however long Slack says: somebody waits for the answer."""


async def directly(web: AsyncWebClient, user: UserId, *, text: str, blocks: Sequence[Block] | None) -> str | None:
    """Say it, once. None: it is said; else why it could not be."""
    key, drawn, why = uuid4(), list(blocks or ()), ""
    for tries in range(1, TRIES + 1):
        wait_s = pause_s(tries)
        try:
            await _post(web, user, key=key, text=text, blocks=drawn)
        except CardRefused as error:
            if not drawn:
                return _lost(error)
            drawn, wait_s, why = [], 0.0, str(error)  # plain words may pass
        except ChatBusy as error:
            wait_s, why = min(WAIT_MOST_S, wait_least_s(error)), "busy"
        except (ChatAway, ChatUnclear) as error:
            why = str(error)
            await asyncio.sleep(max(wait_s, min(WAIT_MOST_S, wait_least_s(error))))
            if isinstance(error, ChatUnclear) and await _is_there(web, user, key):
                return None
            continue
        except ChatError as error:
            return _lost(error)
        else:
            log.info("answer.said_directly")
            return None
        if tries < TRIES:
            await asyncio.sleep(wait_s)
    log.error("answer.lost", why=why, tries=TRIES)
    return why


def _lost(error: ChatError) -> str:
    log.error("answer.lost", error=type(error).__name__, why=str(error))
    return f"{type(error).__name__} {error}"


async def _post(web: AsyncWebClient, user: UserId, *, key: UUID, text: str, blocks: list[Block]) -> None:
    marked: dict[str, Any] = {"event_type": EVENT_TYPE, "event_payload": {"key": str(key)}}
    async with translated("chat.postMessage"):
        await web.chat_postMessage(
            channel=user, text=text, blocks=blocks or None, metadata=marked, unfurl_links=False, unfurl_media=False
        )


async def _is_there(web: AsyncWebClient, user: UserId, key: UUID) -> bool:
    """Whether a post whose answer was lost has arrived. Where that cannot be seen, one too many is better than none."""
    try:
        async with translated("conversations.open"):
            opened = await web.conversations_open(users=[user])
            channel = str(opened["channel"]["id"])
        messages, _ = await page(web, Place(channel=channel), None)
    except ChatError as error:
        log.info("answer.not_looked_for", why=f"{type(error).__name__} {error}")
        return False
    return any(has_key(message, str(key)) for message in messages)
