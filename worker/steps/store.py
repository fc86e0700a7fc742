"""Gets the winner's video and settles: what was delivered is charged, the rest goes back, the last word is queued."""

from datetime import datetime, timedelta

import structlog

from core.db.errors import statement, transaction
from core.db.generations import attempts, claims, transitions
from core.db.generations.transitions import StepLogEntry
from core.domain.errors import ErrorClass, ProviderError
from core.domain.generations.generation import Attempt, AttemptState, Clip, Generation, Outcome, State
from core.domain.generations.polling import again_s
from worker import attempt_outcomes
from worker.context import Context
from worker.leases import kept
from worker.steps.fetch import Unusable, expires_at, fetch
from worker.steps.finish import end, settle

log = structlog.get_logger()

TRY_FOR_S = 300.0
"""How long after the video was ready the download is tried at least; then the next route makes it."""


async def store(generation: Generation, attempt: Attempt, *, now: datetime, ctx: Context) -> bool:
    """One try at getting the video. True: the lease is given back."""

    async def renew() -> None:
        async with statement(ctx.pool) as conn:
            await claims.renew(conn, generation)

    try:
        async with kept(renew):
            clip = await fetch(attempt, ctx)
    except ProviderError as error:
        return await _not_had(generation, attempt, error, now=now, ctx=ctx)
    await _settled(generation, attempt, clip, ctx)
    return True


async def _settled(generation: Generation, attempt: Attempt, clip: Clip, ctx: Context) -> None:
    """Charge what was delivered and queue the last word, all in one transaction."""
    price = min(generation.prices[attempt.provider], generation.consumed)
    async with transaction(ctx.pool) as conn:
        facts = {"n": attempt.n, "route": attempt.route, "bytes": clip.size, "charged": price}
        line = StepLogEntry(worker=ctx.owner, step="store", outcome="ok", facts=facts)
        await end(conn, generation, outcome=Outcome.SUCCEEDED, settled=price, clip=clip, line=line)
        await settle(conn, generation, actual=price, note=f"made by {attempt.provider}")
    log.info("generation.stored", generation_id=str(generation.id), route=attempt.route, bytes=clip.size)


def _given_up_at(
    generation: Generation, attempt: Attempt, error: ProviderError, *, now: datetime, ctx: Context
) -> datetime:
    """When a video that cannot be had is given up, and the next route is paid for another.

    One that is not at its address (403, 404, a page in its place) is paid for and may well come: it is tried, each time
    at a fresh address, as long as the vendor keeps it and another could still be made.
    """
    at_least = (attempt.ended_at or now) + timedelta(seconds=ctx.scaled(TRY_FOR_S))
    if error.error_class is not ErrorClass.TASK_GONE:
        return at_least
    lives_until = expires_at(attempt)
    ends = [at for at in (lives_until, generation.window_ends) if at is not None]
    return max(at_least, min(ends)) if ends else at_least


async def _not_had(
    generation: Generation, attempt: Attempt, error: ProviderError, *, now: datetime, ctx: Context
) -> bool:
    """Try again in a moment, or give the attempt up and let the next route make it. True: the lease is given back."""
    if not isinstance(error, Unusable) and now < _given_up_at(generation, attempt, error, now=now, ctx=ctx):
        since_s = (now - (attempt.ended_at or now)).total_seconds() * ctx.time_scale
        async with statement(ctx.pool) as conn:
            wake_at = now + timedelta(seconds=ctx.scaled(again_s(since_s=since_s, retry_after_s=None)))
            wake_at = max(wake_at, now + timedelta(seconds=error.retry_after_s or 0.0))
            await transitions.commit(conn, generation, state=State.STORING, wake_at=wake_at)
        return True
    async with transaction(ctx.pool) as conn:
        await transitions.disown(conn, generation)
        facts = {"n": attempt.n, "route": attempt.route, "error": error.error_class}
        line = StepLogEntry(worker=ctx.owner, step="store", outcome="no video", facts=facts)
        await transitions.checkpoint(conn, generation, state=State.RENDERING, line=line)
        await attempts.move(conn, attempt, state=AttemptState.FAILED, error=error, settled=True)
        await attempt_outcomes.failed(conn, generation, attempt, error, ctx=ctx)
    log.warning("clip.unusable", generation_id=str(generation.id), route=attempt.route, error=error.error_class)
    return False
