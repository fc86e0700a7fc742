"""Offers a video that came after its generation was over as an extra take: stored, posted once, charged to nobody."""

import structlog

from core.db import restores
from core.db.errors import connection, transaction
from core.db.generations import clip_links, deliveries, late_attempts, transitions
from core.db.generations.transitions import StepLogEntry
from core.domain.chat.delivery import Form
from core.domain.chat.pacing import ChatCall
from core.domain.errors import Away, ProviderError
from core.domain.generations.generation import Attempt, Clip, Generation, State
from core.domain.generations.late_videos import LateVideoUse, late_video_use
from core.domain.generations.vendor_life import ends
from core.replies.generations.extras import extra, smaller
from core.replies.generations.root import file_name, title
from worker.leases import kept
from worker.steps.fetch import Unusable, fetch
from worker.steps.posting import Post, give_up, hand_back, later, said, wait_s
from worker.steps.upload import Words, bring

log = structlog.get_logger()

RESULT_FIRST_S = 20.0
"""How long this message waits for the generation's own result, which is posted first and wakes it."""
TRY_FOR_S = 3600.0
"""For how long a download is tried again that fails although the vendor says that the video is there."""


async def offer_extra(post: Post) -> None:
    """Try once to post one extra take."""
    generation = post.view.generation
    attempt = next(a for a in post.view.attempts if a.n == post.delivery.attempt)
    if await _may_be_there(generation, post):
        await give_up(post)
        return
    clip = await _stored(post, attempt)
    if clip is None:
        return
    if generation.state is not State.DONE:
        await hand_back(post, in_s=post.ctx.scaled(RESULT_FIRST_S))
        return
    if late_video_use(generation, attempt.n) is not LateVideoUse.EXTRA or generation.thread is None:
        await give_up(post)  # the video became the result after all, or no thread is open
        return
    call = ChatCall.POST if post.form is Form.WORDS else ChatCall.UPLOAD
    if (in_s := await wait_s(post, call)) > 0:
        await hand_back(post, in_s=in_s)
        return
    async with connection(post.ctx.pool) as conn:
        lasts_s = await clip_links.lasts_s(conn, generation.id, days=post.ctx.link_days)
    link = await post.ctx.storage.sign(clip.key, for_s=lasts_s) if lasts_s is not None else None
    attached = extra(post.view, attempt, clip=clip, link=link)
    words = Words(
        attached=attached,
        smaller=smaller(attached, has_link=link is not None),
        without=extra(post.view, attempt, clip=clip, link=link, is_attached=False),
    )
    message = await bring(
        post, generation.thread, clip, words,
        filename=file_name(generation, take=attempt.n), alt=title(generation.request, length=300),
    )  # fmt: skip
    await said(post, message, thread=generation.thread)


async def _may_be_there(generation: Generation, post: Post) -> bool:
    """Whether the thread may have this video as its result: before a restore another vendor's may have come first."""
    if generation.winner_attempt is None:
        return False
    async with connection(post.ctx.pool) as conn:
        return await restores.is_from_before(conn, generation.id)


async def _stored(post: Post, attempt: Attempt) -> Clip | None:
    """The video in our storage; None: it is not there yet, and the delivery is put off or given up."""
    async with connection(post.ctx.pool) as conn:
        known = await late_attempts.stored(conn, attempt)
    if known is not None:
        return known

    async def renew() -> None:
        async with transaction(post.ctx.pool) as conn:
            await deliveries.renew(conn, post.delivery)

    try:
        async with kept(renew):
            clip = await fetch(attempt, post.ctx, owner=str(post.view.generation.team_id))
    except Away:
        if post.view.now < ends(attempt, now=post.view.now, time_scale=post.ctx.time_scale):
            raise
        await give_up(post)  # the video is gone from its vendor; nobody has paid for it
        return None
    except ProviderError as error:
        age_s = (post.view.now - post.delivery.created_at).total_seconds()
        if isinstance(error, Unusable) or age_s > post.ctx.scaled(TRY_FOR_S):
            await give_up(post)
        else:
            await later(post, error.retry_after_s or 1.0, why="not fetched")
        return None
    async with transaction(post.ctx.pool) as conn:
        await deliveries.remember(conn, post.delivery, memory=post.delivery.memory)  # the lease is still ours
        await late_attempts.keep(conn, attempt, clip=clip)
        facts = {"n": attempt.n, "route": attempt.route, "bytes": clip.size}
        entry = StepLogEntry(worker=post.ctx.owner, step="extra", outcome="stored", facts=facts)
        await transitions.log_step(conn, post.view.generation, entry)
    log.info("extra.stored", **deliveries.facts(post.delivery), route=attempt.route, bytes=clip.size)
    return clip
