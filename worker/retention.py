"""Deletes every hour what is no longer kept: what erased people asked for, and what is older than wanted."""

import structlog

from core.usecases.retention import scrub
from worker.context import Context

log = structlog.get_logger()

EVERY_S = 3600.0


async def once(ctx: Context) -> None:
    """One look.

    Raises:
        DatabaseAway
    """
    done = await scrub(pool=ctx.pool, storage=ctx.storage, days=ctx.keep_days)
    if done.generations or done.left:
        log.info("retention.scrubbed", generations=done.generations, left=done.left)
