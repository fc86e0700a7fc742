"""Begins videos that were asked for earlier, and tells their people what stands in the way, before and then."""

from uuid import uuid5

import structlog

from core.db.errors import connection
from core.db.workers import now as database_now
from core.domain.chat.chat_errors import ChatAway, ChatBusy, ChatError, ChatUnclear
from core.domain.chat.vocabulary import Vocabulary
from core.domain.rules.later_video import LaterVideo
from core.replies.chat.card import Card
from core.replies.languages.say import speaking
from core.replies.languages.vocabulary import using
from core.replies.requests import later as cards
from core.replies.requests.refusals import refused
from core.usecases.generations import root
from core.usecases.requests.later import begin_due, told, warnings
from worker.context import Context

log = structlog.get_logger()

EVERY_S = 10.0
LEAST_S = 0.5
GIVE_UP_AFTER_S = 24 * 3600.0


async def once(ctx: Context) -> None:
    """One look.

    Raises:
        DatabaseAway
    """
    for short in await warnings(pool=ctx.pool, terms=ctx.terms):
        with speaking(short.later.locale):
            await _tell(short.later, cards.warned(short.later, needed=short.needed, balance=short.balance), ctx)
    for begun in await begin_due(pool=ctx.pool, terms=ctx.terms, owner=f"later:{ctx.owner}"):
        if begun.refusal is not None:
            log.info("later.refused", why=type(begun.refusal).__name__)
            chat = ctx.chats.get(begun.later.platform)
            with speaking(begun.later.locale), using(chat.vocabulary if chat is not None else Vocabulary()):
                is_told = await _tell(begun.later, cards.not_begun(begun.later, refused(begun.refusal)), ctx)
            if is_told or await _is_old(begun.later, ctx):
                await told(begun.later, pool=ctx.pool)
        elif begun.submitted is not None:
            if begun.submitted.root is not None:
                await root.failed(begun.submitted.root, pool=ctx.pool)  # no bot posts it: a worker does, at once
            ctx.nudge(begun.submitted.generation_id)


async def _tell(later: LaterVideo, card: Card, ctx: Context) -> bool:
    """Say it to the person directly, once. False: not now, but perhaps in a while."""
    chat = ctx.chats.get(later.platform)
    if chat is None:
        return False  # another worker may have this platform
    key = uuid5(later.id, card.title)
    try:
        thread = await chat.direct(later.place, later.user)
        if await chat.find(thread, key=key) is None:  # who was here before may have died after the post
            await chat.post(thread, card, key=key)
    except (ChatAway, ChatBusy, ChatUnclear) as error:
        log.info("later.told_later", error=type(error).__name__)
        return False
    except ChatError as error:
        log.warning("later.not_told", error=type(error).__name__)
    return True


async def _is_old(later: LaterVideo, ctx: Context) -> bool:
    """Nobody could tell the person for a day: their list has it no more."""
    async with connection(ctx.pool) as conn:
        return (await database_now(conn) - later.due_at).total_seconds() > GIVE_UP_AFTER_S
