"""Watches one attempt: asks the vendor once how the task stands, records it, and says when to ask again."""

from datetime import timedelta

import structlog

from core.db import attempts, deliveries, generations
from core.db.errors import connection, transaction
from core.db.generations import StaleError
from core.db.workers import now as database_now
from core.domain.errors import ErrorClass, ProviderError, provider_error
from core.domain.generation import Attempt, AttemptState
from core.domain.polling import failed_poll_s, next_poll_s
from core.domain.retry import Stage
from core.ports import Failed, Poll, Running, Succeeded
from worker import evidence
from worker.commits import PollCommits
from worker.context import Context

log = structlog.get_logger()


async def watch(attempt: Attempt, ctx: Context, commits: PollCommits) -> None:
    """One poll of one attempt whose lease we hold."""
    route = ctx.routes.get(attempt.route)
    if route is None or attempt.provider_task_id is None:
        await _ended(attempt, Failed(provider_error(ErrorClass.TASK_GONE, "its route is configured no longer")), ctx)
        return
    try:
        answer: Poll = await route.poll(attempt.provider_task_id)
    except ProviderError as error:
        if error.error_class is not ErrorClass.TASK_GONE:
            await _ask_again(attempt, error, ctx, commits)
            return
        answer = Failed(error)
    match answer:
        case Running(progress=progress):
            await _still_running(attempt, progress, ctx, commits)
        case Succeeded() | Failed():
            await _ended(attempt, answer, ctx)


async def _still_running(attempt: Attempt, progress: float | None, ctx: Context, commits: PollCommits) -> None:
    async with connection(ctx.pool) as conn:
        now = await database_now(conn)
        usual = await evidence.usual(conn, attempt.route, attempt.fitted, ctx)
    if attempt.watch_until is not None and now >= attempt.watch_until:
        await _ended(attempt, Failed(provider_error(ErrorClass.TIMEOUT, "no result as long as it was watched")), ctx)
        return
    elapsed_s = (now - (attempt.accepted_at or attempt.intended_at)).total_seconds()
    scale = ctx.time_scale
    pause_s = next_poll_s(elapsed_s=elapsed_s * scale, p5_s=usual.p5_s * scale, p95_s=usual.p95_s * scale) / scale
    await commits.still_running(attempt, wake_at=now + timedelta(seconds=pause_s), progress=progress)


async def _ask_again(attempt: Attempt, error: ProviderError, ctx: Context, commits: PollCommits) -> None:
    """The question failed, which says nothing about the task."""
    log.info(
        "poll.failed",
        generation_id=str(attempt.generation_id), n=attempt.n, route=attempt.route, error=error.error_class,
    )  # fmt: skip
    async with connection(ctx.pool) as conn:
        now = await database_now(conn)
    if attempt.watch_until is not None and now >= attempt.watch_until:
        await _ended(attempt, Failed(provider_error(ErrorClass.TIMEOUT, "could not be asked any more")), ctx)
        return
    pause_s = ctx.scaled(failed_poll_s(failures=2, retry_after_s=error.retry_after_s))
    await commits.still_running(attempt, wake_at=now + timedelta(seconds=pause_s), progress=None)


async def _ended(attempt: Attempt, answer: Succeeded | Failed, ctx: Context) -> None:
    """Record the end, with what it says about the route, and wake the generation."""
    try:
        async with transaction(ctx.pool) as conn:
            await attempts.lock_generation(conn, attempt)
            generation = await generations.load(conn, attempt.generation_id)
            if generation is None:
                raise StaleError
            match answer:
                case Succeeded(clip=clip, usd_micros=usd_micros):
                    offer = ctx.terms.offers[attempt.provider]
                    await attempts.finish_poll(
                        conn,
                        attempt,
                        state=AttemptState.SUCCEEDED,
                        result={
                            "url": clip.url,
                            "expires_at": clip.expires_at.isoformat() if clip.expires_at else None,
                        },
                        usd_micros=offer.usd_micros(attempt.fitted) if usd_micros is None else usd_micros,
                    )
                    await evidence.succeeded(conn, generation, attempt, ctx=ctx)
                case Failed(error):
                    await attempts.finish_poll(conn, attempt, state=AttemptState.FAILED, error=error)
                    if attempt.state is not AttemptState.LATE:
                        await evidence.failed(conn, generation, attempt, error, stage=Stage.RUN, ctx=ctx)
            await generations.wake(conn, attempt.generation_id)
            await deliveries.nudge(conn, attempt.generation_id)
    except StaleError:
        log.info("poll.stale", generation_id=str(attempt.generation_id), n=attempt.n)
        return
    outcome = "succeeded" if isinstance(answer, Succeeded) else answer.error.error_class
    log.info(
        "attempt.ended",
        generation_id=str(attempt.generation_id), n=attempt.n, route=attempt.route, outcome=str(outcome),
    )  # fmt: skip
    ctx.nudge(attempt.generation_id)
