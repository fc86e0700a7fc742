"""Moves one claimed generation forward: one step after another under the same lease, until it has to wait."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import assert_never

import structlog

from core import tracing
from core.db.errors import connection, statement, transaction
from core.db.generations import claims, late_attempts, transitions
from core.db.generations.claims import StaleError
from core.db.generations.snapshot import Claimed, Snapshot, read_snapshot
from core.db.generations.transitions import StepLogEntry
from core.domain.errors import ErrorClass, provider_error
from core.domain.generations.generation import Attempt, AttemptState, Generation, State
from core.domain.generations.retry import Stage
from core.domain.generations.steps import (
    Adopt,
    Cancel,
    Close,
    ConsiderHedge,
    Expire,
    Lapse,
    LookUp,
    NextStep,
    Poison,
    Start,
    Store,
    Wait,
    next_step,
)
from core.domain.routing.hedging import long_at
from worker import attempt_outcomes, routing_inputs
from worker.context import Context
from worker.leases import Lease
from worker.steps import last_look
from worker.steps.adopt import adopt
from worker.steps.finish import cancel, close, lapse, poison
from worker.steps.hedge import hedge
from worker.steps.lookup import look_up
from worker.steps.start import start
from worker.steps.store import store

log = structlog.get_logger()

STEPS_MAX = 40
"""Zero-wait steps under one lease; a generation that wants more comes back for them."""


async def advance(claimed: Claimed, ctx: Context) -> None:
    """Run the steps of a generation that was just claimed, until one of them has given the lease back.

    Raises:
        StaleError: somebody else has taken it over.
    """
    find_lags = {
        key: timedelta(seconds=route.facts.find_lag_s) for key, route in ctx.routes.items() if route.facts.can_find
    }
    generation, seen = claimed.generation, claimed.snapshot()
    for n in range(STEPS_MAX):
        if n > 0:
            seen = await _read(generation, ctx)
        long = await _long_at(seen.attempts, ctx)
        step = next_step(seen.generation, seen.attempts, now=seen.now, find_lags=find_lags, long_at=long)
        with tracing.span(f"step {type(step).__name__.lower()}", {"generation_id": str(generation.id)}):
            lease = await _take(step, seen.generation, seen.attempts, now=seen.now, ctx=ctx)
        if lease is Lease.RELEASED:
            return
    async with statement(ctx.pool) as conn:
        await claims.release(conn, generation, in_s=0)


async def _read(generation: Generation, ctx: Context) -> Snapshot:
    """The generation as it is after a step, as long as its lease is ours."""
    async with connection(ctx.pool) as conn:
        seen = await read_snapshot(conn, generation.id)
    if seen is None or seen.generation.fence != generation.fence:
        raise StaleError
    return seen


async def _take(
    step: NextStep, generation: Generation, tried: Sequence[Attempt], *, now: datetime, ctx: Context
) -> Lease:
    """Take one step."""
    match step:
        case Start():
            return await start(generation, tried, now=now, ctx=ctx)
        case ConsiderHedge(attempt):
            return await hedge(generation, attempt, tried, now=now, ctx=ctx)
        case Store(attempt):
            return await store(generation, attempt, now=now, ctx=ctx)
        case Cancel():
            return await cancel(generation, tried, ctx)
        case Adopt(attempt):
            adopted = await adopt(generation, attempt, ctx, is_alone=len(tried) == 1)
            with tracing.span("step store", {"generation_id": str(generation.id)}):
                return await store(adopted, attempt, now=now, ctx=ctx)
        case LookUp(attempt):
            await look_up(generation, attempt, now=now, ctx=ctx)
            return Lease.KEPT
        case Expire(attempt):
            return await _expire(generation, attempt, now=now, ctx=ctx)
        case _:
            await _rest(step, generation, now=now, ctx=ctx)
            return Lease.RELEASED


async def _rest(step: Wait | Lapse | Close | Poison, generation: Generation, *, now: datetime, ctx: Context) -> None:
    """The steps after which nothing more is to be done for now."""
    match step:
        case Wait(until):
            async with statement(ctx.pool) as conn:
                await transitions.commit(conn, generation, state=generation.state, wake_at=until)
        case Lapse():
            await lapse(generation, ctx)
        case Close():
            await close(generation, now=now, ctx=ctx)
        case Poison():
            await poison(generation, ctx)
        case _:
            assert_never(step)


async def _long_at(tried: Sequence[Attempt], ctx: Context) -> dict[int, datetime]:
    """By number of each attempt that runs, from when on it takes long."""
    found: dict[int, datetime] = {}
    for attempt in tried:
        if attempt.state is AttemptState.ACCEPTED and attempt.accepted_at is not None and attempt.route in ctx.routes:
            usual = await routing_inputs.usual_now(attempt.route, attempt.fitted, ctx)
            found[attempt.n] = long_at(accepted_at=attempt.accepted_at, p95_s=usual.p95_s)
    return found


async def _expire(generation: Generation, attempt: Attempt, *, now: datetime, ctx: Context) -> Lease:
    """The generation goes on without it; the attempt stays on watch."""
    if await last_look.comes_after_all(attempt, now=now, ctx=ctx):
        again_at = now + timedelta(seconds=last_look.AGAIN_S)
        async with statement(ctx.pool) as conn:
            await transitions.commit(conn, generation, state=generation.state, wake_at=again_at)
        return Lease.RELEASED
    error = provider_error(ErrorClass.TIMEOUT, "no result by the deadline")
    async with transaction(ctx.pool) as conn:
        await transitions.checkpoint(conn, generation, state=State.RENDERING)
        if not await late_attempts.expire(conn, attempt, error=error):
            return Lease.KEPT  # it has just ended by itself
        if not _cut_short(generation, attempt):
            await attempt_outcomes.failed(conn, generation, attempt, error, stage=Stage.RUN, ctx=ctx)
        facts = {"n": attempt.n, "route": attempt.route}
        await transitions.log_step(
            conn, generation, StepLogEntry(worker=ctx.owner, step="expire", outcome="timeout", facts=facts)
        )  # fmt: skip
    log.info("attempt.expired", generation_id=str(generation.id), n=attempt.n, route=attempt.route)
    return Lease.KEPT


def _cut_short(generation: Generation, attempt: Attempt) -> bool:
    """Whether the delivery window ended before the attempt's own time was up, which says nothing about its route."""
    return generation.window_ends is not None and attempt.deadline_at == generation.window_ends
