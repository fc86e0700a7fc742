"""Starts an attempt: chooses the route, writes the intent down, submits, records the answer.

The intent is committed before the request leaves, so that a crash in between is found and looked into, never repeated
blindly.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, assert_never

import structlog

from core.db import attempts, lines, moves
from core.db.errors import connection, statement, transaction
from core.db.generations import LEASE_S, StaleError
from core.db.moves import Change, Line
from core.db.pool import Connection
from core.domain import routing
from core.domain.errors import ErrorClass, OutcomeUnknown, ProviderError, provider_error
from core.domain.generation import Attempt, AttemptState, Generation, State
from core.domain.health_events import AttemptKind
from core.domain.ids import ProviderName, external_id
from core.domain.latency import timeout_s
from core.domain.pictures import PICTURE_GONE
from core.domain.polling import first_poll_s
from core.domain.pricing import fit
from core.domain.retry import Stage, ends_generation
from core.domain.routes import Candidate, GiveUp, Job, Plan, Surroundings, Tried, Try, WaitUntil
from core.domain.terms import divided
from core.ports import Job as VideoJob
from core.ports import RouteFacts, VideoProvider
from worker import evidence
from worker.context import Context
from worker.jobs import job_for
from worker.pictures import Frames, frames_of
from worker.steps.finish import fail
from worker.steps.recording import recorded

log = structlog.get_logger()

CALLBACK_REFUSED_S = 4.0
"""A refusal within this time may be about the callback's address: vendors give it 3 s to answer."""
SEND_S = 26.0
"""A submit is over by then: its own timeout of 20 s, a refused first one, and a little."""
SPARE_S = 2.0
"""By so much the lease has to outlive a submit."""


async def start(generation: Generation, tried: Sequence[Attempt], *, now: datetime, ctx: Context) -> bool:
    """One try at one route, or a wait, or the end. True: the lease is given back."""
    refusal = _final(tried)
    if refusal is not None:
        await fail(generation, error_class=refusal.error_class, reason={"route": refusal.route}, ctx=ctx)
        return True
    async with connection(ctx.pool) as conn:
        around = await evidence.surroundings(conn, generation, ctx)
    job = replace(routing_job(generation, tried), patience_s=ctx.terms.patience_s(generation.request.tier))
    decision = routing.decide(job, around, now=now, health=ctx.health, routing=ctx.routing)
    match decision:
        case GiveUp(why=why, plan=plan):
            async with statement(ctx.pool) as conn:
                await moves.hold(conn, generation, state=generation.state, change=Change(plan=plan.as_json()))
            last = next((a.error_class for a in reversed(tried) if a.error_class is not None), None)
            await fail(generation, error_class=last, reason={"why": why, **_unavailable(plan)}, ctx=ctx)
            return True
        case WaitUntil():
            await _wait(generation, decision, around, ctx)
            return True
        case Try(candidate=candidate, plan=plan):
            frames = await frames_of(generation, candidate.route, ctx)
            if frames is None:
                await fail(generation, error_class=None, reason={"why": PICTURE_GONE}, ctx=ctx)
                return True
            since = time.monotonic()
            attempt = await intend(generation, candidate, plan, n=len(tried) + 1, ctx=ctx)
            if attempt is not None:
                await submit(generation, attempt, frames, ctx, since=since)
            return False
        case _:
            assert_never(decision)


def _final(tried: Sequence[Attempt]) -> Attempt | None:
    """The attempt whose error ends the generation: no other provider would do better."""
    refusals: set[ProviderName] = set()
    for attempt in tried:
        if attempt.error_class is None or attempt.state not in {AttemptState.REJECTED, AttemptState.FAILED}:
            continue
        if ends_generation(attempt.error_class, refusals_before=len(refusals), asks_elsewhere=False):
            return attempt
        if attempt.error_class is ErrorClass.CONTENT_POLICY:
            refusals.add(attempt.provider)
    return None


def routing_job(generation: Generation, tried: Sequence[Attempt]) -> Job:
    chain, last_resort = divided(generation.request.tier, generation.chain)
    return Job(
        chain=chain,
        last_resort=last_resort,
        fallback=generation.fallback,
        deadline=generation.window_ends or generation.start_by,
        tried=tuple(_tried(attempt) for attempt in tried),
        waits=int(generation.reason.get("waits", 0)),
    )


