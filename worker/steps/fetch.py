"""Fetches an attempt's video into our storage, proves that it is a whole one, and makes it play in chats.

Whether it is what was ordered is `store`'s question.

The object's key is made from the generation and the attempt: a second run overwrites the same bytes with themselves.
"""

import asyncio
import shutil
from contextlib import suppress
from pathlib import Path

import structlog

from core import clips, posters
from core.clips import NotAVideo, Taken
from core.domain.clip_facts import ClipFacts
from core.domain.errors import Away, ErrorClass, ProviderError, StorageAway, WontWork
from core.domain.generations.generation import Attempt, Clip
from core.domain.generations.remote_clip import RemoteClip
from core.ports import TaskSucceeded
from core.storage import own_disk
from worker.context import Context
from worker.waiting_files import ReadyClip

log = structlog.get_logger()

WAITING_MAX = 2 << 30
FREE_LEAST = 256 << 20
"""Bytes that must be free beside them: others work on this disk, too."""
TRIES = 3
"""How often a file is brought that turns out to be cut or broken."""
AGAIN_S = 2.0
NOWHERE = RemoteClip(url=None)
"""Of an attempt without a recorded address: the vendor is asked for the task again."""


class Unusable(WontWork):
    """What came is no video. Fetching it again would not help."""


async def fetch(attempt: Attempt, ctx: Context, *, owner: str = "") -> Clip:
    """Download, prove and store the video of an attempt that has succeeded.

    Args:
        owner: the team whose video it is; turns at the media processes are fair among them.

    Raises:
        Unusable: it is no video.
        ProviderError: it could not be had this time.
        Away: it was had, and could not be looked at or kept this time.
    """
    path = ctx.workdir / f"store-{attempt.generation_id}-{attempt.n}.mp4"
    plays, still = path.with_suffix(".plays.mp4"), path.with_suffix(".jpg")
    kept: set[Path] = set()
    ready: ReadyClip | None = None
    try:
        ready = await asyncio.to_thread(ctx.waiting.ready, path)
        if ready is None:
            ready = await _ready(attempt, path, plays=plays, still=still, ctx=ctx, owner=owner)
        return await _stored(attempt, ready, ctx)
    except Away:
        if await asyncio.to_thread(_has_room, path.parent):
            kept = {path} if ready is None else ready.files
            if ready is not None:
                ctx.waiting.remember(path, ready)
        raise
    finally:
        for file in {path, plays, still} - kept:
            file.unlink(missing_ok=True)
        if not kept:
            ctx.waiting.forget(path)


async def _ready(attempt: Attempt, path: Path, *, plays: Path, still: Path, ctx: Context, owner: str) -> ReadyClip:
    """Bring the video, and make of it what both chats show, with its label and its still."""
    wanted = still if ctx.addresses is not None else None
    taken = await _whole(attempt, to=path, still=wanted, ctx=ctx, owner=owner)
    file, facts, has_still = path, taken.facts, taken.has_still
    if not taken.is_ready:
        file, facts = await _playing(path, facts, to=plays, attempt=attempt, owner=owner)
        await clips.label(file, owner=owner)
        has_still = wanted is not None and await posters.make(file, to=still, owner=owner)
    return ReadyClip(file=file, facts=facts, still=still if has_still else None)


async def _stored(attempt: Attempt, ready: ReadyClip, ctx: Context) -> Clip:
    key = f"clips/{attempt.generation_id}/{attempt.n}.mp4"
    stored = await ctx.storage.put(key, ready.file, content_type="video/mp4")
    facts = ready.facts
    clip = Clip(
        key=stored.key,
        sha256=stored.sha256,
        size=stored.size,
        width=facts.width,
        height=facts.height,
        duration_s=facts.duration_s,
        has_audio=facts.has_audio,
    )
    if ready.still is not None:
        with suppress(StorageAway):  # the video is kept; it can be watched without a still
            await ctx.storage.put(clip.poster_key, ready.still, content_type=posters.MIME_TYPE)
    return clip


def _has_room(folder: Path) -> bool:
    """Whether a file may lie in our folder until the storage is back: all that wait there have a limit together."""
    waiting = sum(each.stat().st_size for each in folder.glob("store-*.mp4"))
    return waiting <= WAITING_MAX and shutil.disk_usage(folder).free >= FREE_LEAST


async def _whole(attempt: Attempt, *, to: Path, still: Path | None, ctx: Context, owner: str) -> Taken:
    """Bring the file, again where it comes cut or is no video at all: a proxy's error page has been seen in its place.

    Raises:
        Unusable: it is no whole video, however often it is fetched.
        ProviderError: it could not be had this time.
        MediaAway: it could not be looked at this time.
    """
    # It is there where the storage was away when this process tried the last time.
    is_there = await asyncio.to_thread(to.exists)
    for number in range(1, TRIES + 1):
        if number > 1 or not is_there:
            await _download(attempt, to=to, ctx=ctx)
        try:
            return await clips.take_in(to, still=still, owner=owner)
        except NotAVideo as error:
            log.warning(
                "clip.not_whole",
                generation_id=str(attempt.generation_id),
                route=attempt.route,
                why=str(error),
                n=number,
            )
            if number == TRIES:
                raise Unusable(
                    ErrorClass.TRANSIENT_SERVER, f"its file is no video, or not all of one: {error}"
                ) from error
        await asyncio.sleep(ctx.scaled(AGAIN_S * number))
    raise AssertionError("the last try has returned or raised")


async def _playing(path: Path, facts: ClipFacts, *, to: Path, attempt: Attempt, owner: str) -> tuple[Path, ClipFacts]:
    """The file that both chats show, and what it is; where none can be made, the one that came: a link leads to it.

    Raises:
        MediaAway: it could not be made now.
    """
    try:
        made = await clips.playable(path, facts, to=to, owner=owner)
    except NotAVideo as error:
        log.warning("clip.not_made_playable", generation_id=str(attempt.generation_id), why=str(error))
        return path, facts
    if made is None:
        return path, facts
    log.info("clip.made_playable", generation_id=str(attempt.generation_id), codec=facts.codec, bytes=made.size)
    return to, made


async def _download(attempt: Attempt, *, to: Path, ctx: Context) -> None:
    """Whole or not at all."""
    part = to.with_suffix(".part")
    try:
        with own_disk():
            await _download_to(part, attempt, ctx=ctx)
            part.rename(to)
    finally:
        part.unlink(missing_ok=True)


async def _download_to(to: Path, attempt: Attempt, *, ctx: Context) -> None:
    route = ctx.routes[attempt.route]
    task_id = attempt.provider_task_id or ""
    try:
        await route.download(task_id, attempt.result or NOWHERE, to=to)
    except ProviderError as error:
        if error.error_class is not ErrorClass.TASK_GONE:
            raise
        # The address has expired: the vendor gives a fresh one with the task.
        answer = await route.poll(task_id)
        if not isinstance(answer, TaskSucceeded):
            raise
        await route.download(task_id, answer.clip, to=to)
