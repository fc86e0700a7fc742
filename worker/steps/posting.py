"""What can be done with one message: post it, put it off, or give it up.

What the message shows is decided by its kind's module, what follows a refusal by `ladder`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog

from core import access_log, metrics
from core.db.credits import credit_alerts
from core.db.errors import statement, transaction
from core.db.generations import claims, deliveries
from core.db.generations.delivery_rows import Delivery
from core.domain.chat.chat_errors import AccessLost
from core.domain.chat.delivery import GIVE_UP_AFTER_S, Edits, Form, Kind, Where
from core.domain.chat.pacing import ChatCall
from core.domain.ids import MessageId, Thread
from core.ports import Chat
from core.replies.chat.card import Card, Drawing
from core.replies.generations.elsewhere import with_reason
from core.replies.generations.plan import with_plan
from core.replies.generations.view import View
from worker.channel_rate import ChannelRate
from worker.context import Context
from worker.leases import LeaseClock

log = structlog.get_logger()

LATE_S = 300.0
"""A message that is older than this when it is first posted is looked for before: an earlier post may be unrecorded."""
QUIET_S = 600.0
"""How long a message rests that is edited only once more, at the end of its generation, which wakes it earlier."""
SAY_S = 15.0
"""A post or an edit takes at most this long: so much of the lease must be left before one begins."""


@dataclass(slots=True)
class Traces:
    """What a try has done on the platform that is not recorded in the database yet.

    Args:
        posted: a new message, and the thread that it is in.
        edited: a message of ours looks different now.
        stays: it has a last word at its end, and is not taken away.
    """

    posted: tuple[Thread, MessageId] | None = None
    edited: bool = False
    stays: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One delivery, with everything that is needed to carry it out.

    Args:
        said: the state of each message of its generation. Whoever changes one of them has this one looked at again.
    """

    delivery: Delivery
    view: View
    said: Mapping[Kind, str]
    chat: Chat[Card]
    ctx: Context
    lease: LeaseClock
    traces: Traces

    @property
    def is_repeat(self) -> bool:
        """Whether an earlier try may have got through without our knowing."""
        is_late = not self.is_up and self.age_s > LATE_S  # a note that it is up may be lost
        return self.delivery.tries > 1 or self.delivery.memory.looks_first or is_late

    @property
    def is_up(self) -> bool:
        return self.delivery.message_id is not None

    @property
    def edits(self) -> Edits:
        """Which edits are still made to a message that is posted."""
        return self.delivery.memory.edits

    @property
    def form(self) -> Form:
        """In which form the video is posted; without a video this means nothing."""
        return self.delivery.memory.form

    @property
    def where(self) -> Where:
        return self.delivery.memory.where

    @property
    def thread(self) -> Thread | None:
        """The thread that the message is in, or is to be posted in."""
        generation = self.view.generation
        if self.delivery.kind is Kind.ROOT_EDIT:
            return generation.place
        return self.delivery.thread if self.is_up and self.delivery.thread else generation.thread

    @property
    def is_there(self) -> bool:
        """Whether it is in the place that the generation's messages go to, or is to be posted there."""
        if not self.is_up:
            return True
        moves = self.delivery.kind is not Kind.ROOT_EDIT
        return moves and self.delivery.thread in {None, self.view.generation.thread}

    @property
    def age_s(self) -> float:
        return (self.view.now - self.delivery.created_at).total_seconds()

    def channel(self) -> ChannelRate:
        generation = self.view.generation
        return ChannelRate(
            self.chat,
            platform=generation.platform,
            installation=generation.installation,
            thread=self.thread or generation.place,
        )

    def drawn(self, card: Card) -> Card:
        """The card as this message shows it: as text if it was refused otherwise, and with the reason for its place."""
        told = with_reason(card, where=self.where, is_there=self.is_there)
        told = with_plan(told, self.view, kind=self.delivery.kind)
        return replace(told, drawing=Drawing.TEXT) if self.delivery.memory.is_plain else told


def no_access(post: Post, error: AccessLost, *, call: ChatCall) -> None:
    """Log that our credentials do not allow this call: once, until such a call works."""
    access_log.lost(
        "delivery.no_access", of=_workspace(post), call=call, why=str(error), **deliveries.facts(post.delivery),
        code=error.code, needed=error.needed or "unknown",
    )  # fmt: skip


def worked(post: Post, call: ChatCall) -> None:
    """The platform has done what it was asked for, so our credentials are good for it."""
    access_log.back(_workspace(post), call=call)


def _workspace(post: Post) -> str:
    return f"{post.view.generation.platform}:{post.view.generation.installation}"


