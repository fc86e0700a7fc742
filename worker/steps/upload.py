"""Brings a video into a thread: as it is, else made smaller, else as a link. Never twice.

The form is decided before it is tried, and remembered, so that whoever goes on after a crash does not post the file
beside the link.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from core import clips
from core.clips import CannotShrink, MediaAway, NotAVideo
from core.db.errors import statement
from core.db.generations import deliveries
from core.domain.chat.chat_errors import FileRefused
from core.domain.chat.delivery import Form
from core.domain.chat.delivery_memory import DeliveryMemory
from core.domain.chat.pacing import ChatCall
from core.domain.generations.generation import Clip
from core.domain.ids import MessageId, Thread
from core.ports import LocalClip
from core.replies.chat.card import Card
from worker.leases import kept
from worker.steps.posting import SAY_S, Post, post_once, worked

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The card in each of the ways in which the video may come. `without`: for when there is no file."""

    attached: Card
    smaller: Card
    without: Card


async def bring(post: Post, thread: Thread, clip: Clip, words: Words, *, filename: str, alt: str) -> MessageId:
    """Post the video with its card in the form that it has come to, and return the message.

    Raises:
        ChatError
        StaleError: the delivery is somebody else's by now.
    """
    if post.form is Form.WORDS:
        return await post_once(post, thread, words.without)
    path = post.ctx.workdir / f"deliver-{post.delivery.id}.mp4"
    small = path.with_suffix(".small.mp4")
    try:
        async with kept(lambda: _renew(post)):
            await post.ctx.storage.fetch(clip.key, to=path)
            local = LocalClip(
                path=path, filename=filename, size=clip.size, width=clip.width, height=clip.height,
                duration_s=clip.duration_s, alt=alt, is_spoiler=post.view.generation.request.is_veiled,
            )  # fmt: skip
            if post.form is Form.FILE:
                return await _upload(post, thread, local, words.attached)
            limit = post.delivery.memory.size_max
            if limit is None:
                raise FileRefused  # nobody has said how small
            return await _upload(post, thread, await _shrunk(local, to=small, limit=limit), words.smaller)
    finally:
        path.unlink(missing_ok=True)
        small.unlink(missing_ok=True)


async def _shrunk(local: LocalClip, *, to: Path, limit: int) -> LocalClip:
    try:
        made = await clips.shrink(local.path, to=to, size_max=limit)
    except (CannotShrink, MediaAway, NotAVideo) as error:
        log.info("clip.not_shrunk", bytes=local.size, limit=limit, error=str(error))
        raise FileRefused from error
    log.info("clip.shrunk", bytes=local.size, to=made.size, limit=limit, width=made.width, height=made.height)
    return replace(local, path=to, size=made.size, width=made.width, height=made.height)


async def _upload(post: Post, thread: Thread, local: LocalClip, card: Card) -> MessageId:
    notes = dict(post.delivery.memory.upload)
    post.lease.must_last(SAY_S)
    async for known in post.chat.upload(
        thread, local, post.drawn(card), key=post.delivery.key, memory=notes, look_first=post.is_repeat
    ):
        notes |= known
        if "message" in known:
            post.traces.posted = (thread, MessageId(known["message"]))
            worked(post, ChatCall.UPLOAD)
        await _remember(post, replace(post.delivery.memory, upload=dict(notes)))
    return MessageId(notes["message"])


async def _remember(post: Post, memory: DeliveryMemory) -> None:
    since = time.monotonic()
    async with statement(post.ctx.pool) as conn:
        await deliveries.remember(conn, post.delivery, memory=memory)
    post.lease.renewed(since=since)


async def _renew(post: Post) -> None:
    since = time.monotonic()
    async with statement(post.ctx.pool) as conn:
        await deliveries.renew(conn, post.delivery)
    post.lease.renewed(since=since)
