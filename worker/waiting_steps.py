"""Answers the steps of workflows that wait for a video: with its link and its price, or with why there is none."""

import structlog

from core.db.errors import connection, statement
from core.db.generations import claims, clip_links, waiting_steps
from core.db.generations.waiting_steps import WaitingStep
from core.domain.backoff import backoff_s
from core.domain.chat.chat_errors import ChatAway, ChatBusy, ChatError, ChatUnclear
from core.domain.generations.generation import Generation, Outcome
from core.ports import StepAnswers
from core.replies.generations.workflow_step import why_none
from worker.context import Context

log = structlog.get_logger()

EVERY_S = 3.0
LEAST_S = 0.5
AT_ONCE = 20
BACK_OFF_S, BACK_OFF_MOST_S = 2.0, 300.0
TRIES_MAX = 20


async def once(ctx: Context) -> None:
    """Answer what can be answered now.

    Raises:
        DatabaseAway: those that were claimed are answered when their claims end.
    """
    async with statement(ctx.pool) as conn:
        claimed = await waiting_steps.claim_due(conn, limit=AT_ONCE)
    for step in claimed:
        await _answer(step, ctx)


async def _answer(step: WaitingStep, ctx: Context) -> None:
    chat = ctx.chats.get(step.platform)
    if not isinstance(chat, StepAnswers):
        return  # another worker may have this platform; the claim ends by itself
    async with connection(ctx.pool) as conn:
        generation = await claims.load(conn, step.generation_id)
    place = generation.thread if generation is not None and generation.thread is not None else step.place
    try:
        if generation is not None and generation.outcome is Outcome.SUCCEEDED:
            link = await _link(generation, ctx)
            await chat.step_done(place, step.reference, link=link, credits_paid=generation.settled or 0)
        else:
            await chat.step_failed(place, step.reference, why=why_none(generation))
    except (ChatAway, ChatBusy, ChatUnclear) as error:
        if step.tries < TRIES_MAX:
            wait_s = backoff_s(step.tries, first_s=BACK_OFF_S, most_s=BACK_OFF_MOST_S)
            async with statement(ctx.pool) as conn:
                await waiting_steps.put_off(conn, step, in_s=wait_s)
            log.info("step.put_off", generation_id=str(step.generation_id), why=type(error).__name__)
            return
        log.error("step.not_answered", generation_id=str(step.generation_id), why=type(error).__name__)
    except ChatError as error:
        log.error("step.not_answered", generation_id=str(step.generation_id), why=str(error))
    else:
        log.info("step.answered", generation_id=str(step.generation_id))
    async with statement(ctx.pool) as conn:
        await waiting_steps.answered(conn, step.generation_id)


async def _link(generation: Generation, ctx: Context) -> str | None:
    if ctx.addresses is None or generation.clip is None:
        return None
    async with statement(ctx.pool) as conn:
        link = await clip_links.ensure(conn, generation.id, days=ctx.link_days)
    return ctx.addresses.watch(link.id, until=link.expires_at) if link is not None else None
