"""Watches one attempt: asks the vendor once how the task stands, records it, and says when to ask again."""

from datetime import datetime, timedelta

import structlog

from core import metrics
from core.db.errors import connection, statement, transaction
from core.db.generations import attempts, claims, deliveries
from core.db.generations.claims import StaleError
from core.db.health.counted_outcomes import free_slot
from core.db.workers import now as database_now
from core.domain.errors import ErrorClass, ProviderError, provider_error
from core.domain.generations.generation import Attempt, AttemptState
from core.domain.generations.late_videos import LateVideoUse, is_to_be_stopped, late_video_use
from core.domain.generations.polling import MISSING_EVERY_S, failed_poll_s, is_lost, next_poll_s, spread_s, together_s
from core.domain.generations.retry import Stage
from core.domain.health.route_health import AttemptRef
from core.domain.requests.pricing import MICROS
from core.ports import Poll, TaskFailed, TaskRunning, TaskSucceeded
from core.providers.rejections import explained
from worker import attempt_outcomes, routing_inputs
from worker.context import Context
from worker.poll_batcher import PollBatcher
from worker.polls import PollsMany
from worker.steps.finish import stop_task

log = structlog.get_logger()


async def watch(attempt: Attempt, ctx: Context, poll_batcher: PollBatcher, *, load: float = 0.0) -> None:
    """One poll of one attempt whose lease we hold.

    Args:
        load: of this process; the next poll comes later the higher it is.
    """
    route = ctx.routes.get(attempt.route)
    if route is None or attempt.provider_task_id is None:
        await _ended(
            attempt, TaskFailed(provider_error(ErrorClass.TASK_GONE, "its route is configured no longer")), ctx
        )
        return
    if attempt.failures and await _is_over(attempt, ctx):
        # The last status request failed or crashed: it is not repeated for ever.
        await _ended(attempt, TaskFailed(provider_error(ErrorClass.TIMEOUT, "could not be asked any more")), ctx)
        return
    try:
        answer: Poll = await ctx.polls.ask(route, attempt.provider_task_id)
    except ProviderError as error:
        if error.error_class is not ErrorClass.TASK_GONE:
            await _ask_again(attempt, error, ctx)
            return
        if not await _is_lost(attempt, ctx):
            return
        answer = TaskFailed(error)
    match answer:
        case TaskRunning(progress=progress):
            await _stop_if_unwanted(attempt, ctx)
            await _still_running(attempt, progress, ctx, poll_batcher, load=load)
        case TaskSucceeded() | TaskFailed():
            await _ended(attempt, answer, ctx)


async def _is_lost(attempt: Attempt, ctx: Context) -> bool:
    """Whether a task that the vendor does not know is given up; if not, it is asked for again in a while.

    Nothing of it counts against the route before that.
    """
    now = await _now(ctx)
    since_s = ctx.time_scale.real_s((now - (attempt.missing_since or now)).total_seconds())
    watched = attempt.watch_until is None or now < attempt.watch_until
    if watched and not is_lost(polls=attempt.missing_polls + 1, for_s=since_s):
        async with statement(ctx.pool) as conn:
            await attempts.missing(conn, attempt, in_s=ctx.scaled(MISSING_EVERY_S))
        log.info("poll.missing", generation_id=str(attempt.generation_id), n=attempt.n, route=attempt.route)
        return False
    return True


async def _stop_if_unwanted(attempt: Attempt, ctx: Context) -> None:
    """Stop a late attempt whose generation has its video or was cancelled: the vendor would bill it for nothing.

    The stop was sent when the attempt became late. It is sent again here, in case the worker died before it did so.
    """
    if attempt.state is not AttemptState.LATE or not ctx.routes[attempt.route].facts.can_cancel:
        return
    async with connection(ctx.pool) as conn:
        generation = await claims.load(conn, attempt.generation_id)
    if generation is not None and is_to_be_stopped(generation):
        await stop_task(attempt, ctx)


