"""Gets the winner's video and settles: what was delivered is charged, the rest goes back, the last word is queued."""

from datetime import datetime, timedelta

import structlog

from core.db.errors import statement, transaction
from core.db.generations import attempts, claims, transitions
from core.db.generations.transitions import Change, StepLogEntry
from core.domain.errors import ErrorClass, ProviderError, StorageAway, provider_error
from core.domain.generations.generation import Attempt, AttemptState, Clip, Generation, Outcome, State
from core.domain.vendor_life import AtVendor, ends, offered
from worker import attempt_outcomes
from worker.context import Context
from worker.leases import kept
from worker.steps.fetch import Unusable, fetch
from worker.steps.finish import end, settle

log = structlog.get_logger()

TRY_FOR_S = 300.0
"""How long after the video was ready the download is tried; then the next route makes it."""
AGAIN_S = 3.0
KEEP_LEAST_S, KEEP_MOST_S = 5.0, 60.0
"""The pause between two tries to keep a video, which grows with the time that has passed."""
_SINCE = "not_kept_since"
"""In a generation's reason: from when on its video could not be kept."""


async def store(generation: Generation, attempt: Attempt, *, now: datetime, ctx: Context) -> bool:
    """One try at getting the video. True: the lease is given back."""

    async def renew() -> None:
        async with statement(ctx.pool) as conn:
            await claims.renew(conn, generation)

    try:
        async with kept(renew):
            clip = await fetch(attempt, ctx, owner=str(generation.team_id))
    except StorageAway as error:
        return await _not_kept(generation, attempt, error, now=now, ctx=ctx)
    except ProviderError as error:
        return await _not_had(generation, attempt, error, now=now, ctx=ctx)
    await _settled(generation, attempt, clip, ctx)
    return True


async def _settled(generation: Generation, attempt: Attempt, clip: Clip | AtVendor, ctx: Context) -> None:
    """Charge what was delivered and queue the last word, all in one transaction."""
    price = min(generation.prices[attempt.provider], generation.consumed)
    kept, size, reason = (clip, clip.size, {}) if isinstance(clip, Clip) else (None, 0, {"at_vendor": clip.as_json()})
    async with transaction(ctx.pool) as conn:
        facts = {"n": attempt.n, "route": attempt.route, "bytes": size, "charged": price}
        line = StepLogEntry(worker=ctx.owner, step="store", outcome="ok" if kept else "at vendor", facts=facts)
        await end(conn, generation, outcome=Outcome.SUCCEEDED, settled=price, clip=kept, reason=reason, line=line)
        await settle(conn, generation, actual=price, note=f"made by {attempt.provider}")
    log.info("generation.stored", generation_id=str(generation.id), route=attempt.route, bytes=size)


async def _not_kept(
    generation: Generation, attempt: Attempt, error: StorageAway, *, now: datetime, ctx: Context
) -> bool:
    """It is paid for and cannot be kept now: again in a while, as long as the vendor has it. True: the lease is back.

    The person is not left without it for hours: once it is time the vendor's own address is the result.
    """
    since = datetime.fromisoformat(generation.reason.get(_SINCE, now.isoformat()))
    where = offered(attempt, waiting_since=since, now=now, scale=ctx.time_scale)
    if where is not None:
        log.error("clip.at_vendor", generation_id=str(generation.id), route=attempt.route, why=str(error))
        await _settled(generation, attempt, where, ctx)
        return True
    if now >= ends(attempt, now=now, scale=ctx.time_scale):
        gone = provider_error(ErrorClass.TASK_GONE, "the storage was away for as long as the vendor had it")
        return await _not_had(generation, attempt, gone, now=now, ctx=ctx)
    pause_s = min(ctx.scaled(KEEP_MOST_S), max(ctx.scaled(KEEP_LEAST_S), (now - since).total_seconds() / 4))
    change = Change(reason={**generation.reason, _SINCE: since.isoformat()})
    async with statement(ctx.pool) as conn:
        wake_at = now + timedelta(seconds=pause_s)
        await transitions.commit(conn, generation, state=State.STORING, wake_at=wake_at, change=change)
    log.warning("clip.not_kept", generation_id=str(generation.id), why=str(error), again_in_s=pause_s)
    return True


async def _not_had(
    generation: Generation, attempt: Attempt, error: ProviderError, *, now: datetime, ctx: Context
) -> bool:
    """Try again in a moment, or give the attempt up and let the next route make it. True: the lease is given back."""
    ready_at = attempt.ended_at or now
    is_final = isinstance(error, Unusable) or error.error_class is ErrorClass.TASK_GONE
    if not is_final and now < ready_at + timedelta(seconds=ctx.scaled(TRY_FOR_S)):
        async with statement(ctx.pool) as conn:
            wake_at = now + timedelta(seconds=max(ctx.scaled(AGAIN_S), error.retry_after_s or 0.0))
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
