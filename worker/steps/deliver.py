"""Says what is to be said: opens threads, edits the progress, brings the result. Never says anything twice.

A message's id is stored as soon as the platform has given it. When a post was interrupted, the next try first looks for
what the last one may have left. What does not fit into a platform's limits waits for its turn, edits behind all else.
"""

from dataclasses import replace
from typing import assert_never

import structlog

from core import metrics
from core.db.errors import statement
from core.db.generations import deliveries, opened_roots
from core.db.generations.claims import StaleError
from core.db.generations.snapshot import ClaimedMessage
from core.domain.chat.chat_errors import ChatError
from core.domain.chat.delivery import Form, Kind, Where
from core.domain.chat.pacing import ChatCall
from core.domain.errors import NotStored, StorageAway
from core.domain.generations.generation import Outcome, State
from core.domain.ids import Thread
from core.replies.generations.extras import shrunk_result
from core.replies.generations.results import result, too_large
from core.replies.generations.root import file_name, root_now, title
from core.replies.generations.takes import numbered, pickable
from core.replies.languages.say import speaking
from core.replies.languages.vocabulary import using
from worker.card_view import view_of
from worker.context import Context
from worker.leases import LeaseClock
from worker.steps.edit_root import edit_root
from worker.steps.extra import offer_extra
from worker.steps.kept_back import at_the_maker, without_storage
from worker.steps.ladder import refused
from worker.steps.pick import say_pick
from worker.steps.posting import (
    SAY_S,
    Post,
    Traces,
    finish,
    give_up,
    hand_back,
    has_room,
    post_once,
    said,
    undeliverable,
    worked,
)
from worker.steps.show_progress import show_progress
from worker.steps.unsay import unsay
from worker.steps.upload import Words, bring

log = structlog.get_logger()

NO_THREAD_YET_S = 10.0
"""Whoever opens the thread wakes all that waits for it."""


async def deliver(claimed: ClaimedMessage, ctx: Context) -> None:
    """One try at one message that was just claimed."""
    view = await view_of(claimed.snapshot(), ctx)
    delivery = claimed.delivery
    if delivery.kind is Kind.ROOT_EDIT:
        delivery = replace(delivery, message_id=claimed.root_id)
    lease = LeaseClock(since=delivery.since, lasts_s=deliveries.LEASE_S)
    chat = ctx.chats[view.generation.platform]
    post = Post(
        delivery=delivery, view=view, said=claimed.said, chat=chat, ctx=ctx, lease=lease, traces=Traces()
    )  # fmt: skip
    with speaking(_spoken(post)), using(chat.vocabulary):
        try:
            await _say(post, root_state=claimed.root_state)
        except StaleError:
            await unsay(post)
            raise
        except (StorageAway, NotStored) as error:
            await without_storage(post, why=str(error))
        except ChatError as error:
            _counted(post, type(error).__name__)
            is_last = view.generation.state is State.DONE
            await refused(post, error, call=_call(post), is_last=is_last, stays=post.traces.stays)


def _counted(post: Post, outcome: str) -> None:
    metrics.DELIVERIES.labels(post.view.generation.platform, post.delivery.kind, outcome).inc()


def _spoken(post: Post) -> str | None:
    """The language of a message: what all in a channel read is in the place's, where that is known."""
    generation = post.view.generation
    return generation.locale if post.where is Where.DIRECT else generation.place_locale or generation.locale


async def _say(post: Post, *, root_state: str) -> None:
    match post.delivery.kind:
        case Kind.ROOT:
            if await has_room(post, _call(post)):
                await _open(post)
        case Kind.ROOT_EDIT:
            await edit_root(post, state=root_state)
        case Kind.PROGRESS:
            await _progress(post)
        case Kind.RESULT:
            await _result(post)
        case Kind.EXTRA:
            await offer_extra(post)
        case Kind.PICK:
            await say_pick(post)
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


async def _open(post: Post) -> None:
    generation = post.view.generation
    card = root_now(post.view)
    post.lease.must_last(SAY_S)
    opened = await post.chat.open_thread(
        generation.place, post.drawn(card), key=post.delivery.key, title=title(generation.request), look_first=True
    )
    post.traces.posted = (generation.place, opened.message)
    worked(post, ChatCall.POST)
    async with statement(post.ctx.pool) as conn:
        await opened_roots.opened(conn, post.delivery, thread=opened.thread, message_id=opened.message)


async def _thread(post: Post) -> Thread | None:
    """Where to say it; None: nowhere yet, or nowhere for good, and the delivery is handed back or given up."""
    if post.thread is not None:
        return post.thread
    if post.said.get(Kind.ROOT) != "gone":
        await hand_back(post, in_s=NO_THREAD_YET_S)
    elif post.delivery.kind is Kind.RESULT:
        await undeliverable(post, why="there is no thread")
    else:
        await give_up(post)
    return None


async def _progress(post: Post) -> None:
    if not post.is_up and not post.is_repeat and _is_over(post):
        await finish(post)
    elif (thread := await _thread(post)) is not None:
        await show_progress(post, thread)


async def _result(post: Post) -> None:
    generation, thread = post.view.generation, await _thread(post)
    if thread is None or not await has_room(post, _call(post)):
        return
    if generation.outcome is not Outcome.SUCCEEDED:
        message = await post_once(post, thread, numbered(result(post.view), generation))
    elif generation.clip is None:
        message = await post_once(post, thread, at_the_maker(post.view))
    else:
        words = Words(
            attached=pickable(result(post.view), generation),
            smaller=pickable(shrunk_result(post.view), generation),
            without=pickable(too_large(post.view), generation),
        )
        message = await bring(
            post, thread, generation.clip, words,
            filename=file_name(generation), alt=title(generation.request, length=300),
        )  # fmt: skip
    await said(post, message, thread=thread)
    _counted(post, "said")
    if generation.clip is not None:
        metrics.TO_THREAD_S.labels(generation.platform).observe(post.age_s)
