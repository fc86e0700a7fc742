"""Says what is to be said: opens threads, edits the progress, brings the result. Never says anything twice.

A message's id is stored as soon as the platform has given it. When a post was interrupted, the next try first looks for
what the last one may have left.
"""

from dataclasses import dataclass

import structlog

from core.db import deliveries, generations
from core.db.deliveries import Delivery, Kind
from core.db.errors import transaction
from core.domain.generation import Outcome, State
from core.domain.ids import MessageId, Thread
from core.ports import (
    Chat,
    ChatBug,
    ChatBusy,
    ChatUnclear,
    ClipTooLarge,
    EditRefused,
    LocalClip,
    PlaceGone,
)
from core.replies.card import Card
from core.replies.generations import View, progress, result, root, title, too_large
from worker.context import Context
from worker.view import load_view

log = structlog.get_logger()

NO_THREAD_YET_S = 0.25
PROGRESS_EVERY_S = 6.0
PROGRESS_LEAST_S = 1.0
GIVE_UP_AFTER_S = 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Post:
    """One delivery with everything that it takes."""

    delivery: Delivery
    view: View
    chat: Chat[Card]
    ctx: Context

    @property
    def is_repeat(self) -> bool:
        """Whether an earlier try may have got through without our knowing."""
        return self.delivery.tries > 1


async def deliver(delivery: Delivery, ctx: Context) -> None:
    """One try at one message."""
    view = await load_view(delivery.generation_id, ctx)
    post = _Post(delivery=delivery, view=view, chat=ctx.chats[view.generation.platform], ctx=ctx)
    try:
        match delivery.kind:
            case Kind.ROOT:
                await _open(post)
            case Kind.PROGRESS:
                await _progress(post)
            case Kind.RESULT:
                await _result(post)
    except ChatBusy as error:
        await _later(post, error.retry_after_s, why="busy")
    except ChatUnclear:
        await _later(post, 1.0, why="unclear")
    except EditRefused:
        await _forget(post)
    except PlaceGone:
        await _elsewhere(post)
    except ChatBug as error:
        log.error("delivery.malformed", **deliveries.facts(delivery), error=str(error))
        await _give_up(post)


async def _open(post: _Post) -> None:
    generation = post.view.generation
    card = root(generation.request, credits_held=generation.consumed)
    opened = await post.chat.open_thread(
        generation.place, card, key=post.delivery.key, title=title(generation.request), look_first=True
    )
    async with transaction(post.ctx.pool) as conn:
        await deliveries.opened(conn, post.delivery, thread=opened.thread, message_id=opened.message)


async def _progress(post: _Post) -> None:
    thread = post.view.generation.thread
    if thread is None:
        await _later(post, NO_THREAD_YET_S, why="no thread yet")
        return
    card = progress(post.view)
    digest = repr(card)
    message = post.delivery.message_id
    if message is None:
        message = await _post_once(post, thread, card)
    elif digest != post.delivery.digest:
        await post.chat.edit(thread, message, card, key=post.delivery.key)
    over = post.view.generation.state in {State.DELIVERING, State.DONE}
    pause_s = max(PROGRESS_LEAST_S, post.ctx.scaled(PROGRESS_EVERY_S))
    await _said(post, message, thread=thread, digest=digest, again_s=None if over else pause_s)


async def _result(post: _Post) -> None:
    generation = post.view.generation
    if generation.thread is None:
        await _later(post, NO_THREAD_YET_S, why="no thread yet")
        return
    if generation.outcome is Outcome.SUCCEEDED:
        message = await _upload(post, generation.thread)
    else:
        message = await _post_once(post, generation.thread, result(post.view))
    await _said(post, message, thread=generation.thread, digest="", again_s=None)


async def _post_once(post: _Post, thread: Thread, card: Card) -> MessageId:
    if post.is_repeat:
        found = await post.chat.find(thread, key=post.delivery.key)
        if found is not None:
            return found
    return await post.chat.post(thread, card, key=post.delivery.key)


async def _upload(post: _Post, thread: Thread) -> MessageId:
    generation = post.view.generation
    clip = generation.clip
    if clip is None:
        raise ValueError(f"generation {generation.id} succeeded without a clip")
    path = post.ctx.workdir / f"deliver-{generation.id}.mp4"
    await post.ctx.storage.fetch(clip.key, to=path)
    local = LocalClip(
        path=path,
        filename=f"neverdark-{generation.id.hex[:8]}.mp4",
        size=clip.size,
        width=clip.width,
        height=clip.height,
        duration_s=clip.duration_s,
        alt=title(generation.request, length=300),
    )
    memory = dict(post.delivery.memory)
    try:
        async for known in post.chat.upload(
            thread, local, result(post.view), key=post.delivery.key, memory=memory, look_first=post.is_repeat
        ):
            memory = known
            async with transaction(post.ctx.pool) as conn:
                await deliveries.remember(conn, post.delivery, memory=memory)
    except ClipTooLarge:
        return await _post_once(post, thread, too_large(post.view))
    finally:
        path.unlink(missing_ok=True)
    return MessageId(memory["message"])


async def _said(post: _Post, message: MessageId, *, thread: Thread, digest: str, again_s: float | None) -> None:
    async with transaction(post.ctx.pool) as conn:
        await deliveries.said(conn, post.delivery, message_id=message, thread=thread, digest=digest, again_s=again_s)
        if post.delivery.kind is Kind.RESULT:
            await generations.wake(conn, post.delivery.generation_id)
    if post.delivery.kind is Kind.RESULT:
        log.info("delivery.said", **deliveries.facts(post.delivery))
        post.ctx.nudge(post.delivery.generation_id)


async def _later(post: _Post, in_s: float, *, why: str) -> None:
    age_s = (post.view.now - post.delivery.created_at).total_seconds()
    if age_s > GIVE_UP_AFTER_S:
        await _give_up(post)
        return
    pause_s = max(in_s, min(60.0, 0.5 * 2.0 ** min(post.delivery.tries, 7))) if why != "no thread yet" else in_s
    async with transaction(post.ctx.pool) as conn:
        await deliveries.put_off(conn, post.delivery, in_s=pause_s)
    if why != "no thread yet":
        log.info("delivery.put_off", **deliveries.facts(post.delivery), why=why, in_s=pause_s)


async def _forget(post: _Post) -> None:
    """The message can be edited no longer: the next try posts a new one."""
    async with transaction(post.ctx.pool) as conn:
        await deliveries.forget(conn, post.delivery)


async def _elsewhere(post: _Post) -> None:
    """The place is gone: write to the person instead, once."""
    generation = post.view.generation
    if post.delivery.memory.get("direct") or generation.user_id is None:
        await _give_up(post)
        return
    try:
        thread = await post.chat.direct(generation.place, generation.user_id)
    except (PlaceGone, ChatBug):
        await _give_up(post)
        return
    async with transaction(post.ctx.pool) as conn:
        await deliveries.redirect(conn, post.delivery, thread=thread)
    log.info("delivery.redirected", **deliveries.facts(post.delivery))


async def _give_up(post: _Post) -> None:
    async with transaction(post.ctx.pool) as conn:
        await deliveries.give_up(conn, post.delivery)
        await generations.wake(conn, post.delivery.generation_id)
    log.warning("delivery.gone", **deliveries.facts(post.delivery))
    post.ctx.nudge(post.delivery.generation_id)
