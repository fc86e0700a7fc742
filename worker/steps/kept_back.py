"""Posts a result whose video is not in our storage: it could not be kept, or the storage is away now."""

import structlog

from core.db.generations import deliveries
from core.domain.chat.delivery import Kind
from core.domain.generations import vendor_life
from core.domain.generations.generation import Outcome
from core.replies.chat.card import Card
from core.replies.generations.results import at_vendor
from core.replies.generations.view import View
from worker.steps.posting import Post, give_up, hand_back, is_old, post_once, said, undeliverable

log = structlog.get_logger()

AGAIN_S = 10.0


def at_the_maker(view: View) -> Card:
    """The card for a video that was paid for and never kept.

    Raises:
        ValueError: there is none such, which no code of ours writes.
    """
    where = view.generation.reason.at_vendor
    if where is None:
        raise ValueError(f"generation {view.generation.id} succeeded without a clip")
    return at_vendor(view, where)


async def without_storage(post: Post, *, why: str) -> None:
    """The video cannot be read now: again in a while, for a day. Meanwhile the vendor's own address may do."""
    generation, attempt = post.view.generation, post.view.winner
    thread = post.thread
    is_result = generation.outcome is Outcome.SUCCEEDED and post.delivery.kind is Kind.RESULT
    if is_result and attempt is not None and thread is not None:
        where = vendor_life.offered(
            attempt, waiting_since=post.delivery.created_at, now=post.view.now, time_scale=post.ctx.time_scale
        )
        if where is not None:
            message = await post_once(post, thread, at_vendor(post.view, where))
            await said(post, message, thread=thread)
            return
    if is_old(post):
        log.error("delivery.without_storage", **deliveries.facts(post.delivery), why=why)
        if is_result:
            await undeliverable(post, why=why)
        else:
            await give_up(post)
        return
    log.debug("delivery.storage_away", **deliveries.facts(post.delivery), why=why)
    await hand_back(post, in_s=post.ctx.scaled(AGAIN_S))
