"""Makes one attempt at one route: writes the intent down, submits, and records what the vendor answered.

The intent is committed before the request leaves, so that a crash in between is found and looked into, never repeated
blindly.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import structlog

from core.db.errors import transaction
from core.db.generations import attempts, transitions
from core.db.generations.claims import LEASE_S, StaleError
from core.db.generations.transitions import Change, StepLogEntry
from core.db.pool import Connection
from core.domain.errors import ErrorClass, OutcomeUnknown, ProviderError, provider_error
from core.domain.generations.generation import Attempt, AttemptState, Generation, State
from core.domain.generations.retry import Stage
from core.domain.generations.state_reason import NO_REASON
from core.domain.health.events import AttemptKind
from core.domain.ids import external_id
from core.domain.requests.pricing import fit
from core.domain.routing.decisions import RoutedGeneration, Try
from core.domain.routing.passed_over import passed_over
from core.ports import RouteFacts, VideoJob, VideoRoute
from core.providers.rejections import explained
from worker import attempt_outcomes, routing_inputs
from worker.context import Context
from worker.jobs import job_for
from worker.leases import Lease
from worker.pictures import Frames
from worker.steps.accept import accepted, accepted_after_all
from worker.steps.recording import recorded

log = structlog.get_logger()

CALLBACK_REFUSED_S = 4.0
"""A refusal within this time may be about the callback's address: vendors give it 3 s to answer."""
SEND_S = 26.0
"""A submit takes at most this long: its own timeout of 20 s, a first request that was refused, and a little more."""
SPARE_S = 2.0
"""By so much the lease has to outlive a submit."""


class _Refused(Exception):
    """The route takes no attempt of this generation now. The transaction rolls back."""


async def intend(
    generation: Generation, job: RoutedGeneration, chosen: Try, *, n: int, ctx: Context, hedges_sick: bool = False
) -> Attempt | None:
    """Take the route's slot and write the attempt down; None when the route has just filled up or changed.

    Admissions of a route come one after another, under its lock: few of this process wait for it in Postgres at a time,
    so that they do not keep all connections from polls and messages.
    """
    try:
        async with ctx.admitting[chosen.candidate.route], transaction(ctx.pool) as conn:
            return await _intended(conn, generation, job, chosen, n=n, ctx=ctx, hedges_sick=hedges_sick)
    except _Refused:
        return None


async def _intended(
    conn: Connection,
    generation: Generation,
    job: RoutedGeneration,
    chosen: Try,
    *,
    n: int,
    ctx: Context,
    hedges_sick: bool,
) -> Attempt:
    candidate, plan = chosen.candidate, chosen.plan
    route = ctx.routes[candidate.route].facts
    fitted = fit(generation.request, ctx.terms.offers[candidate.provider].capabilities)
    facts = {"n": n, "route": candidate.route, "why": candidate.reason}
    await transitions.checkpoint(
        conn,
        generation,
        state=State.RENDERING,
        change=Change(reason=NO_REASON, plan=plan.record(), window_s=ctx.terms.window_s),
        entry=StepLogEntry(worker=ctx.owner, step="start", outcome="intended", facts=facts),
        news=True,
    )
    admission = await routing_inputs.admit(
        conn, generation, candidate, n=n, fitted=fitted, ctx=ctx, hedges_sick=hedges_sick
    )
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
        passed=passed_over(job, plan, candidate),
    )


async def submit(
    generation: Generation,
    attempt: Attempt,
    frames: Frames,
    ctx: Context,
    *,
    since: float,
    tried: Sequence[Attempt] | None = None,
) -> Lease:
    """Send it, and record the answer.

    Args:
        frames: its pictures, read before it was intended: a storage that is away leaves no attempt in doubt.
        since: before the attempt was intended, by this process's clock.
        tried: all other attempts of the generation; see `accepted`.

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
        try:
            record = partial(accepted, generation, attempt, task_id=task_id, ctx=ctx, step="start", tried=tried)
            return await recorded(record)
        except StaleError:
            await recorded(partial(accepted_after_all, attempt, task_id=task_id, ctx=ctx))
            raise
    return Lease.KEPT


def _callback_url(attempt: Attempt, facts: RouteFacts, ctx: Context) -> str | None:
    if ctx.addresses is None or not facts.has_callbacks:
        return None
    return ctx.addresses.callback(route=attempt.route, generation_id=attempt.generation_id, n=attempt.n)


async def _send(job: VideoJob, route: VideoRoute) -> str:
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


async def _unknown(generation: Generation, attempt: Attempt, error: OutcomeUnknown, ctx: Context) -> None:
    """The request may have arrived. The attempt is looked for before anything else is tried."""
    async with transaction(ctx.pool) as conn:
        facts = {"n": attempt.n, "route": attempt.route}
        entry = StepLogEntry(worker=ctx.owner, step="start", outcome="unknown", facts=facts)
        await transitions.checkpoint(conn, generation, state=State.RENDERING, entry=entry)
        await attempts.move(conn, attempt, state=AttemptState.AMBIGUOUS, error=error)
        await attempts.look_again(conn, attempt, in_s=0)
        if error.vendor_code:
            # The vendor did answer, with an error of its own: its health hears of it, whatever became of the task.
            answered = provider_error(ErrorClass.TRANSIENT_SERVER, error.detail, vendor_code=error.vendor_code)
            await attempt_outcomes.failed(conn, generation, attempt, answered, stage=Stage.SUBMIT, ctx=ctx)
    log.warning("attempt.ambiguous", generation_id=str(generation.id), n=attempt.n, route=attempt.route)


async def _rejected(generation: Generation, attempt: Attempt, error: ProviderError, ctx: Context) -> None:
    """Record that the vendor refused the attempt."""
    explained(error)
    async with transaction(ctx.pool) as conn:
        facts = {"n": attempt.n, "route": attempt.route, "error": error.error_class, "code": error.vendor_code}
        entry = StepLogEntry(worker=ctx.owner, step="start", outcome="rejected", facts=facts)
        await transitions.checkpoint(conn, generation, state=State.RENDERING, entry=entry, news=True)
        await attempts.move(conn, attempt, state=AttemptState.REJECTED, error=error, settled=True)
        await attempt_outcomes.failed(conn, generation, attempt, error, stage=Stage.SUBMIT, ctx=ctx)
    log.info(
        "attempt.rejected",
        generation_id=str(generation.id), n=attempt.n, route=attempt.route,
        error=error.error_class, code=error.vendor_code,
    )  # fmt: skip
