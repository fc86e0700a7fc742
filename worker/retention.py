"""Deletes every hour what is no longer kept: what erased people asked for, and what is older than wanted.

Once a day one worker looks for pictures, too, that people gave and never asked for a video with.
"""

from datetime import UTC, datetime
from uuid import uuid4

import structlog

from core.db import workers
from core.db.errors import statement
from core.usecases.retention import forget_pictures, scrub
from worker.context import Context

log = structlog.get_logger()

EVERY_S = 3600.0
PICTURES = "pictures"
PICTURES_EVERY_S = 86_400.0


async def once(ctx: Context) -> None:
    """One look.

    Raises:
        DatabaseAway
    """
    done = await scrub(pool=ctx.pool, storage=ctx.storage, days=ctx.keep_days)
    if done.generations or done.left:
        log.info("retention.scrubbed", generations=done.generations, left=done.left)
    async with statement(ctx.pool) as conn:
        # A holder of its own each time: who has looked today does not look again either.
        if not await workers.take_duty(conn, PICTURES, holder=uuid4().hex, for_s=PICTURES_EVERY_S):
            return
    pictures = await forget_pictures(now=datetime.now(UTC), pool=ctx.pool, storage=ctx.storage)
    if pictures:
        log.info("retention.pictures", deleted=pictures)
