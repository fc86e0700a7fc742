"""Tidies up: rows whose time is over, files that nobody waits for. Tells of routes that an operator should look at.

One worker at a time deletes rows. What each table keeps is `core.db.housekeeping`'s decision.
"""

import asyncio
import time
from pathlib import Path

import structlog

from core.db import workers
from core.db.errors import connection, statement
from core.db.health import health_history
from core.db.housekeeping import DUTY, note, tidy
from worker.context import Context

log = structlog.get_logger()

EVERY_S = 600.0
DUTY_S = 1800.0
FILES_S = 6 * 3600.0
"""A video that waits for the storage has been given up, or was kept by somebody else, long before."""


async def once(ctx: Context) -> None:
    """One round."""
    await asyncio.to_thread(_forget_files, ctx.workdir)
    async with statement(ctx.pool) as conn:
        if not await workers.take_duty(conn, DUTY, holder=ctx.owner, for_s=DUTY_S):
            return
    deleted = await tidy(ctx.pool, latency=ctx.latency)
    async with statement(ctx.pool) as conn:
        await note(conn, holder=ctx.owner, deleted=deleted)
    async with connection(ctx.pool) as conn:
        refusing = await health_history.refusing(conn, config=ctx.health)
    for route in refusing:
        log.error("route.refuses_much", route=route)
    log.info("housekeeping.done", **deleted)


def _forget_files(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_file() and time.time() - path.stat().st_mtime > FILES_S:
            path.unlink(missing_ok=True)