def _tried(attempt: Attempt) -> Tried:
    return Tried(
        route=attempt.route,
        provider=attempt.provider,
        accepted=attempt.state is not AttemptState.REJECTED,
        error_class=attempt.error_class,
        stage=Stage.SUBMIT if attempt.accepted_at is None else Stage.RUN,
        # One that failed after its time was up was gone on without at its deadline.
        ended_at=min((at for at in (attempt.ended_at, attempt.deadline_at) if at is not None), default=None),
        is_late=attempt.state is AttemptState.LATE,
        is_hedge=attempt.is_hedge,
    )


def _unavailable(plan: Plan) -> dict[str, Any]:
    """Who could take it, were they free: those that may never take it are not to be waited for."""
    providers = [c.provider for c in plan.candidates] + [s.provider for s in plan.skipped if s.may_change]
    return {"unavailable": list(dict.fromkeys(providers))}


async def _wait(generation: Generation, decision: WaitUntil, around: Surroundings, ctx: Context) -> None:
    """Wait until a time, and in the queues of the routes that have no room until the turn comes."""
    at, why, plan = decision.at, decision.why, decision.plan
    waits = int(generation.reason.get("waits", 0)) + 1
    async with transaction(ctx.pool) as conn:
        reason = {"waiting": why, "waits": waits, **_unavailable(plan)}
        line = Line(worker=ctx.owner, step="start", outcome="wait", facts={"why": why}, wake_at=at)
        change = Change(reason=reason, plan=plan.as_json())
        await moves.commit(conn, generation, state=generation.state, wake_at=at, change=change, line=line, news=True)
        places = {route: around.lines[route].ahead + 1 for route in decision.lines if route in around.lines}
        await lines.stand(conn, generation, places)


class _Refused(Exception):
    """The route takes no attempt of this generation now; what has been written down with it is undone."""


async def intend(
    generation: Generation, candidate: Candidate, plan: Plan, *, n: int, ctx: Context, hedges_sick: bool = False
) -> Attempt | None:
    """Take the route's slot and write the attempt down; None when the route has just filled up or changed."""
    try:
        async with transaction(ctx.pool) as conn:
            return await _intended(conn, generation, candidate, plan, n=n, ctx=ctx, hedges_sick=hedges_sick)
    except _Refused:
        return None


async def _intended(
    conn: Connection,
    generation: Generation,
    candidate: Candidate,
    plan: Plan,
    *,
    n: int,
    ctx: Context,
    hedges_sick: bool,
) -> Attempt:
    route = ctx.routes[candidate.route].facts
    fitted = fit(generation.request, ctx.terms.offers[candidate.provider].capabilities)
    facts = {"n": n, "route": candidate.route, "why": candidate.reason}
    await moves.hold(
        conn,
        generation,
        state=State.RENDERING,
        change=Change(reason={}, plan=plan.as_json(), window_s=ctx.terms.window_s),
        line=Line(worker=ctx.owner, step="start", outcome="intended", facts=facts),
        news=True,
    )
    admission = await evidence.admit(conn, generation, candidate, n=n, fitted=fitted, ctx=ctx, hedges_sick=hedges_sick)
    if admission.refused is not None:
        raise _Refused
    return await attempts.intend(
        conn,
        generation_id=generation.id,
        n=n,
        route=candidate.route,
        provider=candidate.provider,
        model=route.model,
        external_id=external_id(generation.id, n),
        fitted=fitted,
        epoch=admission.epoch,
        is_probe=admission.is_probe,
        is_hedge=candidate.kind is AttemptKind.HEDGE,
        send_s=SEND_S,
    )


async def submit(generation: Generation, attempt: Attempt, frames: Frames, ctx: Context, *, since: float) -> None:
    """Send it, and record the answer.

    Args:
        frames: its pictures, read before it was intended: a storage that is away leaves no attempt in doubt.
        since: before the attempt was intended, by this process's clock.

    Raises:
        StaleError: it has stood still since: the lease may end before the request does.
    """
    if time.monotonic() - since > LEASE_S - SEND_S - SPARE_S:
        raise StaleError
    route = ctx.routes[attempt.route]
    job = job_for(
        generation,
        n=attempt.n,
        fitted=attempt.fitted,
        offer=ctx.terms.offers[attempt.provider],
        frames=frames,
        callback_url=_callback_url(attempt, route.facts, ctx),
    )
    try:
        task_id = await _send(job, route)
    except OutcomeUnknown as error:
        await recorded(partial(_unknown, generation, attempt, error, ctx))
    except ProviderError as error:
        await recorded(partial(_rejected, generation, attempt, error, ctx))
    else:
        await recorded(partial(accepted, generation, attempt, task_id=task_id, ctx=ctx, step="start"))