async def wait_s(post: Post, call: ChatCall, *, is_spare: bool = False) -> float:
    """Seconds until the platform's limits allow this call; 0: now."""
    return await post.channel().wait_s(call, delivery_id=post.delivery.id, is_spare=is_spare, pool=post.ctx.pool)


async def has_room(post: Post, call: ChatCall, *, is_spare: bool = False) -> bool:
    """Whether the platform's limits allow this call now; if not, the delivery is handed back until they do."""
    in_s = await wait_s(post, call, is_spare=is_spare)
    if in_s > 0:
        metrics.CHAT_WAITS.labels(post.view.generation.platform).inc()
        await hand_back(post, in_s=in_s)
    return in_s <= 0


async def post_once(post: Post, thread: Thread, card: Card) -> MessageId:
    """Post a card, unless an interrupted try has left it there already."""
    if post.is_repeat:
        found = await post.chat.find(thread, key=post.delivery.key)
        if found is not None:
            return found
    return await post_new(post, thread, card)


async def post_new(post: Post, thread: Thread, card: Card) -> MessageId:
    """Post a card, unless the lease is about to end because this process has stood still.

    The message is noted in `traces`, so that it can be deleted if the claim turns out to be lost.
    """
    post.lease.must_last(SAY_S)
    message = await post.chat.post(thread, post.drawn(card), key=post.delivery.key)
    post.traces.posted = (thread, message)
    worked(post, ChatCall.POST)
    return message


async def said(
    post: Post, message: MessageId, *, thread: Thread, digest: str = "", again_s: float | None = None
) -> None:
    """Record that the message is posted. `again_s`: look in so many seconds whether it needs an edit.

    Its last edit is made once more when no earlier one can take effect any more: it may have been painted over.
    """
    late_s = _late_s(post)
    if again_s is None and post.traces.edited and late_s > 0:
        digest, again_s = "", late_s
    async with statement(post.ctx.pool) as conn:
        await deliveries.said(conn, post.delivery, message_id=message, thread=thread, digest=digest, again_s=again_s)
    if post.delivery.kind not in {Kind.PROGRESS, Kind.ROOT_EDIT}:
        log.info("delivery.said", **deliveries.facts(post.delivery))
        post.ctx.nudge(post.delivery.generation_id)


def _late_s(post: Post) -> float:
    """Seconds in which an earlier edit may still take effect."""
    until = post.delivery.memory.late_until
    return 0.0 if until is None else until - post.view.now.timestamp()


async def finish(post: Post) -> None:
    """Nothing is left to be said by it."""
    async with statement(post.ctx.pool) as conn:
        await deliveries.finish(conn, post.delivery)


async def hand_back(post: Post, *, in_s: float) -> None:
    """Hand the delivery back: the platform's limits do not allow the call yet. It does not count as a try."""
    async with statement(post.ctx.pool) as conn:
        await deliveries.hand_back(conn, post.delivery, in_s=in_s)


def is_old(post: Post) -> bool:
    """Whether the message has been tried for so long that it is given up."""
    return post.age_s > GIVE_UP_AFTER_S


async def later(post: Post, in_s: float, *, why: str, counts: bool = True, late_s: float = 0.0) -> None:
    """Try the same again after so many seconds. `late_s`: how long the edit that got no answer may take effect."""
    async with transaction(post.ctx.pool) as conn:
        if late_s > 0:
            until = math.ceil(post.view.now.timestamp() + late_s)
            await deliveries.note_late(conn, post.delivery.id, until=until)
        await deliveries.put_off(conn, post.delivery, in_s=in_s, counts=counts)
    log.info("delivery.put_off", **deliveries.facts(post.delivery), why=why, in_s=in_s)


async def give_up(post: Post) -> None:
    """End the delivery without a message: there is nothing to say any more."""
    async with transaction(post.ctx.pool) as conn:
        await claims.wake(conn, post.delivery.generation_id)  # first: generations are locked before messages
        await deliveries.give_up(conn, post.delivery)
    log.info("delivery.dropped", **deliveries.facts(post.delivery))
    post.ctx.nudge(post.delivery.generation_id)


async def undeliverable(post: Post, *, why: str) -> None:
    """End the delivery: it cannot be posted anywhere.

    The credits are refunded, and the operator and the team's admins are told.
    """
    async with transaction(post.ctx.pool) as conn:
        await claims.wake(conn, post.delivery.generation_id)
        await deliveries.give_up(conn, post.delivery)
        await credit_alerts.note_undelivered(conn, post.delivery.generation_id)
    log.error("delivery.undeliverable", **deliveries.facts(post.delivery), why=why)
    post.ctx.nudge(post.delivery.generation_id)
