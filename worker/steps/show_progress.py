"""The message that shows how far a generation is: posted, edited as it goes, and taken away when the result is there.

It stays where it has something left to say: where the rest of it went, or that nothing could be delivered.
"""

import math

from core.domain.chat.delivery import Edits, Kind
from core.domain.chat.pacing import ChatCall
from core.domain.generations.generation import Outcome, State
from core.domain.ids import MessageId, Thread
from core.domain.routing.queueing import shown_again_s
from core.replies.chat.card import Card
from core.replies.generations.elsewhere import goes_on_directly
from core.replies.generations.progress import last_word, progress
from core.replies.generations.takes import numbered
from worker.steps.posting import QUIET_S, SAY_S, Post, finish, hand_back, has_room, post_new, said, worked

PROGRESS_LEAST_S = 1.0
ASKING_EVERY_S = 300.0
"""While an admin has to decide nothing changes by itself but the time that is left."""
LEAVE_S = 60.0
"""Seconds before a message can be changed no longer in which it gets its last words."""
RESULT_FIRST_S = 10.0
"""Where no video came, the progress message stays unchanged for this time, so that the result is posted first."""


async def show_progress(post: Post, thread: Thread) -> None:
    """One try at it."""
    state = post.view.generation.state
    is_over = state in {State.DELIVERING, State.DONE}
    if is_over and not post.is_up and not post.is_repeat:
        await finish(post)  # the result is on its way: nothing has to be shown of how it came about
        return
    if not post.is_up and post.is_repeat and (found := await post.chat.find(thread, key=post.delivery.key)):
        await said(post, found, thread=thread, again_s=PROGRESS_LEAST_S)  # it shows an earlier state
    elif is_over and not post.is_up:
        await finish(post)
    elif state is State.DONE:
        await _end(post, thread, MessageId(post.delivery.message_id or ""))
    elif post.is_up and (post.edits is not Edits.GOING or _is_being_said(post)):
        await hand_back(post, in_s=RESULT_FIRST_S if post.edits is Edits.GOING else QUIET_S)
    elif (left_s := _left_s(post, thread)) < LEAVE_S:
        await (_show(post, thread, goes_on_directly(), again_s=None) if post.is_up else finish(post))
    else:
        card = numbered(progress(post.view), post.view.generation)
        again_s = min(_again_s(post), max(PROGRESS_LEAST_S, left_s - LEAVE_S / 2))
        await _show(post, thread, card, again_s=again_s)


def _left_s(post: Post, thread: Thread) -> float:
    """Seconds for which the message can still be changed."""
    ends_at = post.chat.edits_end(thread)
    return math.inf if ends_at is None else (ends_at - post.view.now).total_seconds()


def _again_s(post: Post) -> float:
    """When it is looked at again by itself; news of its generation comes at once."""
    is_asking = post.view.generation.state is State.ASKING
    every_s = max(PROGRESS_LEAST_S, post.ctx.scaled(ASKING_EVERY_S if is_asking else post.ctx.progress_every_s))
    turn = post.view.turn
    return every_s if turn is None else shown_again_s(turn, every_s=every_s)


def _is_being_said(post: Post) -> bool:
    """Whether the last word says in a moment that there is no video."""
    generation = post.view.generation
    ended = generation.state is State.DELIVERING and generation.outcome is not Outcome.SUCCEEDED
    since = generation.updated_at or generation.created_at
    return ended and (post.view.now - since).total_seconds() < RESULT_FIRST_S


async def _end(post: Post, thread: Thread, message: MessageId) -> None:
    is_said = post.said.get(Kind.RESULT) != "gone"
    post.traces.stays = not post.is_there or not is_said
    if post.edits is Edits.LAST_WORD or (post.traces.stays and post.edits is not Edits.REMOVE):
        await _show(post, thread, last_word(post.view, is_said=is_said), again_s=None)
        return
    if await has_room(post, ChatCall.EDIT):
        post.lease.must_last(SAY_S)
        await post.chat.delete(thread, message)
        worked(post, ChatCall.EDIT)
        await finish(post)


async def _show(post: Post, thread: Thread, card: Card, *, again_s: float | None) -> None:
    digest = repr(post.drawn(card))
    message = post.delivery.message_id
    is_asked = message is None and post.view.generation.state is State.ASKING  # an admin is to see the question
    if message is None or digest != post.delivery.digest:
        call = ChatCall.EDIT if post.is_up else ChatCall.POST
        if not await has_room(post, call, is_spare=again_s is not None and not is_asked):
            return
        if message is None:
            message = await post_new(post, thread, card)
        else:
            post.lease.must_last(SAY_S)
            await post.chat.edit(thread, message, post.drawn(card), key=post.delivery.key)
            post.traces.edited = True
            worked(post, ChatCall.EDIT)
    await said(post, message, thread=thread, digest=digest, again_s=again_s)