def _callback_url(attempt: Attempt, facts: RouteFacts, ctx: Context) -> str | None:
    if ctx.addresses is None or not facts.has_callbacks:
        return None
    return ctx.addresses.callback(route=attempt.route, generation_id=attempt.generation_id, n=attempt.n)


async def _send(job: VideoJob, route: VideoProvider) -> str:
    """Submit; where the vendor refuses the request and it had a callback's address, once more without one.

    MiniMax calls the address before it answers, and refuses the whole request when it cannot reach it (2026-11-22). A
    refusal started nothing, so asking again is no second submit.
    """
    asked_at = time.monotonic()
    try:
        return await route.submit(job)
    except ProviderError as error:
        in_time = time.monotonic() - asked_at < CALLBACK_REFUSED_S
        if job.callback_url is None or error.error_class is not ErrorClass.INVALID_REQUEST or not in_time:
            raise
        log.info("attempt.without_callback", generation_id=str(job.generation_id), route=route.facts.key)
    return await route.submit(replace(job, callback_url=None))


async def accepted(generation: Generation, attempt: Attempt, *, task_id: str, ctx: Context, step: str) -> None:
    """The vendor has it: on watch from now on. The lease stays ours."""
    route = ctx.routes[attempt.route].facts
    async with statement(ctx.pool) as conn:
        usual = await evidence.usual(conn, attempt.route, attempt.fitted, ctx)
        limit_s = timeout_s(usual, ctx.latency, ceiling_s=evidence.ceiling_s(attempt.route, attempt.fitted, ctx))
        facts = {"n": attempt.n, "route": attempt.route, "task": task_id, "timeout_s": round(limit_s, 1)}
        await attempts.accept(
            conn,
            generation,
            attempt,
            task_id=task_id,
            first_poll_s=ctx.scaled(first_poll_s(p5_s=usual.p5_s * ctx.time_scale)),
            timeout_s=limit_s,
            late_s=ctx.scaled(route.late_s),
            line=Line(worker=ctx.owner, step=step, outcome="accepted", facts=facts),
        )
    log.info("attempt.accepted", generation_id=str(generation.id), n=attempt.n, route=attempt.route)


async def _unknown(generation: Generation, attempt: Attempt, error: OutcomeUnknown, ctx: Context) -> None:
    """The request may have arrived. The attempt is looked for before anything else is tried."""
    async with transaction(ctx.pool) as conn:
        facts = {"n": attempt.n, "route": attempt.route}
        line = Line(worker=ctx.owner, step="start", outcome="unknown", facts=facts)
        await moves.hold(conn, generation, state=State.RENDERING, line=line)
        await attempts.move(conn, attempt, state=AttemptState.AMBIGUOUS, error=error)
        await attempts.look_again(conn, attempt, in_s=0)
        if error.vendor_code:
            # The vendor did answer, with an error of its own: its health hears of it, whatever became of the task.
            answered = provider_error(ErrorClass.TRANSIENT_SERVER, error.detail, vendor_code=error.vendor_code)
            await evidence.failed(conn, generation, attempt, answered, stage=Stage.SUBMIT, ctx=ctx)
    log.warning("attempt.ambiguous", generation_id=str(generation.id), n=attempt.n, route=attempt.route)


async def _rejected(generation: Generation, attempt: Attempt, error: ProviderError, ctx: Context) -> None:
    """The vendor said no."""
    async with transaction(ctx.pool) as conn:
        facts = {"n": attempt.n, "route": attempt.route, "error": error.error_class, "code": error.vendor_code}
        line = Line(worker=ctx.owner, step="start", outcome="rejected", facts=facts)
        await moves.hold(conn, generation, state=State.RENDERING, line=line, news=True)
        await attempts.move(conn, attempt, state=AttemptState.REJECTED, error=error, settled=True)
        await evidence.failed(conn, generation, attempt, error, stage=Stage.SUBMIT, ctx=ctx)
    log.info(
        "attempt.rejected",
        generation_id=str(generation.id), n=attempt.n, route=attempt.route,
        error=error.error_class, code=error.vendor_code,
    )  # fmt: skip
