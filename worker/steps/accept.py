"""Records that a vendor has accepted an attempt, even when another worker holds the generation by then."""

from collections.abc import Sequence

import structlog

from core import metrics
from core.db.errors import statement, transaction
from core.db.generations import attempts, late_attempts
from core.db.generations.transitions import StepLogEntry
from core.domain.generations.generation import Attempt, Generation
from core.domain.generations.polling import POLL_LEAST_S, first_poll_s
from core.domain.generations.steps import rest_after
from core.domain.routing.hedging import long_at
from core.domain.routing.latency import timeout_s
from worker import routing_inputs
from worker.context import Context
from worker.leases import Lease
from worker.polls import PollsMany

log = structlog.get_logger()


async def accepted(
    generation: Generation,
    attempt: Attempt,
    *,
    task_id: str,
    ctx: Context,
    step: str,
    tried: Sequence[Attempt] | None = None,
) -> Lease:
    """Record that the vendor has accepted the attempt, which is polled from now on.

    Args:
        tried: all other attempts of the generation, none of which can have changed meanwhile but by a signal: where
            nothing is to be done for now, the lease is given back with the record. None: it stays ours.
    """
    adapter = ctx.routes[attempt.route]
    route = adapter.facts
    async with statement(ctx.pool) as conn:
        usual = await routing_inputs.usual(conn, attempt.route, attempt.fitted, ctx)
        limit_s = timeout_s(usual, ctx.latency, ceiling_s=routing_inputs.ceiling_s(attempt.route, attempt.fitted, ctx))
        facts = {"n": attempt.n, "route": attempt.route, "task": task_id, "timeout_s": round(limit_s, 1)}
        rest = None
        if tried is not None:
            rest = rest_after(
                generation,
                tried,
                attempt,
                window_s=ctx.terms.window_s,
                limit_s=limit_s,
                long_at=long_at(accepted_at=attempt.intended_at, p95_s=usual.p95_s),
            )
        await attempts.accept(
            conn,
            generation,
            attempt,
            task_id=task_id,
            first_poll_s=ctx.scaled(first_poll_s(p5_s=ctx.time_scale.real_s(usual.p5_s), seed=attempt.external_id.int)),
            timeout_s=limit_s,
            late_s=ctx.scaled(route.late_s),
            together_s=ctx.scaled(POLL_LEAST_S) if isinstance(adapter, PollsMany) else None,
            rest_s=rest.total_seconds() if rest is not None else None,
            entry=StepLogEntry(worker=ctx.owner, step=step, outcome="accepted", facts=facts),
        )
    if attempt.n == 1:
        metrics.TO_VENDOR_S.labels(generation.request.tier).observe(metrics.since_s(generation.created_at))
    log.info("attempt.accepted", generation_id=str(generation.id), n=attempt.n, route=attempt.route)
    return Lease.KEPT if rest is None else Lease.RELEASED


async def accepted_after_all(attempt: Attempt, *, task_id: str, ctx: Context) -> None:
    """Record that the vendor has accepted the attempt although another worker holds the generation by now.

    Without this record a task that is paid for would be lost.
    """
    async with transaction(ctx.pool) as conn:
        usual = await routing_inputs.usual(conn, attempt.route, attempt.fitted, ctx)
        limit_s = timeout_s(usual, ctx.latency, ceiling_s=routing_inputs.ceiling_s(attempt.route, attempt.fitted, ctx))
        late_s = ctx.scaled(ctx.routes[attempt.route].facts.late_s)
        is_watched = await late_attempts.answered(conn, attempt, task_id=task_id, timeout_s=limit_s, late_s=late_s)
    log.warning(
        "attempt.accepted_late",
        generation_id=str(attempt.generation_id), n=attempt.n, route=attempt.route, watched=is_watched,
    )  # fmt: skip
    ctx.nudge(attempt.generation_id)
