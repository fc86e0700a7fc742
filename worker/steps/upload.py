"""Brings a video into a thread: as it is, else made smaller, else as a link. Never twice.

What has been decided against is remembered before anything else is tried, so that whoever goes on after a crash does
not post the file beside the link.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from core import clips
from core.clips import CannotShrink, MediaAway, NotAVideo
from core.db.errors import statement
from core.db.generations import deliveries
from core.domain.generations.generation import Clip
from core.domain.ids import MessageId, Thread
from core.ports import ClipTooLarge, LocalClip, UploadFailed
from core.replies.chat.card import Card
from worker.leases import kept
from worker.steps.posting import SAY_S, Post, post_once

log = structlog.get_logger()

UPLOAD_TRIES = 4
"""Uploads that fail one after another; then a link does it, where there is one."""
_NO_FILE = "no_file"
"""In a delivery's memory: it goes without a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The card in each of the ways in which the video may come.

    Args:
        without: for when there is no file.
        has_link: `without` leads to the video.
    """

    attached: Card
    smaller: Card
    without: Card
    has_link: bool


async def bring(post: Post, thread: Thread, clip: Clip, words: Words, *, filename: str, alt: str) -> MessageId:
    """Post the video with its card, and return the message.

    Raises:
        ChatError
        StaleError: the delivery is somebody else's by now.
    """
    if post.delivery.memory.get(_NO_FILE):
        return await post_once(post, thread, words.without)
    path = post.ctx.workdir / f"deliver-{post.delivery.id}.mp4"
    try:
        async with kept(lambda: _renew(post)):
            await post.ctx.storage.fetch(clip.key, to=path)
            local = LocalClip(
                path=path, filename=filename, size=clip.size, width=clip.width, height=clip.height,
                duration_s=clip.duration_s, alt=alt,
            )  # fmt: skip
            return await _as_file(post, thread, local, words)
    except ClipTooLarge:
        return await _without_file(post, thread, words)
    except UploadFailed:
        if not words.has_link or post.delivery.tries < UPLOAD_TRIES:
            raise
        return await _without_file(post, thread, words)
    finally:
        path.unlink(missing_ok=True)


async def _as_file(post: Post, thread: Thread, local: LocalClip, words: Words) -> MessageId:
    try:
        return await _upload(post, thread, local, words.attached)
    except ClipTooLarge as error:
        if error.limit is None:
            raise
        small = local.path.with_suffix(".small.mp4")
        try:
            return await _upload(post, thread, await _shrunk(local, to=small, limit=error.limit), words.smaller)
        finally:
            small.unlink(missing_ok=True)


async def _shrunk(local: LocalClip, *, to: Path, limit: int) -> LocalClip:
    try:
        made = await clips.shrink(local.path, to=to, size_max=limit)
    except (CannotShrink, MediaAway, NotAVideo) as error:
        log.info("clip.not_shrunk", bytes=local.size, limit=limit, error=str(error))
        raise ClipTooLarge from error
    log.info("clip.shrunk", bytes=local.size, to=made.size, limit=limit, width=made.width, height=made.height)
    return replace(local, path=to, size=made.size, width=made.width, height=made.height)


async def _upload(post: Post, thread: Thread, local: LocalClip, card: Card) -> MessageId:
    memory = dict(post.delivery.memory)
    post.lease.must_last(SAY_S)
    async for known in post.chat.upload(
        thread, local, card, key=post.delivery.key, memory=memory, look_first=post.is_repeat
    ):
        memory |= known
        if "message" in known:
            post.traces.posted = (thread, MessageId(known["message"]))
        await _remember(post, memory)
    return MessageId(memory["message"])


async def _without_file(post: Post, thread: Thread, words: Words) -> MessageId:
    await _remember(post, {**post.delivery.memory, _NO_FILE: "yes"})
    return await post_once(post, thread, words.without)


async def _remember(post: Post, memory: dict[str, str]) -> None:
    since = time.monotonic()
    async with statement(post.ctx.pool) as conn:
        await deliveries.remember(conn, post.delivery, memory=memory)
    post.lease.renewed(since=since)


async def _renew(post: Post) -> None:
    since = time.monotonic()
    async with statement(post.ctx.pool) as conn:
        await deliveries.renew(conn, post.delivery)
    post.lease.renewed(since=since)
