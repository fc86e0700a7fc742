"""Joins a video that goes on from another one to it, so that there is one file of both.

Where that cannot be done, because the first is gone or the two do not fit, the second part is the result by itself.
"""

from dataclasses import replace
from uuid import UUID

import structlog

from core import clips, posters
from core.clips import NotAVideo
from core.db.errors import connection
from core.db.generations import claims
from core.domain.errors import NotStored
from core.domain.generations.generation import Clip, Generation
from worker.context import Context

log = structlog.get_logger()


async def joined(generation: Generation, clip: Clip, ctx: Context) -> Clip:
    """The file of both, stored; the second part alone where there can be none.

    Raises:
        StorageAway, MediaAway: not now.
    """
    before = await _before(generation, ctx)
    if before is None:
        return clip
    owner, base = str(generation.team_id), ctx.workdir / f"extend-{generation.id}"
    first, second, both = (base.with_suffix(f".{name}.mp4") for name in ("1", "2", "both"))
    still = base.with_suffix(".jpg")
    try:
        await ctx.storage.fetch(before.key, to=first)
        await ctx.storage.fetch(clip.key, to=second)
        made = await clips.join(first, second, to=both, owner=owner)
        await clips.label(both, owner=owner)
        key = clip.key.removesuffix(".mp4") + "-joined.mp4"
        stored = await ctx.storage.put(key, both, content_type="video/mp4")
        whole = replace(
            clip,
            key=stored.key,
            sha256=stored.sha256,
            size=stored.size,
            width=made.width,
            height=made.height,
            duration_s=made.duration_s,
            has_audio=made.has_audio,
        )
        if ctx.addresses is not None and await posters.make(both, to=still, owner=owner):
            await ctx.storage.put(whole.poster_key, still, content_type=posters.MIME_TYPE)
    except (NotStored, NotAVideo) as error:
        log.warning("clip.not_joined", generation_id=str(generation.id), why=str(error))
        return clip
    finally:
        for path in (first, second, both, still):
            path.unlink(missing_ok=True)
    log.info("clip.joined", generation_id=str(generation.id), bytes=whole.size)
    return whole


async def _before(generation: Generation, ctx: Context) -> Clip | None:
    """The video that it goes on from, as long as it is the same team's and there."""
    if generation.request.extends is None:
        return None
    async with connection(ctx.pool) as conn:
        found = await claims.load(conn, UUID(generation.request.extends))
    if found is None or found.team_id != generation.team_id or found.hidden_at is not None:
        return None
    return found.clip
