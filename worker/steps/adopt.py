"""Makes one attempt's video the generation's, and ends what else was made for it: stopped, watched, or offered free."""

from dataclasses import replace

from core.db.errors import statement, transaction
from core.db.generations import attempts, deliveries, late_attempts, transitions
from core.db.generations.transitions import Change, StepLogEntry
from core.db.pool import Connection
from core.domain.errors import ErrorClass, provider_error
from core.domain.generations.generation import Attempt, AttemptState, Generation, State
from worker import attempt_outcomes
from worker.context import Context
from worker.steps.finish import OPEN, stop_task
from worker.steps.lookup import find

_UNCLEAR = frozenset({AttemptState.INTENDED, AttemptState.AMBIGUOUS})


async def adopt(generation: Generation, winner: Attempt, ctx: Context, *, is_alone: bool) -> Generation:
    """Use this attempt's video. The other attempts are stopped where the vendor can, and watched to their ends.

    A kill before they are stopped is no loss: whoever watches a late attempt that nobody needs stops it, too.

    Args:
        is_alone: there was no other attempt when the generation was claimed; nobody else begins one while it is ours.

    Returns the generation as it is then.
    """
    facts = {"n": winner.n, "route": winner.route}
    entry = StepLogEntry(worker=ctx.owner, step="adopt", outcome="ok", facts=facts)
    adopted = replace(generation, state=State.STORING, winner_attempt=winner.n, claims=0)
    if is_alone:
        async with statement(ctx.pool) as conn:
            await transitions.checkpoint(
                conn, generation, state=State.STORING, change=Change(winner=winner.n), entry=entry
            )
        return adopted
    async with transaction(ctx.pool) as conn:
        await transitions.checkpoint(conn, generation, state=State.STORING, change=Change(winner=winner.n), entry=entry)
        # Read again: polls end attempts under the lock that we have just taken.
        others = [attempt for attempt in await attempts.of(conn, generation.id) if attempt.n != winner.n]
        for other in others:
            await _leave(conn, generation, other, ctx)
    for other in others:
        if other.state in _UNCLEAR:
            await _recover(generation, other, ctx)
        elif other.state in OPEN:
            await stop_task(other, ctx)
    return adopted


async def _leave(conn: Connection, generation: Generation, other: Attempt, ctx: Context) -> None:
    match other.state:
        case AttemptState.ACCEPTED:
            await late_attempts.overtake(conn, other)
        case AttemptState.INTENDED | AttemptState.AMBIGUOUS:
            # If the task is not found at once, its possible cost stays on the operator's list.
            unknown = provider_error(ErrorClass.OUTCOME_UNKNOWN, "no answer, and no need of it any more")
            await attempts.move(conn, other, state=AttemptState.ABANDONED, error=unknown, settled=False)
            await attempt_outcomes.failed(conn, generation, other, unknown, ctx=ctx)
        case AttemptState.SUCCEEDED if other.result is not None:
            await deliveries.want_extra(conn, generation.id, attempt=other.n)
        case _:
            pass


async def _recover(generation: Generation, other: Attempt, ctx: Context) -> None:
    """Look once for the task of a submit without an answer, and stop it: nobody needs it any more."""
    task_id = await find(generation, other, ctx)
    if task_id is None:
        return
    late_s = ctx.scaled(ctx.routes[other.route].facts.late_s)
    async with transaction(ctx.pool) as conn:
        await late_attempts.found_late(conn, other, task_id=task_id, watch_s=late_s)
    await stop_task(replace(other, provider_task_id=task_id), ctx)
