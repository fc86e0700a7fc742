"""What becomes of one message: said, put off, said elsewhere, or given up. How it is made is its kind's affair."""

from dataclasses import dataclass

import structlog

from core.db.delivery_rows import Delivery, Kind
from core.db.errors import statement, transaction
from core.db.generations import claims, deliveries
from core.domain.ids import MessageId, Thread
from core.ports import Chat, ChatBug, ChatError, PlaceGone
from core.replies.chat.card import Card
from core.replies.generations.view import View
from worker.context import Context
from worker.leases import Lease

log = structlog.get_logger()

GIVE_UP_AFTER_S = 24 * 3600.0
_AGAIN_MOST_S = 60.0
SAY_S = 15.0
"""A post or an edit is over by then: so much of the lease has to be left before it begins."""


@dataclass(slots=True)
class Traces:
    """What a try has left on the platform that is not written down yet.

    Args:
        posted: a new message, and the thread that it is in.
        edited: a message of ours looks different now.
    """

    posted: tuple[Thread, MessageId] | None = None
    edited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One delivery with everything that it takes."""

    delivery: Delivery
    view: View
    chat: Chat[Card]
    ctx: Context
    lease: Lease
    traces: Traces

    @property
    def is_repeat(self) -> bool:
        """Whether an earlier try may have got through without our knowing."""
        return self.delivery.tries > 1

    @property
    def is_edit(self) -> bool:
        """Whether it only shows how things stand, and gives way to everything else."""
        return self.delivery.kind is Kind.PROGRESS

    @property
    def channel(self) -> str:
        generation = self.view.generation
        return self.chat.channel(generation.thread or generation.place)


def wait_s(post: Post) -> float:
    """Seconds until the channel has room for it; 0: it has now."""
    channels, platform, now = post.ctx.channels, post.view.generation.platform, post.view.now
    if post.is_edit:
        return channels.edit_wait_s(platform, post.channel, post.chat.pace, now=now)
    return channels.message_wait_s(platform, post.channel, post.chat.pace, delivery=post.delivery.id, now=now)


async def post_once(post: Post, thread: Thread, card: Card) -> MessageId:
    """Post a card, unless an interrupted try has left it there already."""
    if post.is_repeat:
        found = await post.chat.find(thread, key=post.delivery.key)
        if found is not None:
            return found
    post.lease.must_last(SAY_S)
    message = await post.chat.post(thread, card, key=post.delivery.key)
    post.traces.posted = (thread, message)
    return message


async def said(
    post: Post, message: MessageId, *, thread: Thread, digest: str = "", again_s: float | None = None
) -> None:
    """It is up. `again_s`: look in so many seconds whether it needs an edit."""
    async with statement(post.ctx.pool) as conn:
        await deliveries.said(conn, post.delivery, message_id=message, thread=thread, digest=digest, again_s=again_s)
    if not post.is_edit:
        log.info("delivery.said", **deliveries.facts(post.delivery))
        post.ctx.nudge(post.delivery.generation_id)


async def hand_back(post: Post, *, in_s: float) -> None:
    """Its turn has not come. This was no try."""
    async with statement(post.ctx.pool) as conn:
        await deliveries.hand_back(conn, post.delivery, in_s=in_s)


def is_old(post: Post) -> bool:
    """Whether it has been tried for so long that it is given up."""
    return (post.view.now - post.delivery.created_at).total_seconds() > GIVE_UP_AFTER_S


async def later(post: Post, in_s: float, *, why: str) -> None:
    """The try failed: again after at least so many seconds, longer each time, for a day."""
    if is_old(post):
        await give_up(post)
        return
    pause_s = max(in_s, min(_AGAIN_MOST_S, 0.5 * 2.0 ** min(post.delivery.tries, 7)))
    async with statement(post.ctx.pool) as conn:
        await deliveries.put_off(conn, post.delivery, in_s=pause_s)
    log.info("delivery.put_off", **deliveries.facts(post.delivery), why=why, in_s=pause_s)


async def busy(post: Post, for_s: float, *, everywhere: bool) -> None:
    """The platform said to wait: what goes into this channel waits with it."""
    post.ctx.channels.close(
        post.view.generation.platform,
        post.channel,
        for_s=for_s,
        everywhere=everywhere,
        was_edit=post.is_edit and post.delivery.message_id is not None,
        now=post.view.now,
    )
    await later(post, for_s, why="busy")


async def forget(post: Post) -> None:
    """The message can be edited no longer: the next try posts a new one."""
    async with statement(post.ctx.pool) as conn:
        await deliveries.forget(conn, post.delivery)


async def elsewhere(post: Post) -> None:
    """The place is gone: write to the person instead, once."""
    generation = post.view.generation
    if post.delivery.memory.get("direct") or generation.user_id is None:
        await give_up(post)
        return
    try:
        thread = await post.chat.direct(generation.place, generation.user_id)
    except (PlaceGone, ChatBug):
        await give_up(post)
        return
    except ChatError as error:
        await later(post, 1.0, why=type(error).__name__)
        return
    async with transaction(post.ctx.pool) as conn:
        await deliveries.redirect(conn, post.delivery, thread=thread)
    log.info("delivery.redirected", **deliveries.facts(post.delivery))


async def give_up(post: Post) -> None:
    """It cannot be said anywhere."""
    async with transaction(post.ctx.pool) as conn:
        await claims.wake(conn, post.delivery.generation_id)  # first: generations are locked before messages
        await deliveries.give_up(conn, post.delivery)
    log.warning("delivery.gone", **deliveries.facts(post.delivery))
    post.ctx.nudge(post.delivery.generation_id)
