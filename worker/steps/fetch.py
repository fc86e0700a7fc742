"""Fetches an attempt's video into our storage, and proves that it is the one that was ordered.

The object's key is made from the generation and the attempt: a second run overwrites the same bytes with themselves.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from core import posters
from core.clips import ClipFacts, NotAVideo, probe
from core.domain.errors import ErrorClass, ProviderError, WontWork
from core.domain.generations.generation import Attempt, Clip
from core.ports import RemoteClip, TaskSucceeded
from worker.context import Context

LENGTH_TOLERANCE = 0.5
"""A clip may be shorter or longer than asked by this share; more is not what was ordered."""


class Unusable(WontWork):
    """What came is not the video that was ordered. Fetching it again would not help."""


async def fetch(attempt: Attempt, ctx: Context) -> Clip:
    """Download, prove and store the video of an attempt that has succeeded.

    Raises:
        Unusable: it is no video, or not the one that was ordered.
        ProviderError: it could not be had this time.
    """
    path = ctx.workdir / f"store-{attempt.generation_id}-{attempt.n}.mp4"
    still = path.with_suffix(".jpg")
    try:
        await _download(attempt, to=path, ctx=ctx)
        seen = await _proven(path, attempt)
        key = f"clips/{attempt.generation_id}/{attempt.n}.mp4"
        stored = await ctx.storage.put(key, path, content_type="video/mp4")
        clip = Clip(
            key=stored.key,
            sha256=stored.sha256,
            size=stored.size,
            width=seen.width,
            height=seen.height,
            duration_s=seen.duration_s,
        )
        if ctx.addresses is not None and await posters.make(path, to=still):
            await ctx.storage.put(clip.poster_key, still, content_type=posters.MIME_TYPE)
    finally:
        path.unlink(missing_ok=True)
        still.unlink(missing_ok=True)
    return clip


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
        if not isinstance(answer, TaskSucceeded):
            raise
        await route.download(task_id, answer.clip, to=to)


def expires_at(attempt: Attempt) -> datetime | None:
    """Until when the vendor keeps the video, as it said; None if it did not say."""
    return _remote(attempt.result or {}).expires_at


def _remote(result: Mapping[str, str | None]) -> RemoteClip:
    expires = result.get("expires_at")
    return RemoteClip(url=result.get("url"), expires_at=datetime.fromisoformat(expires) if expires else None)


async def _proven(path: Path, attempt: Attempt) -> ClipFacts:
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
