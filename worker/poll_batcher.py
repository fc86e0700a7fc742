"""Groups the commits of polls that found nothing new: one statement for all that come within 20 ms."""

import asyncio
from datetime import datetime

import structlog

from core.db.errors import statement
from core.db.generations import attempts
from core.db.pool import Pool
from core.domain.generations.generation import Attempt

log = structlog.get_logger()

WINDOW_S = 0.02


class PollBatcher:
    """Collects "still running" answers and writes them together. One per process."""

    def __init__(self, pool: Pool, *, window_s: float = WINDOW_S) -> None:
        self._pool = pool
        self._window_s = window_s
        self._waiting: list[tuple[tuple[Attempt, datetime, float | None], asyncio.Future[None]]] = []
        self._flush: asyncio.Task[None] | None = None

    async def still_running(self, attempt: Attempt, *, wake_at: datetime, progress: float | None) -> None:
        """Record the poll; returns when it is committed. A poll that was no longer ours is dropped silently."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(((attempt, wake_at, progress), done))
        if self._flush is None:
            self._flush = asyncio.create_task(self._after_window())
        await done

    async def _after_window(self) -> None:
        await asyncio.sleep(self._window_s)
        batch, self._waiting, self._flush = self._waiting, [], None
        try:
            async with statement(self._pool) as conn:
                recorded = await attempts.still_running(conn, [row for row, _ in batch])
        except BaseException as error:
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        if recorded < len(batch):
            log.info("poll.stale", count=len(batch) - recorded)
        for _, done in batch:
            if not done.done():
                done.set_result(None)
