"""Decides what a generation does that has nothing under way: an attempt at a route, a wait, or the end."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

import structlog

from core.db.errors import connection, statement, transaction
from core.db.generations import transitions
from core.db.generations.transitions import Change, StepLogEntry
from core.db.routing import route_queue
from core.domain.generations.generation import Attempt, AttemptState, Generation
from core.domain.generations.retry import Stage, summed_up
from core.domain.generations.state_reason import StateReason
from core.domain.generations.verdict import final_refusal, last_errors
from core.domain.ids import ProviderName
from core.domain.requests.fallback import Elsewhere
from core.domain.requests.pictures import PICTURE_GONE
from core.domain.requests.terms import divided
from core.domain.routing import router
from core.domain.routing.decisions import (
    GiveUp,
    Plan,
    RoutedGeneration,
    RoutingContext,
    Tried,
    Try,
    WaitUntil,
)
from worker import routing_inputs
from worker.context import Context
from worker.leases import Lease
from worker.pictures import frames_of
from worker.steps.attempt import intend, submit
from worker.steps.finish import fail

log = structlog.get_logger()


async def start(generation: Generation, tried: Sequence[Attempt], *, now: datetime, ctx: Context) -> Lease:
    """One try at one route, or a wait, or the end."""
    refusal = final_refusal(tried, asks_elsewhere=generation.elsewhere is Elsewhere.GO_ON)
    if refusal is not None:
        await fail(generation, error_class=refusal.error_class, reason=StateReason(route=refusal.route), ctx=ctx)
        return Lease.RELEASED
    async with connection(ctx.pool) as conn:
        around = await routing_inputs.routing_context(conn, generation, ctx)
    job = replace(routing_job(generation, tried), patience_s=ctx.terms.patience_s(generation.request.tier))
    decision = router.decide(job, around, now=now, health=ctx.health, routing=ctx.routing)
    match decision:
        case GiveUp(why=why, plan=plan):
            async with statement(ctx.pool) as conn:
                await transitions.checkpoint(
                    conn, generation, state=generation.state, change=Change(plan=plan.record())
                )
            error_class = summed_up(last_errors(tried))
            reason = StateReason(why=why, unavailable=_unavailable(plan))
            await fail(generation, error_class=error_class, reason=reason, ctx=ctx)
            return Lease.RELEASED
        case WaitUntil():
            await _wait(generation, decision, around, ctx)
            return Lease.RELEASED
        case Try(candidate=candidate):
            frames = await frames_of(generation, candidate.route, ctx)
            if frames is None:
                await fail(generation, error_class=None, reason=StateReason(why=PICTURE_GONE), ctx=ctx)
                return Lease.RELEASED
            since = time.monotonic()
            attempt = await intend(generation, job, decision, n=len(tried) + 1, ctx=ctx)
            if attempt is None:
                return Lease.KEPT
            return await submit(generation, attempt, frames, ctx, since=since, tried=tried)
        case _:
            assert_never(decision)


def routing_job(generation: Generation, tried: Sequence[Attempt]) -> RoutedGeneration:
    chain, last_resort = divided(generation.request.tier, generation.chain)
    return RoutedGeneration(
        chain=chain,
        last_resort=last_resort,
        fallback=generation.fallback,
        deadline=generation.window_ends or generation.start_by,
        tried=tuple(_tried(attempt) for attempt in tried),
        waits=generation.reason.waits,
    )


def _tried(attempt: Attempt) -> Tried:
    return Tried(
        route=attempt.route,
        provider=attempt.provider,
        accepted=attempt.state is not AttemptState.REJECTED,
        error_class=attempt.error_class,
        refusal=attempt.refusal,
        stage=Stage.SUBMIT if attempt.accepted_at is None else Stage.RUN,
        # One that failed after its time was up was gone on without at its deadline.
        ended_at=min((at for at in (attempt.ended_at, attempt.deadline_at) if at is not None), default=None),
        is_late=attempt.state is AttemptState.LATE,
        is_hedge=attempt.is_hedge,
    )


def _unavailable(plan: Plan) -> tuple[ProviderName, ...]:
    """Who could take it, were they free: those that may never take it are not to be waited for."""
    providers = [c.provider for c in plan.candidates] + [s.provider for s in plan.skipped if s.may_change]
    return tuple(dict.fromkeys(providers))


async def _wait(generation: Generation, decision: WaitUntil, around: RoutingContext, ctx: Context) -> None:
    """Wait until a time, and in the queues of the routes that have no room until the turn comes."""
    at, why, plan = decision.at, decision.why, decision.plan
    waits = generation.reason.waits + 1
    async with transaction(ctx.pool) as conn:
        reason = StateReason(waiting=why, waits=waits, unavailable=_unavailable(plan))
        entry = StepLogEntry(worker=ctx.owner, step="start", outcome="wait", facts={"why": why}, wake_at=at)
        change = Change(reason=reason, plan=plan.record())
        await transitions.commit(
            conn, generation, state=generation.state, wake_at=at, change=change, entry=entry, news=True
        )
        places = {route: around.queues[route].ahead + 1 for route in decision.queues if route in around.queues}
        await route_queue.enqueue(conn, generation, places)
