"""Ends a generation without a video: failed, cancelled, poison. Also closes a generation whose result has been posted.

What belongs together commits together: the outcome, the settlement and the message to send.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from core import metrics, tracing
from core.db.credits import ledger
from core.db.errors import connection, statement, transaction
from core.db.generations import attempts, deliveries, transitions
from core.db.generations.transitions import Ending, StepLogEntry
from core.db.pool import Connection
from core.domain.chat.delivery import Kind
from core.domain.errors import ErrorClass, ProviderError, provider_error
from core.domain.generations.generation import (
    Attempt,
    AttemptState,
    Clip,
    Generation,
    Outcome,
    State,
)
from core.domain.generations.state_reason import NO_REASON, Approval, StateReason
from core.ports import Cancelled
from worker import attempt_outcomes
from worker.context import Context
from worker.leases import Lease

log = structlog.get_logger()

OPEN = frozenset({AttemptState.ACCEPTED, AttemptState.LATE})
"""The vendor may be at work on it."""


class LedgerRefused(Exception):
    """The ledger refused what must always be possible. An invariant is broken, and an operator has to look."""


async def settle(conn: Connection, generation: Generation, *, actual: int, note: str) -> None:
    """Keep what was delivered, give back the rest. Repeating it moves nothing."""
    answer = await ledger.settle(conn, key=generation.id, actual=actual, note=note)
    if not answer.status.moved:
        raise LedgerRefused(f"settle answered {answer.status} for {generation.id}")


async def end_without_clip(
    conn: Connection,
    generation: Generation,
    *,
    outcome: Outcome,
    error_class: ErrorClass | None,
    reason: StateReason,
    ctx: Context,
) -> None:
    """All credits come back, and the person is told; in the caller's transaction."""
    entry = StepLogEntry(
        worker=ctx.owner, step="end", outcome=outcome, facts={"error": error_class, **reason.as_json()}
    )
    await end(conn, generation, outcome=outcome, settled=0, error_class=error_class, reason=reason, entry=entry)
    if generation.consumed:
        await settle(conn, generation, actual=0, note=outcome)


async def end(
    conn: Connection,
    generation: Generation,
    *,
    outcome: Outcome,
    settled: int,
    entry: StepLogEntry,
    error_class: ErrorClass | None = None,
    reason: StateReason = NO_REASON,
) -> None:
    """End the generation, and ask for its result message. The caller settles the credits in the same transaction."""
    ending = ending_of(generation, outcome=outcome, settled=settled, error_class=error_class, reason=reason)
    await transitions.commit(
        conn, generation, state=State.DELIVERING, wake_at=None, change=ending, entry=entry, news=True
    )


def ending_of(
    generation: Generation,
    *,
    outcome: Outcome,
    settled: int,
    clip: Clip | None = None,
    error_class: ErrorClass | None = None,
    reason: StateReason = NO_REASON,
) -> Ending:
    """How it ends, with the key of its result message."""
    return Ending(
        outcome=outcome,
        settled=settled,
        result_key=deliveries.key_of(generation.id, Kind.RESULT),
        clip=clip,
        error_class=error_class,
        reason=reason,
    )


async def fail(generation: Generation, *, error_class: ErrorClass | None, reason: StateReason, ctx: Context) -> None:
    """End the generation without a video: refund everything, and say so."""
    async with transaction(ctx.pool) as conn:
        await end_without_clip(
            conn, generation, outcome=Outcome.FAILED, error_class=error_class, reason=reason, ctx=ctx
        )
    _counted(generation, Outcome.FAILED)
    log.info("generation.failed", generation_id=str(generation.id), error=error_class, **reason.as_json())


def _counted(generation: Generation, outcome: Outcome) -> None:
    metrics.GENERATIONS.labels(generation.request.tier, "none", outcome).inc()
    metrics.CREDITS.labels("given back").inc(generation.consumed)


async def poison(generation: Generation, ctx: Context) -> None:
    """End a generation that was claimed again and again without an outcome, which is a bug of ours.

    Everything is refunded.
    """
    await fail(generation, error_class=None, reason=StateReason(why="it could not be worked on"), ctx=ctx)
    log.error("generation.poison", generation_id=str(generation.id), claims=generation.claims)


