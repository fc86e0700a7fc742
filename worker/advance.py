"""Moves one claimed generation forward: one step after another under the same lease, until it has to wait."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from core.db import attempts, generations
from core.db.errors import connection, transaction
from core.db.generations import StaleError
from core.db.workers import now as database_now
from core.domain.errors import ErrorClass, provider_error
from core.domain.generation import (
    Adopt,
    Attempt,
    AttemptState,
    Cancel,
    Close,
    Expire,
    Generation,
    LookUp,
    Poison,
    Start,
    State,
    Store,
    Wait,
    next_step,
)
from core.domain.retry import Stage
from worker import evidence
from worker.context import Context
from worker.steps.finish import cancel, close, poison, stop_task
from worker.steps.lookup import look_up
from worker.steps.start import start
from worker.steps.store import store

log = structlog.get_logger()

STEPS_MAX = 40
"""Zero-wait steps under one lease; a generation that wants more comes back for them."""


async def advance(generation: Generation, ctx: Context) -> None:
    """Run the steps of a generation whose lease we hold, until one of them has given the lease back.

    Raises:
        StaleError: somebody else has taken it over.
    """
    find_lags = {
        key: timedelta(seconds=route.facts.find_lag_s) for key, route in ctx.routes.items() if route.facts.can_find
    }
    for _ in range(STEPS_MAX):
        async with connection(ctx.pool) as conn:
            fresh = await generations.load(conn, generation.id)
            tried = await attempts.of(conn, generation.id)
            now = await database_now(conn)
        if fresh is None or fresh.fence != generation.fence:
            raise StaleError
        match next_step(fresh, tried, now=now, find_lags=find_lags):
            case Wait(until):
                async with transaction(ctx.pool) as conn:
                    await generations.commit(conn, fresh, state=fresh.state, wake_at=until)
                return
            case Start():
                if await start(fresh, tried, now=now, ctx=ctx):
                    return
            case Adopt(attempt):
                await _adopt(fresh, attempt, tried, ctx)
            case LookUp(attempt):
                await look_up(fresh, attempt, now=now, ctx=ctx)
            case Expire(attempt):
                await _expire(fresh, attempt, ctx)
            case Store(attempt):
                if await store(fresh, attempt, now=now, ctx=ctx):
                    return
            case Cancel():
                if await cancel(fresh, tried, ctx):
                    return
            case Close():
                await close(fresh, now=now, ctx=ctx)
                return
            case Poison():
                await poison(fresh, ctx)
                return
    async with transaction(ctx.pool) as conn:
        await generations.release(conn, generation, in_s=0)


async def _adopt(generation: Generation, attempt: Attempt, tried: Sequence[Attempt], ctx: Context) -> None:
    """This one's video is used; what else runs is stopped where the vendor can, and watched to its end."""
    async with transaction(ctx.pool) as conn:
        await generations.adopt(conn, generation, n=attempt.n)
        for other in tried:
            if other.state is AttemptState.ACCEPTED:
                await attempts.move(conn, other, state=AttemptState.LATE)
        await generations.log_step(
            conn,
            generation,
            worker=ctx.owner,
            step="adopt",
            outcome="ok",
            facts={"n": attempt.n, "route": attempt.route},
        )
        await generations.hold(conn, generation, state=State.STORING)
    for other in tried:
        if other.state is AttemptState.ACCEPTED:
            await stop_task(other, ctx)


async def _expire(generation: Generation, attempt: Attempt, ctx: Context) -> None:
    """The generation goes on without it; the attempt stays on watch."""
    error = provider_error(ErrorClass.TIMEOUT, "no result by the deadline")
    async with transaction(ctx.pool) as conn:
        await generations.hold(conn, generation, state=State.RENDERING)
        await attempts.move(conn, attempt, state=AttemptState.LATE, error=error)
        if not _cut_short(generation, attempt):
            await evidence.failed(conn, generation, attempt, error, stage=Stage.RUN, ctx=ctx)
        await generations.log_step(
            conn,
            generation,
            worker=ctx.owner,
            step="expire",
            outcome="timeout",
            facts={"n": attempt.n, "route": attempt.route},
        )
    log.info("attempt.expired", generation_id=str(generation.id), n=attempt.n, route=attempt.route)


def _cut_short(generation: Generation, attempt: Attempt) -> bool:
    """Whether the delivery window ended before the attempt's own time was up, which says nothing about its route."""
    return generation.window_ends is not None and attempt.deadline_at == generation.window_ends
