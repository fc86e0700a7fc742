"""Gets the winner's video and settles: what came is charged, the rest goes back, the last word is queued."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from core import metrics
from core.db.errors import statement, transaction
from core.db.generations import attempts, claims, deliveries, late_attempts, transitions
from core.db.generations.transitions import Change, StepLogEntry
from core.db.pool import Connection
from core.domain.errors import Away, ErrorClass, ProviderError, provider_error
from core.domain.generations.generation import Attempt, AttemptState, Clip, Generation, Outcome, State
from core.domain.generations.polling import again_s
from core.domain.generations.state_reason import AtVendor, StateReason
from core.domain.generations.vendor_life import ends, offered
from core.domain.requests.pricing import wants_sound
from core.domain.requests.shortfall import Judged, judged
from core.replies.generations import made
from worker import attempt_outcomes
from worker.context import Context
from worker.leases import Lease, kept
from worker.routing_inputs import usual_lately
from worker.steps.extend import joined
from worker.steps.fetch import Unusable, fetch
from worker.steps.finish import ending_of

log = structlog.get_logger()

TRY_FOR_S = 300.0
"""How long after the video was ready the download is tried at least; then the next route makes it."""
SPARE = 1.5
"""How much of the next route's p95 is left of the window when a video that cannot be had is given up."""
KEEP_LEAST_S, KEEP_MOST_S = 5.0, 60.0
"""The pause between two tries to keep a video, which grows with the time that has passed."""


async def store(generation: Generation, attempt: Attempt, *, now: datetime, ctx: Context) -> Lease:
    """Try once to fetch the video into our storage."""

    async def renew() -> None:
        async with statement(ctx.pool) as conn:
            await claims.renew(conn, generation)

    try:
        async with kept(renew):
            clip = await fetch(attempt, ctx, owner=str(generation.team_id))
    except Away as error:
        return await _not_kept(generation, attempt, error, now=now, ctx=ctx)
    except ProviderError as error:
        return await _not_had(generation, attempt, error, now=now, ctx=ctx)
    found = judged(
        attempt.fitted,
        made.came(clip),
        price=min(generation.prices[attempt.provider], generation.consumed),
        wants_sound=wants_sound(generation.request),
    )
    if not found.is_usable:
        await _odd(generation, attempt, clip, found, ctx)
        return Lease.KEPT
    try:
        async with kept(renew):
            clip = await joined(generation, clip, ctx)
    except Away as error:
        return await _not_kept(generation, attempt, error, now=now, ctx=ctx)
    await _settled(generation, attempt, clip, found, ctx)
    return Lease.RELEASED


async def _settled(generation: Generation, attempt: Attempt, clip: Clip, found: Judged, ctx: Context) -> None:
    """Charge what was delivered and queue the last word, all in one statement."""
    full = min(generation.prices[attempt.provider], generation.consumed)
    facts = {"n": attempt.n, "route": attempt.route, "bytes": clip.size, "charged": found.price}
    entry = StepLogEntry(worker=ctx.owner, step="store", outcome="ok", facts={**facts, **_lacks(found)})
    short = made.reason(found.shortfalls, full=full)
    ending = ending_of(generation, outcome=Outcome.SUCCEEDED, settled=found.price, clip=clip, reason=short)
    note = made.ledger_note(attempt.provider, clip, attempt.fitted, found.shortfalls)
    async with statement(ctx.pool) as conn:
        await transitions.end_with_video(conn, generation, ending=ending, entry=entry, note=note)
    _counted(generation, attempt, price=found.price)
    log.info("generation.stored", generation_id=str(generation.id), route=attempt.route, bytes=clip.size)
    if found.shortfalls:
        log.warning("clip.short", generation_id=str(generation.id), route=attempt.route, **_lacks(found))


def _counted(generation: Generation, attempt: Attempt, *, price: int) -> None:
    metrics.GENERATIONS.labels(generation.request.tier, attempt.provider, Outcome.SUCCEEDED).inc()
    metrics.CREDITS.labels("settled").inc(price)
    metrics.CREDITS.labels("given back").inc(generation.consumed - price)


def _lacks(found: Judged) -> dict[str, Any]:
    return {"lacks": [f"{each.got} instead of {each.asked}" for each in found.shortfalls]} if found.shortfalls else {}


async def _odd(generation: Generation, attempt: Attempt, clip: Clip, found: Judged, ctx: Context) -> None:
    """Fail the attempt: its file is a video, but not what was ordered. The video is offered for nothing."""
    told = (
        "; ".join(_lacks(found).get("lacks", ())) or f"{clip.duration_s:.1f} s instead of {attempt.fitted.duration_s} s"
    )
    error = provider_error(ErrorClass.TRANSIENT_SERVER, f"not what was ordered: {told}")
    async with transaction(ctx.pool) as conn:
        await _disown(conn, generation, attempt, error, outcome="odd video", ctx=ctx)
        await late_attempts.keep(conn, attempt, clip=clip)
        await deliveries.want_extra(conn, generation.id, attempt=attempt.n)
    log.warning("clip.odd", generation_id=str(generation.id), route=attempt.route, **_lacks(found))


