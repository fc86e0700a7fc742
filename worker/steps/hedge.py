"""Starts a second attempt beside a slow one, if the rules of hedging allow it by now. The first result wins."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from core.db.errors import connection, statement
from core.db.generations import transitions
from core.domain.generations.generation import Attempt, Generation
from core.domain.health.events import AttemptKind
from core.domain.routing import hedging
from core.domain.routing.decisions import Try
from core.domain.routing.hedging import RunningAttempt
from worker import routing_inputs
from worker.context import Context
from worker.leases import Lease
from worker.pictures import frames_of
from worker.steps.attempt import intend, submit
from worker.steps.start import routing_job

log = structlog.get_logger()


async def hedge(
    generation: Generation, running: Attempt, tried: Sequence[Attempt], *, now: datetime, ctx: Context
) -> Lease:
    """Look once at an attempt that takes long: start a second attempt beside it, or look again in a while."""
    async with connection(ctx.pool) as conn:
        around = await routing_inputs.routing_context(conn, generation, ctx)
    if running.route not in around.p95_s:  # no plan names this route any more: nothing to compare with
        await _look_again(generation, running, now=now, ctx=ctx)
        return Lease.RELEASED
    job = routing_job(generation, tried)
    found = hedging.hedge(
        job,
        RunningAttempt(
            route=running.route,
            started_at=running.accepted_at or running.intended_at,
            timeout_at=running.deadline_at or now,
            epoch=running.epoch,
            is_probe=running.is_probe,
        ),
        around,
        now=now,
        health=ctx.health,
        routing=ctx.routing,
    )
    # If the picture is missing, there is no hedge: the attempt that runs has its picture already.
    frames = await frames_of(generation, found.candidate.route, ctx) if found is not None else None
    if found is not None and frames is not None:
        since = time.monotonic()
        candidate = replace(found.candidate, kind=AttemptKind.HEDGE, reason=f"beside {running.route}: {found.why}")
        attempt = await intend(
            generation,
            job,
            Try(candidate=candidate, plan=found.plan),
            n=len(tried) + 1,
            ctx=ctx,
            hedges_sick=found.hedges_sick,
        )
        if attempt is not None:
            log.info("attempt.hedged", generation_id=str(generation.id), n=running.n, by=attempt.n, why=found.why)
            await submit(generation, attempt, frames, ctx, since=since)
            return Lease.KEPT
    await _look_again(generation, running, now=now, ctx=ctx)
    return Lease.RELEASED


async def _look_again(generation: Generation, running: Attempt, *, now: datetime, ctx: Context) -> None:
    at = now + timedelta(seconds=ctx.routing.hedge_look_s)
    async with statement(ctx.pool) as conn:
        await transitions.commit(conn, generation, state=generation.state, wake_at=min(at, running.deadline_at or at))
