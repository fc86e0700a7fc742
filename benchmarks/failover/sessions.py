"""Connections to a database that lives in simulated time: whatever is asked through them, `nd_now()` is what it is.

As much of a pool as the engine uses. The clocks of asyncpg's own one would cost more than the work.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import asyncpg

from core.db.pool import prepare

TIMEOUT_S = 60.0


class Sessions:
    """Opens connections as they are needed, and keeps them."""

    def __init__(self, dsn: str, now: Callable[[], datetime]) -> None:
        self._dsn, self._now = dsn, now
        self._free: list[Any] = []
        self._told: dict[Any, datetime] = {}

    async def acquire(self) -> Any:
        """A connection whose database knows the time; `release` takes it back."""
        conn = self._free.pop() if self._free else await self._opened()
        now = self._now()
        if self._told.get(conn) != now:
            await conn.execute("SELECT set_config('neverdark.now', $1, false)", now.isoformat())
            self._told[conn] = now
        return conn

    async def release(self, conn: Any, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's name
        """It may be taken again."""
        self._free.append(conn)

    async def close(self) -> None:
        for conn in self._free:
            await conn.close()

    async def _opened(self) -> Any:
        conn = await asyncpg.connect(self._dsn, command_timeout=TIMEOUT_S)
        await prepare(conn)
        return conn