async def _settled_at_vendor(generation: Generation, attempt: Attempt, where: AtVendor, ctx: Context) -> None:
    """The same for a video that could not be kept: the vendor's own address is what the person gets, unseen by us."""
    price = min(generation.prices[attempt.provider], generation.consumed)
    facts = {"n": attempt.n, "route": attempt.route, "bytes": 0, "charged": price}
    entry = StepLogEntry(worker=ctx.owner, step="store", outcome="at vendor", facts=facts)
    ending = ending_of(generation, outcome=Outcome.SUCCEEDED, settled=price, reason=StateReason(at_vendor=where))
    note = f"made by {attempt.provider}"
    async with statement(ctx.pool) as conn:
        await transitions.end_with_video(conn, generation, ending=ending, entry=entry, note=note)
    _counted(generation, attempt, price=price)
    log.info("generation.stored", generation_id=str(generation.id), route=attempt.route, bytes=0)


async def _not_kept(generation: Generation, attempt: Attempt, error: Away, *, now: datetime, ctx: Context) -> Lease:
    """Try again in a while, for as long as the vendor keeps the video: it is paid for and our storage is away.

    After half an hour the vendor's own address is the result, so that the person need not wait longer.
    """
    since = generation.reason.not_kept_since or now
    where = offered(attempt, waiting_since=since, now=now, time_scale=ctx.time_scale)
    if where is not None:
        log.error("clip.at_vendor", generation_id=str(generation.id), route=attempt.route, why=str(error))
        await _settled_at_vendor(generation, attempt, where, ctx)
        return Lease.RELEASED
    if now >= ends(attempt, now=now, time_scale=ctx.time_scale):
        gone = provider_error(ErrorClass.TASK_GONE, "the storage was away for as long as the vendor had it")
        return await _given_up(generation, attempt, gone, ctx=ctx)
    pause_s = min(ctx.scaled(KEEP_MOST_S), max(ctx.scaled(KEEP_LEAST_S), (now - since).total_seconds() / 4))
    change = Change(reason=replace(generation.reason, not_kept_since=since))
    async with statement(ctx.pool) as conn:
        wake_at = now + timedelta(seconds=pause_s)
        await transitions.commit(conn, generation, state=State.STORING, wake_at=wake_at, change=change)
    log.debug("clip.not_kept", generation_id=str(generation.id), why=str(error), again_in_s=pause_s)
    return Lease.RELEASED


def _given_up_at(
    generation: Generation, attempt: Attempt, error: ProviderError, *, now: datetime, next_s: float, ctx: Context
) -> datetime:
    """When a video that cannot be had is given up, and the next route is paid for another.

    One that is not at its address (403, 404, a page in its place) is paid for and may well come: it is tried, each time
    at a fresh address, as long as the vendor keeps it and another could still be made.

    Args:
        next_s: how long the next route needs for another, as a rule.
    """
    at_least = (attempt.ended_at or now) + timedelta(seconds=ctx.scaled(TRY_FOR_S))
    if error.error_class is not ErrorClass.TASK_GONE:
        return at_least
    lives_until = attempt.result.expires_at if attempt.result is not None else None
    window_ends = generation.window_ends
    last_call = window_ends - timedelta(seconds=next_s) if window_ends is not None else None
    ends = [at for at in (lives_until, last_call) if at is not None]
    return max(at_least, min(ends)) if ends else at_least


async def _next_s(generation: Generation, attempt: Attempt, ctx: Context) -> float:
    """How long the next provider of the chain needs, with some to spare; 0 where there is none."""
    routes = [ctx.by_provider[name][0] for name in generation.chain if name in ctx.by_provider]
    for route in routes:
        if ctx.routes[route].facts.provider != attempt.provider:
            return SPARE * (await usual_lately(route, attempt.fitted, ctx)).p95_s
    return 0.0


async def _not_had(
    generation: Generation, attempt: Attempt, error: ProviderError, *, now: datetime, ctx: Context
) -> Lease:
    """Try again in a moment, or give the attempt up and let the next route make it."""
    next_s = await _next_s(generation, attempt, ctx)
    given_up_at = _given_up_at(generation, attempt, error, now=now, next_s=next_s, ctx=ctx)
    if not isinstance(error, Unusable) and now < given_up_at:
        since_s = ctx.time_scale.real_s((now - (attempt.ended_at or now)).total_seconds())
        async with statement(ctx.pool) as conn:
            wake_at = now + timedelta(seconds=ctx.scaled(again_s(since_s=since_s, retry_after_s=None)))
            wake_at = max(wake_at, now + timedelta(seconds=error.retry_after_s or 0.0))
            await transitions.commit(conn, generation, state=State.STORING, wake_at=wake_at)
        return Lease.RELEASED
    return await _given_up(generation, attempt, error, ctx=ctx)


async def _given_up(generation: Generation, attempt: Attempt, error: ProviderError, *, ctx: Context) -> Lease:
    """Fail the attempt, although its vendor says that it succeeded. The next route makes the video."""
    async with transaction(ctx.pool) as conn:
        await _disown(conn, generation, attempt, error, outcome="no video", ctx=ctx)
    log.warning("clip.unusable", generation_id=str(generation.id), route=attempt.route, error=error.error_class)
    return Lease.KEPT


async def _disown(
    conn: Connection, generation: Generation, attempt: Attempt, error: ProviderError, *, outcome: str, ctx: Context
) -> None:
    """The winner has failed after all: the generation goes on without it."""
    await transitions.disown(conn, generation)
    facts = {"n": attempt.n, "route": attempt.route, "error": error.error_class}
    entry = StepLogEntry(worker=ctx.owner, step="store", outcome=outcome, facts=facts)
    await transitions.checkpoint(conn, generation, state=State.RENDERING, entry=entry)
    await attempts.move(conn, attempt, state=AttemptState.FAILED, error=error, settled=True)
    await attempt_outcomes.failed(conn, generation, attempt, error, ctx=ctx)