async def _still_running(
    attempt: Attempt, progress: float | None, ctx: Context, poll_batcher: PollBatcher, *, load: float
) -> None:
    now = attempt.claimed_at or await _now(ctx)
    usual = await routing_inputs.usual_lately(attempt.route, attempt.fitted, ctx)
    if attempt.watch_until is not None and now >= attempt.watch_until:
        await _ended(
            attempt, TaskFailed(provider_error(ErrorClass.TIMEOUT, "no result as long as it was watched")), ctx
        )
        return
    elapsed_s = (now - (attempt.accepted_at or attempt.intended_at)).total_seconds()
    real_s = ctx.time_scale.real_s
    pause_s = next_poll_s(elapsed_s=real_s(elapsed_s), p5_s=real_s(usual.p5_s), p95_s=real_s(usual.p95_s), load=load)
    if isinstance(ctx.routes[attempt.route], PollsMany):
        pause_s = together_s(real_s(now.timestamp()), pause_s)
    elif elapsed_s >= usual.p5_s:
        pause_s = spread_s(pause_s, seed=attempt.external_id.int + attempt.polls * 389)
    await poll_batcher.still_running(attempt, wake_at=now + timedelta(seconds=ctx.scaled(pause_s)), progress=progress)


async def _now(ctx: Context) -> datetime:
    async with connection(ctx.pool) as conn:
        return await database_now(conn)


async def _is_over(attempt: Attempt, ctx: Context) -> bool:
    """Whether the time for which the attempt is watched is over."""
    now = attempt.claimed_at or await _now(ctx)
    return attempt.watch_until is not None and now >= attempt.watch_until


async def _ask_again(attempt: Attempt, error: ProviderError, ctx: Context) -> None:
    """The question failed, which says nothing about the task."""
    log.info(
        "poll.failed",
        generation_id=str(attempt.generation_id), n=attempt.n, route=attempt.route, error=error.error_class,
    )  # fmt: skip
    if await _is_over(attempt, ctx):
        await _ended(attempt, TaskFailed(provider_error(ErrorClass.TIMEOUT, "could not be asked any more")), ctx)
        return
    pause_s = ctx.scaled(failed_poll_s(failures=attempt.failures + 1, retry_after_s=error.retry_after_s))
    async with statement(ctx.pool) as conn:
        await attempts.asked_in_vain(conn, attempt, in_s=pause_s)


async def _ended(attempt: Attempt, answer: TaskSucceeded | TaskFailed, ctx: Context) -> None:
    """Record the end, with what it says about the route, and wake the generation."""
    if isinstance(answer, TaskFailed):
        explained(answer.error)
    try:
        async with transaction(ctx.pool) as conn:
            match answer:
                case TaskSucceeded(clip=clip, usd_micros=usd_micros):
                    offer = ctx.terms.offers[attempt.provider]
                    billed = offer.usd_micros(attempt.fitted) if usd_micros is None else usd_micros
                    generation, at = await attempts.end(
                        conn,
                        attempt,
                        state=AttemptState.SUCCEEDED,
                        result=clip,
                        usd_micros=billed,
                    )
                    await attempt_outcomes.succeeded(conn, generation, attempt, at=at, ctx=ctx)
                    metrics.SPENT.labels(attempt.route).inc(billed / MICROS)
                    if late_video_use(generation, attempt.n) is LateVideoUse.EXTRA:
                        await deliveries.want_extra(conn, generation.id, attempt=attempt.n)
                case TaskFailed(error):
                    generation, _ = await attempts.end(conn, attempt, state=AttemptState.FAILED, error=error)
                    if attempt.state is AttemptState.LATE and error.error_class is not ErrorClass.CANCELLED:
                        # It has been judged at its deadline, or been overtaken: only its slot is free now.
                        await free_slot(conn, AttemptRef(generation.id, attempt.n))
                    else:
                        await attempt_outcomes.failed(conn, generation, attempt, error, stage=Stage.RUN, ctx=ctx)
    except StaleError:
        log.info("poll.stale", generation_id=str(attempt.generation_id), n=attempt.n)
        return
    outcome = "succeeded" if isinstance(answer, TaskSucceeded) else answer.error.error_class
    log.info(
        "attempt.ended",
        generation_id=str(attempt.generation_id), n=attempt.n, route=attempt.route, outcome=str(outcome),
    )  # fmt: skip
    ctx.nudge(attempt.generation_id)
