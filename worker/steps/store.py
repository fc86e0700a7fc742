"""Fetches the winner's video into our storage, proves that it is one, and settles.

The object's key is made from the generation and the attempt: a second run overwrites the same bytes with themselves.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from core.clips import NotAVideo, Probe, probe
from core.db import attempts, deliveries, generations
from core.db.deliveries import Kind
from core.db.errors import transaction
from core.domain.errors import ErrorClass, ProviderError, WontWork
from core.domain.generation import Attempt, AttemptState, Clip, Generation, Outcome, State
from core.ports import RemoteClip, Stored, Succeeded
from worker import evidence
from worker.context import Context
from worker.steps.finish import settle

log = structlog.get_logger()

RENEW_EVERY_S = 10.0
TRY_FOR_S = 300.0
"""How long after the video was ready the download is tried; then the next route makes it."""
AGAIN_S = 3.0
LENGTH_TOLERANCE = 0.5
"""A clip may be shorter or longer than asked by this share; more is not what was ordered."""


class Unusable(WontWork):
    """What came is not the video that was ordered. Fetching it again would not help."""


async def store(generation: Generation, attempt: Attempt, *, now: datetime, ctx: Context) -> bool:
    """One try at getting the video. True: the lease is given back."""
    path = ctx.workdir / f"store-{generation.id}-{attempt.n}.mp4"
    try:
        async with _lease_kept(generation, ctx):
            await _download(attempt, to=path, ctx=ctx)
            seen = await _proven(path, attempt)
            key = f"clips/{generation.id}/{attempt.n}.mp4"
            stored = await ctx.storage.put(key, path, content_type="video/mp4")
    except ProviderError as error:
        return await _not_had(generation, attempt, error, now=now, ctx=ctx)
    finally:
        path.unlink(missing_ok=True)
    await _settled(generation, attempt, stored, seen, ctx)
    return True


async def _download(attempt: Attempt, *, to: Path, ctx: Context) -> None:
    route = ctx.routes[attempt.route]
    task_id = attempt.provider_task_id or ""
    try:
        await route.download(task_id, _remote(attempt.result or {}), to=to)
    except ProviderError as error:
        if error.error_class is not ErrorClass.TASK_GONE:
            raise
        # The address has expired: the vendor gives a fresh one with the task.
        answer = await route.poll(task_id)
        if not isinstance(answer, Succeeded):
            raise
        await route.download(task_id, answer.clip, to=to)


def _remote(result: Mapping[str, str | None]) -> RemoteClip:
    expires = result.get("expires_at")
    return RemoteClip(url=result.get("url"), expires_at=datetime.fromisoformat(expires) if expires else None)


async def _proven(path: Path, attempt: Attempt) -> Probe:
    """What the file is.

    Raises:
        Unusable: it is no video, or not the one that was ordered.
    """
    try:
        seen = await probe(path)
    except NotAVideo as error:
        raise Unusable(ErrorClass.TRANSIENT_SERVER, f"its file is no video: {error}") from error
    asked_s = attempt.fitted.duration_s
    if abs(seen.duration_s - asked_s) > LENGTH_TOLERANCE * asked_s:
        raise Unusable(ErrorClass.TRANSIENT_SERVER, f"asked for {asked_s} s, got {seen.duration_s:.1f} s")
    return seen


async def _settled(generation: Generation, attempt: Attempt, stored: Stored, seen: Probe, ctx: Context) -> None:
    """Charge what was delivered and queue the last word, all in one transaction."""
    price = min(generation.prices[attempt.provider], generation.consumed)
    clip = Clip(
        key=stored.key,
        sha256=stored.sha256,
        size=stored.size,
        width=seen.width,
        height=seen.height,
        duration_s=seen.duration_s,
    )
    async with transaction(ctx.pool) as conn:
        await generations.hold(conn, generation, state=State.STORING)
        await settle(conn, generation, actual=price, note=f"made by {attempt.provider}")
        await generations.conclude(conn, generation, outcome=Outcome.SUCCEEDED, settled=price, clip=clip)
        await deliveries.want(conn, generation.id, Kind.RESULT)
        await generations.log_step(
            conn, generation, worker=ctx.owner, step="store", outcome="ok",
            facts={"n": attempt.n, "route": attempt.route, "bytes": stored.size, "charged": price},
        )  # fmt: skip
        await generations.commit(conn, generation, state=State.DELIVERING, wake_at=None)
        await deliveries.nudge(conn, generation.id)
    log.info("generation.stored", generation_id=str(generation.id), route=attempt.route, bytes=stored.size)


async def _not_had(
    generation: Generation, attempt: Attempt, error: ProviderError, *, now: datetime, ctx: Context
) -> bool:
    """Try again in a moment, or give the attempt up and let the next route make it. True: the lease is given back."""
    ready_at = attempt.ended_at or now
    is_final = isinstance(error, Unusable) or error.error_class is ErrorClass.TASK_GONE
    if not is_final and now < ready_at + timedelta(seconds=ctx.scaled(TRY_FOR_S)):
        async with transaction(ctx.pool) as conn:
            wake_at = now + timedelta(seconds=max(ctx.scaled(AGAIN_S), error.retry_after_s or 0.0))
            await generations.commit(conn, generation, state=State.STORING, wake_at=wake_at)
        return True
    async with transaction(ctx.pool) as conn:
        await generations.disown(conn, generation)
        await generations.hold(conn, generation, state=State.RENDERING)
        await attempts.move(conn, attempt, state=AttemptState.FAILED, error=error, settled=True)
        await evidence.failed(conn, generation, attempt, error, ctx=ctx)
        await generations.log_step(
            conn, generation, worker=ctx.owner, step="store", outcome="no video",
            facts={"n": attempt.n, "route": attempt.route, "error": error.error_class},
        )  # fmt: skip
    log.warning("clip.unusable", generation_id=str(generation.id), route=attempt.route, error=error.error_class)
    return False


@asynccontextmanager
async def _lease_kept(generation: Generation, ctx: Context) -> AsyncIterator[None]:
    """Renew the lease while the body runs; a body whose lease was lost is cancelled by the group."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            async with transaction(ctx.pool) as conn:
                await generations.renew(conn, generation)

    renewer = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewer.cancel()
        await asyncio.gather(renewer, return_exceptions=True)