async def cancel(generation: Generation, tried: Sequence[Attempt], ctx: Context) -> Lease:
    """Cancel the generation: stop the attempts that their vendors can stop."""
    refused_by = await _stop_tasks(tried, ctx)
    if refused_by is not None:
        async with transaction(ctx.pool) as conn:
            await transitions.cancel_refused(conn, generation, by=refused_by.provider)
            facts = {"n": refused_by.n, "route": refused_by.route}
            entry = StepLogEntry(worker=ctx.owner, step="cancel", outcome="refused", facts=facts)
            await transitions.checkpoint(conn, generation, state=State.RENDERING, entry=entry, news=True)
        return Lease.KEPT
    async with transaction(ctx.pool) as conn:
        await transitions.checkpoint(conn, generation, state=generation.state)
        # Read again: polls end attempts under the lock that we have just taken.
        known = await attempts.of(conn, generation.id)
        if any(attempt.state is AttemptState.SUCCEEDED and attempt.result is not None for attempt in known):
            return Lease.KEPT  # the video was ready first, so it is delivered
        for attempt in known:
            if attempt.state is AttemptState.ACCEPTED:
                await attempts.move(conn, attempt, state=AttemptState.ABANDONED, settled=True)
                error = provider_error(ErrorClass.CANCELLED)
                await attempt_outcomes.failed(conn, generation, attempt, error, ctx=ctx)
        reason = StateReason(approval=generation.reason.approval)
        await end_without_clip(conn, generation, outcome=Outcome.CANCELLED, error_class=None, reason=reason, ctx=ctx)
    _counted(generation, Outcome.CANCELLED)
    log.info("generation.cancelled", generation_id=str(generation.id))
    return Lease.RELEASED


async def lapse(generation: Generation, ctx: Context) -> None:
    """No admin has let it go in time. Nothing was taken."""
    async with transaction(ctx.pool) as conn:
        reason = StateReason(approval=Approval.LAPSED)
        await end_without_clip(conn, generation, outcome=Outcome.CANCELLED, error_class=None, reason=reason, ctx=ctx)
    _counted(generation, Outcome.CANCELLED)
    log.info("generation.lapsed", generation_id=str(generation.id))


async def _stop_tasks(tried: Sequence[Attempt], ctx: Context) -> Attempt | None:
    """Ask every vendor at work to stop; returns the first attempt in time that goes on all the same."""
    refused_by: Attempt | None = None
    for attempt in tried:
        if attempt.state not in OPEN:
            continue
        answer = await stop_task(attempt, ctx)
        if answer is not Cancelled.YES and attempt.state is AttemptState.ACCEPTED and refused_by is None:
            refused_by = attempt
    return refused_by


async def stop_task(attempt: Attempt, ctx: Context) -> Cancelled:
    """Ask the vendor to stop one task."""
    route = ctx.routes.get(attempt.route)
    if route is None or attempt.provider_task_id is None:
        return Cancelled.UNSUPPORTED
    try:
        return await route.cancel(attempt.provider_task_id)
    except ProviderError as error:
        log.info(
            "cancel.failed",
            generation_id=str(attempt.generation_id), route=attempt.route, error=error.error_class,
        )  # fmt: skip
        return Cancelled.TOO_LATE


async def close(generation: Generation, *, now: datetime, ctx: Context) -> None:
    """The generation is done when its result has been said. What was paid and could not be delivered comes back."""
    async with connection(ctx.pool) as conn:
        said = await deliveries.all_said(conn, generation.id)
    match said.get(Kind.RESULT):
        case "done":
            entry = StepLogEntry(worker=ctx.owner, step="close", outcome="delivered")
            async with statement(ctx.pool) as conn:
                await transitions.commit(conn, generation, state=State.DONE, wake_at=None, entry=entry, news=True)
        case "gone":
            entry = StepLogEntry(worker=ctx.owner, step="close", outcome="undeliverable")
            async with transaction(ctx.pool) as conn:
                await transitions.commit(conn, generation, state=State.DONE, wake_at=None, entry=entry, news=True)
                if generation.settled:
                    await ledger.refund(
                        conn, key=generation.id, n=1, amount=generation.settled, note="could not be delivered"
                    )
        case _:
            wake_at = now + timedelta(seconds=60)
            async with statement(ctx.pool) as conn:
                await transitions.commit(conn, generation, state=State.DELIVERING, wake_at=wake_at)
            return
    took_s = (now - generation.created_at).total_seconds()
    metrics.GENERATION_S.labels(generation.request.tier, generation.outcome or "none").observe(took_s)
    tier, outcome = generation.request.tier, generation.outcome or "none"
    facts: dict[str, tracing.Said] = {"tier": tier, "outcome": outcome, "platform": generation.platform}
    tracing.whole(generation.id, began=generation.created_at, said=facts)
    log.info("generation.done", generation_id=str(generation.id), outcome=generation.outcome)
