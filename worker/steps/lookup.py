"""Looks for a task that a submit with a lost reply may have started. Never submits it a second time."""

from datetime import datetime

import structlog

from core.db.errors import connection, transaction
from core.db.generations import attempts, late_attempts, transitions
from core.db.generations.transitions import StepLogEntry
from core.domain.errors import ErrorClass, ProviderError, provider_error
from core.domain.generations.generation import Attempt, AttemptState, Generation, State
from worker import attempt_outcomes
from worker.context import Context
from worker.jobs import job_for
from worker.pictures import Frames, frames_of
from worker.steps.accept import accepted

log = structlog.get_logger()

LOOK_FOR_S = 60.0
"""How long a route that can look is asked before the generation goes on without it."""
LOOK_EVERY_S = 5.0


async def _is_anothers(attempt: Attempt, task_id: str, ctx: Context) -> bool:
    """Whether the found task is another attempt's: some vendors tell tasks apart by model and time only."""
    async with connection(ctx.pool) as conn:
        return await attempts.is_known(conn, attempt.route, task_id=task_id)


async def find(generation: Generation, attempt: Attempt, ctx: Context) -> str | None:
    """The task that a submit without an answer has started, as far as the vendor tells by now."""
    route = ctx.routes.get(attempt.route)
    if route is None or not route.facts.can_find:
        return None
    job = job_for(
        generation,
        n=attempt.n,
        fitted=attempt.fitted,
        offer=ctx.terms.offers[attempt.provider],
        frames=await frames_of(generation, attempt.route, ctx) or Frames(),
    )
    try:
        task_id = await route.find(job, sent_at=attempt.intended_at)
    except ProviderError as error:
        log.info("lookup.failed", generation_id=str(generation.id), route=attempt.route, error=error.error_class)
        return None
    if task_id is not None and await _is_anothers(attempt, task_id, ctx):
        log.warning("lookup.anothers", generation_id=str(generation.id), route=attempt.route)
        return None
    return task_id


async def look_up(generation: Generation, attempt: Attempt, *, now: datetime, ctx: Context) -> None:
    """Adopt the task if the vendor knows it; else look again in a while, or go on without."""
    route = ctx.routes.get(attempt.route)
    task_id: str | None = None
    if route is not None and route.facts.can_find:
        task_id = await find(generation, attempt, ctx)
        if task_id is None and (now - attempt.intended_at).total_seconds() < ctx.scaled(LOOK_FOR_S):
            async with transaction(ctx.pool) as conn:
                await transitions.checkpoint(conn, generation, state=State.RENDERING)
                await attempts.look_again(conn, attempt, in_s=ctx.scaled(LOOK_EVERY_S))
            return
    if task_id is not None:
        await accepted(generation, attempt, task_id=task_id, ctx=ctx, step="lookup")
        return
    unknown = provider_error(ErrorClass.OUTCOME_UNKNOWN, "no answer, and no task to be found")
    async with transaction(ctx.pool) as conn:
        entry = StepLogEntry(
            worker=ctx.owner, step="lookup", outcome="abandoned", facts={"n": attempt.n, "route": attempt.route}
        )  # fmt: skip
        await transitions.checkpoint(conn, generation, state=State.RENDERING, entry=entry)
        if await late_attempts.is_answered(conn, attempt):
            return  # the worker that sent the request has recorded the answer meanwhile
        await attempts.move(conn, attempt, state=AttemptState.ABANDONED, error=unknown, settled=False)
        await attempt_outcomes.failed(conn, generation, attempt, unknown, ctx=ctx)
    log.warning("attempt.unsettled", generation_id=str(generation.id), n=attempt.n, route=attempt.route)
