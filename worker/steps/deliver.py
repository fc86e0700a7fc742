"""Says what is to be said: opens threads, edits the progress, brings the result. Never says anything twice.

A message's id is stored as soon as the platform has given it. When a post was interrupted, the next try first looks for
what the last one may have left. What does not fit into a channel's pace waits for its turn, edits behind all else.
"""

from typing import assert_never

import structlog

from core.db.delivery_rows import Delivery, Kind
from core.db.errors import statement
from core.db.generations import deliveries
from core.db.generations.claims import StaleError
from core.domain.errors import NotStored, StorageAway
from core.domain.generations.generation import Outcome, State
from core.ports import ChatBug, ChatBusy, ChatUnclear, EditRefused, PlaceGone, UploadFailed
from core.replies.generations.extras import shrunk_result
from core.replies.generations.progress import progress
from core.replies.generations.results import result, root, title, too_large
from worker.card_view import load_view
from worker.context import Context
from worker.leases import Lease
from worker.steps.extra import offer_extra
from worker.steps.kept_back import at_the_maker, without_storage
from worker.steps.posting import (
    SAY_S,
    Post,
    Traces,
    busy,
    elsewhere,
    forget,
    give_up,
    hand_back,
    later,
    post_once,
    said,
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
    lease = Lease(since=delivery.since, lasts_s=deliveries.LEASE_S)
    chat = ctx.chats[view.generation.platform]
    post = Post(delivery=delivery, view=view, chat=chat, ctx=ctx, lease=lease, traces=Traces())
    try:
        await _say(post)
    except StaleError:
        await unsay(post)
        raise
    except (StorageAway, NotStored) as error:
        await without_storage(post, why=str(error))
    except ChatBusy as error:
        await busy(post, error.retry_after_s, everywhere=error.everywhere)
    except ChatUnclear:
        await later(post, 1.0, why="unclear")
    except UploadFailed:
        await later(post, 1.0, why="upload failed")
    except EditRefused:
        await forget(post)
    except PlaceGone:
        await elsewhere(post)
    except ChatBug as error:
        log.error("delivery.malformed", **deliveries.facts(delivery), error=str(error))
        await give_up(post)


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


async def _has_room(post: Post) -> bool:
    in_s = wait_s(post)
    if in_s > 0:
        await hand_back(post, in_s=in_s)
    return in_s <= 0


async def _open(post: Post) -> None:
    generation = post.view.generation
    card = root(generation.request, credits_held=generation.quoted)
    post.lease.must_last(SAY_S)
    opened = await post.chat.open_thread(
        generation.place, card, key=post.delivery.key, title=title(generation.request), look_first=True
    )
    post.traces.posted = (generation.place, opened.message)
    async with statement(post.ctx.pool) as conn:
        await deliveries.opened(conn, post.delivery, thread=opened.thread, message_id=opened.message)


async def _progress(post: Post) -> None:
    thread = post.view.generation.thread
    if thread is None:
        await hand_back(post, in_s=NO_THREAD_YET_S)
        return
    card = progress(post.view)
    digest = repr(card)
    message = post.delivery.message_id
    if message is None or digest != post.delivery.digest:
        if not await _has_room(post):
            return
        if message is None:
            message = await post_once(post, thread, card)
        else:
            post.lease.must_last(SAY_S)
            await post.chat.edit(thread, message, card, key=post.delivery.key)
            post.traces.edited = True
    state = post.view.generation.state
    pause_s = post.ctx.scaled(ASKING_EVERY_S if state is State.ASKING else post.ctx.progress_every_s)
    over = state in {State.DELIVERING, State.DONE}
    await said(post, message, thread=thread, digest=digest, again_s=None if over else max(PROGRESS_LEAST_S, pause_s))


async def _result(post: Post) -> None:
    generation, thread = post.view.generation, post.view.generation.thread
    if thread is None:
        await hand_back(post, in_s=NO_THREAD_YET_S)
        return
    if not await _has_room(post):
        return
    if generation.outcome is not Outcome.SUCCEEDED:
        message = await post_once(post, thread, result(post.view))
    elif generation.clip is None:
        message = await post_once(post, thread, at_the_maker(post.view))
    else:
        words = Words(
            attached=result(post.view),
            smaller=shrunk_result(post.view),
            without=too_large(post.view),
            has_link=post.view.link is not None,
        )
        message = await bring(
            post, thread, generation.clip, words,
            filename=f"neverdark-{generation.id.hex[:8]}.mp4", alt=title(generation.request, length=300),
        )  # fmt: skip
    await said(post, message, thread=thread)
