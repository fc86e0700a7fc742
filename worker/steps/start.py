"""Starts an attempt: chooses the route, writes the intent down, submits, records the answer.

The intent is committed before the request leaves, so that a crash in between is found and looked into, never repeated
blindly.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, assert_never

import structlog

from core.db import attempts, deliveries, generations
from core.db.errors import connection, transaction
from core.domain import routing
from core.domain.errors import ErrorClass, OutcomeUnknown, ProviderError, provider_error
from core.domain.generation import Attempt, AttemptState, Generation, State
from core.domain.ids import ProviderName, external_id
from core.domain.latency import timeout_s
from core.domain.polling import first_poll_s
from core.domain.pricing import fit
from core.domain.retry import Stage, ends_generation
from core.domain.routes import Candidate, GiveUp, Job, Plan, Tried, Try, WaitUntil
from core.ports import Job as VideoJob
from core.ports import RouteFacts, VideoProvider
from worker import evidence
from worker.context import Context
from worker.jobs import job_for
from worker.steps.finish import fail

log = structlog.get_logger()

CALLBACK_REFUSED_S = 4.0
"""A refusal within this time may be about the callback's address: vendors give it 3 s to answer."""
SEND_S = 26.0
"""A submit is over by then: its own timeout of 20 s, a refused first one, and a little."""


async def start(generation: Generation, tried: Sequence[Attempt], *, now: datetime, ctx: Context) -> bool:
    """One try at one route, or a wait, or the end. True: the lease is given back."""
    refusal = _final(tried)
    if refusal is not None:
        await fail(generation, error_class=refusal.error_class, reason={"route": refusal.route}, ctx=ctx)
        return True
    async with connection(ctx.pool) as conn:
        around = await evidence.surroundings(conn, generation, ctx)
    decision = routing.decide(_job(generation, tried), around, now=now, health=ctx.health, routing=ctx.routing)
    match decision:
        case GiveUp(why=why, plan=plan):
            last = next((a.error_class for a in reversed(tried) if a.error_class is not None), None)
            await fail(generation, error_class=last, reason={"why": why, **_unavailable(plan)}, ctx=ctx)
            return True
        case WaitUntil(at=at, why=why, plan=plan):
            await _wait(generation, at=at, why=why, plan=plan, ctx=ctx)
            return True
        case Try(candidate=candidate, plan=plan):
            attempt = await _intend(generation, candidate, plan, n=len(tried) + 1, ctx=ctx)
            if attempt is not None:
                await _submit(generation, attempt, ctx)
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


def _job(generation: Generation, tried: Sequence[Attempt]) -> Job:
    return Job(
        chain=generation.chain,
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
        ended_at=attempt.ended_at or attempt.deadline_at,
        is_late=attempt.state is AttemptState.LATE,
        is_hedge=attempt.is_hedge,
    )


def _unavailable(plan: Plan) -> dict[str, Any]:
    providers = [c.provider for c in plan.candidates] + [s.provider for s in plan.skipped]
    return {"unavailable": list(dict.fromkeys(providers))}


async def _wait(generation: Generation, *, at: datetime, why: str, plan: Plan, ctx: Context) -> None:
    waits = int(generation.reason.get("waits", 0)) + 1
    async with transaction(ctx.pool) as conn:
        reason = {"waiting": why, "waits": waits, **_unavailable(plan)}
        await generations.explain(conn, generation, reason=reason)
        await generations.keep_plan(conn, generation, plan=plan.as_json())
        await generations.log_step(
            conn, generation, worker=ctx.owner, step="start", outcome="wait", facts={"why": why}, wake_at=at
        )
        await generations.commit(conn, generation, state=generation.state, wake_at=at)
        await deliveries.nudge(conn, generation.id)


async def _intend(generation: Generation, candidate: Candidate, plan: Plan, *, n: int, ctx: Context) -> Attempt | None:
    """Take the route's slot and write the attempt down; None when the route has just filled up or changed."""
    route = ctx.routes[candidate.route].facts
    fitted = fit(generation.request, ctx.terms.offers[candidate.provider].capabilities)
    async with transaction(ctx.pool) as conn:
        await generations.hold(conn, generation, state=State.RENDERING)
        admission = await evidence.admit(conn, generation, candidate, n=n, fitted=fitted, ctx=ctx)
        if admission.refused is not None:
            return None
        await generations.open_window(conn, generation, window_s=ctx.terms.window_s)
        attempt = await attempts.intend(
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
            is_hedge=False,
            send_s=SEND_S,
        )
        await generations.explain(conn, generation, reason={})
        await generations.keep_plan(conn, generation, plan=plan.as_json())
        await generations.log_step(
            conn, generation, worker=ctx.owner, step="start", outcome="intended",
            facts={"n": n, "route": candidate.route, "why": candidate.reason},
        )  # fmt: skip
        await deliveries.nudge(conn, generation.id)
    return attempt


