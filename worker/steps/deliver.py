"""Says what is to be said: opens threads, edits the progress, brings the result. Never says anything twice.

A message's id is stored as soon as the platform has given it. When a post was interrupted, the next try first looks for
what the last one may have left. What does not fit into a platform's limits waits for its turn, edits behind all else.
"""

from typing import assert_never

import structlog

from core import metrics
from core.db.errors import connection, statement
from core.db.generations import deliveries
from core.db.generations.claims import StaleError
from core.db.generations.delivery_rows import Delivery
from core.domain.chat.chat_errors import ChatError
from core.domain.chat.delivery import Edits, Form, Kind
from core.domain.chat.pacing import ChatCall
from core.domain.errors import NotStored, StorageAway
from core.domain.generations.generation import Outcome, State
from core.domain.ids import MessageId, Thread
from core.replies.generations.extras import shrunk_result
from core.replies.generations.progress import progress
from core.replies.generations.results import result, root, title, too_large
from worker.card_view import load_view
from worker.context import Context
from worker.leases import LeaseClock
from worker.steps.extra import offer_extra
from worker.steps.kept_back import at_the_maker, without_storage
from worker.steps.posting import (
    QUIET_S,
    SAY_S,
    Post,
    Traces,
    finish,
    give_up,
    hand_back,
    post_new,
    post_once,
    refused,
    said,
    undeliverable,
    wait_s,
)
from worker.steps.unsay import unsay
from worker.steps.upload import Words, bring

log = structlog.get_logger()

NO_THREAD_YET_S = 10.0
"""Whoever opens the thread wakes all that waits for it."""
PROGRESS_LEAST_S = 1.0
ASKING_EVERY_S = 300.0
"""While an admin has to decide nothing changes by itself but the time that is left."""


async def deliver(delivery: Delivery, ctx: Context) -> None:
    """One try at one message."""
    view = await load_view(delivery.generation_id, ctx)
    lease = LeaseClock(since=delivery.since, lasts_s=deliveries.LEASE_S)
    chat = ctx.chats[view.generation.platform]
    post = Post(delivery=delivery, view=view, chat=chat, ctx=ctx, lease=lease, traces=Traces())
    try:
        await _say(post)
    except StaleError:
        await unsay(post)
        raise
    except (StorageAway, NotStored) as error:
        await without_storage(post, why=str(error))
    except ChatError as error:
        _counted(post, type(error).__name__)
        await refused(post, error, call=_call(post), is_last=_is_over(post))


def _counted(post: Post, outcome: str) -> None:
    metrics.DELIVERIES.labels(post.view.generation.platform, post.delivery.kind, outcome).inc()


async def _say(post: Post) -> None:
    match post.delivery.kind:
        case Kind.ROOT:
            if await _has_room(post):
                await _open(post)
        case Kind.PROGRESS:
            await _progress(post)
        case Kind.RESULT:
            await _result(post)
        case Kind.EXTRA:
            await offer_extra(post)
        case _:
            assert_never(post.delivery.kind)


def _call(post: Post) -> ChatCall:
    """What the platform is asked to do."""
    if post.is_up:
        return ChatCall.EDIT
    has_clip = post.delivery.kind is Kind.EXTRA or (
        post.delivery.kind is Kind.RESULT and post.view.generation.clip is not None
    )
    return ChatCall.UPLOAD if has_clip and post.form is not Form.WORDS else ChatCall.POST


def _is_over(post: Post) -> bool:
    return post.view.generation.state in {State.DELIVERING, State.DONE}


async def _has_room(post: Post, *, is_spare: bool = False) -> bool:
    in_s = await wait_s(post, _call(post), is_spare=is_spare)
    if in_s > 0:
        metrics.CHAT_WAITS.labels(post.view.generation.platform).inc()
        await hand_back(post, in_s=in_s)
    return in_s <= 0


async def _open(post: Post) -> None:
    generation = post.view.generation
    card = root(generation.request, credits_held=generation.quoted)
    post.lease.must_last(SAY_S)
    opened = await post.chat.open_thread(
        generation.place, post.drawn(card), key=post.delivery.key, title=title(generation.request), look_first=True
    )
    post.traces.posted = (generation.place, opened.message)
    async with statement(post.ctx.pool) as conn:
        await deliveries.opened(conn, post.delivery, thread=opened.thread, message_id=opened.message)


async def _thread(post: Post) -> Thread | None:
    """Where to say it; None: nowhere yet, or nowhere for good, and the delivery is handed back or given up."""
    if post.thread is not None:
        return post.thread
    async with connection(post.ctx.pool) as conn:
        known = await deliveries.all_said(conn, post.delivery.generation_id)
    if known.get(Kind.ROOT) != "gone":
        await hand_back(post, in_s=NO_THREAD_YET_S)
    elif post.delivery.kind is Kind.RESULT:
        await undeliverable(post, why="there is no thread")
    else:
        await give_up(post)
    return None


async def _progress(post: Post) -> None:
    is_over = _is_over(post)
    if is_over and not post.is_up and not post.is_repeat:
        await finish(post)  # the result is on its way: nothing has to be shown of how it came about
        return
    thread = await _thread(post)
    if thread is None:
        return
    if not post.is_up and post.is_repeat and (found := await post.chat.find(thread, key=post.delivery.key)):
        await said(post, found, thread=thread, again_s=PROGRESS_LEAST_S)  # it shows what was true then
        return
    if is_over and not post.is_up:
        await finish(post)
        return
    if post.is_up and post.edits is not Edits.GOING and post.view.generation.state is not State.DONE:
        await hand_back(post, in_s=QUIET_S)
        return
    if post.is_up and post.edits is Edits.REMOVE:
        await post.chat.delete(thread, MessageId(post.delivery.message_id or ""))
        await finish(post)
        return
    card = progress(post.view)
    digest = repr(post.drawn(card))
    message = post.delivery.message_id
    if message is None or digest != post.delivery.digest:
        if not await _has_room(post, is_spare=post.is_up and not is_over):
            return
        if message is None:
            message = await post_new(post, thread, card)
        else:
            post.lease.must_last(SAY_S)
            await post.chat.edit(thread, message, post.drawn(card), key=post.delivery.key)
            post.traces.edited = True
    state = post.view.generation.state
    pause_s = post.ctx.scaled(ASKING_EVERY_S if state is State.ASKING else post.ctx.progress_every_s)
    await said(post, message, thread=thread, digest=digest, again_s=None if is_over else max(PROGRESS_LEAST_S, pause_s))


async def _result(post: Post) -> None:
    generation, thread = post.view.generation, await _thread(post)
    if thread is None or not await _has_room(post):
        return
    if generation.outcome is not Outcome.SUCCEEDED:
        message = await post_once(post, thread, result(post.view))
    elif generation.clip is None:
        message = await post_once(post, thread, at_the_maker(post.view))
    else:
        words = Words(attached=result(post.view), smaller=shrunk_result(post.view), without=too_large(post.view))
        message = await bring(
            post, thread, generation.clip, words,
            filename=f"neverdark-{generation.id.hex[:8]}.mp4", alt=title(generation.request, length=300),
        )  # fmt: skip
    await said(post, message, thread=thread)
    _counted(post, "said")
    if generation.clip is not None:
        metrics.TO_THREAD_S.labels(generation.platform).observe(post.age_s)
