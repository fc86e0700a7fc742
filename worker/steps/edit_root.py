"""Edits the root message to what has become of its generation. A root message that cannot be edited stays as it is."""

from dataclasses import replace

from core.domain.chat.delivery import Kind
from core.domain.chat.pacing import ChatCall
from core.domain.ids import MessageId
from core.replies.chat.card import Card, Picture
from core.replies.generations.root import begun_root, root_now
from worker.steps.posting import SAY_S, Post, finish, hand_back, has_room, said, worked

NOT_UP_YET_S = 10.0


async def edit_root(post: Post, *, state: str) -> None:
    """Try once to edit the root message. `state`: of the delivery that posted it."""
    if state == "due":
        await hand_back(post, in_s=NOT_UP_YET_S)
        return
    if post.delivery.message_id is None or state == "gone":
        await finish(post)  # it was never up
        return
    generation = post.view.generation
    card = root_now(post.view, is_said=post.said.get(Kind.RESULT) != "gone")
    begun = begun_root(generation)
    digest = repr(card)
    is_shown = digest == post.delivery.digest or (post.delivery.digest is None and card == begun)
    if not is_shown:
        is_over = generation.outcome is not None
        if not await has_room(post, ChatCall.EDIT, is_spare=not is_over):
            return
        post.lease.must_last(SAY_S)
        drawn = _without_picture(card) if post.delivery.memory.is_plain else card
        await post.chat.edit(generation.place, post.delivery.message_id, drawn, key=post.delivery.key)
        post.traces.edited = True
        worked(post, ChatCall.EDIT)
    await said(post, MessageId(post.delivery.message_id), thread=generation.place, digest=digest, again_s=None)


def _without_picture(card: Card) -> Card:
    """The card without pictures: a refused card is mostly one whose picture the platform could not fetch."""
    return replace(card, parts=tuple(part for part in card.parts if not isinstance(part, Picture)))