async def _submit(generation: Generation, attempt: Attempt, ctx: Context) -> None:
    route = ctx.routes[attempt.route]
    job = job_for(
        generation,
        n=attempt.n,
        fitted=attempt.fitted,
        offer=ctx.terms.offers[attempt.provider],
        callback_url=_callback_url(attempt, route.facts, ctx),
    )
    try:
        task_id = await _send(job, route)
    except OutcomeUnknown as error:
        await _unknown(generation, attempt, error, ctx)
    except ProviderError as error:
        await _rejected(generation, attempt, error, ctx)
    else:
        await accepted(generation, attempt, task_id=task_id, ctx=ctx, step="start")


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
    async with transaction(ctx.pool) as conn:
        await generations.hold(conn, generation, state=State.RENDERING)
        usual = await evidence.usual(conn, attempt.route, attempt.fitted, ctx)
        limit_s = timeout_s(usual, ctx.latency, ceiling_s=_ceiling_s(attempt, ctx))
        await attempts.accept(
            conn,
            attempt,
            task_id=task_id,
            first_poll_s=ctx.scaled(first_poll_s(p5_s=usual.p5_s * ctx.time_scale)),
            timeout_s=limit_s,
            late_s=ctx.scaled(route.late_s),
        )
        await generations.log_step(
            conn, generation, worker=ctx.owner, step=step, outcome="accepted",
            facts={"n": attempt.n, "route": attempt.route, "task": task_id, "timeout_s": round(limit_s, 1)},
        )  # fmt: skip
        await deliveries.nudge(conn, generation.id)
    log.info("attempt.accepted", generation_id=str(generation.id), n=attempt.n, route=attempt.route)


def _ceiling_s(attempt: Attempt, ctx: Context) -> float:
    ceilings: Mapping[int | None, float] = ctx.routes[attempt.route].facts.timeout_max_s
    return ctx.scaled(ceilings.get(attempt.fitted.duration_s, ceilings[None]))


async def _unknown(generation: Generation, attempt: Attempt, error: OutcomeUnknown, ctx: Context) -> None:
    """The request may have arrived. The attempt is looked for before anything else is tried."""
    async with transaction(ctx.pool) as conn:
        await generations.hold(conn, generation, state=State.RENDERING)
        await attempts.move(conn, attempt, state=AttemptState.AMBIGUOUS, error=error)
        await attempts.look_again(conn, attempt, in_s=0)
        if error.vendor_code:
            # The vendor did answer, with an error of its own: its health hears of it, whatever became of the task.
            answered = provider_error(ErrorClass.TRANSIENT_SERVER, error.detail, vendor_code=error.vendor_code)
            await evidence.failed(conn, generation, attempt, answered, stage=Stage.SUBMIT, ctx=ctx)
        await generations.log_step(
            conn, generation, worker=ctx.owner, step="start", outcome="unknown",
            facts={"n": attempt.n, "route": attempt.route},
        )  # fmt: skip
    log.warning("attempt.ambiguous", generation_id=str(generation.id), n=attempt.n, route=attempt.route)


async def _rejected(generation: Generation, attempt: Attempt, error: ProviderError, ctx: Context) -> None:
    """The vendor said no."""
    async with transaction(ctx.pool) as conn:
        await generations.hold(conn, generation, state=State.RENDERING)
        await attempts.move(conn, attempt, state=AttemptState.REJECTED, error=error, settled=True)
        await evidence.failed(conn, generation, attempt, error, stage=Stage.SUBMIT, ctx=ctx)
        await generations.log_step(
            conn, generation, worker=ctx.owner, step="start", outcome="rejected",
            facts={"n": attempt.n, "route": attempt.route, "error": error.error_class, "code": error.vendor_code},
        )  # fmt: skip
        await deliveries.nudge(conn, generation.id)
    log.info(
        "attempt.rejected",
        generation_id=str(generation.id), n=attempt.n, route=attempt.route,
        error=error.error_class, code=error.vendor_code,
    )  # fmt: skip
