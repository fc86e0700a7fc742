"""The health of the routes in the product's own tables: the same generations again, through `core.db.health`.

Simulated time is the database's: every statement reads it through nd_now().
"""

import asyncio
import contextlib
import tempfile
from collections.abc import Coroutine, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from benchmarks._failover_memory import EPOCH, P95_S, ROUTES
from core.db import health, health_rows
from core.db.health import Admission
from core.db.pool import Pool, open_pool
from core.domain.health_config import HealthConfig, RoutingConfig
from core.domain.health_events import Event, Started
from core.domain.ids import RouteKey
from core.domain.route_health import Transition
from core.domain.routes import Surroundings
from neverdark import embedded
from neverdark.migrate import migrate
from neverdark.state import open_home

Result = TypeVar("Result")

_LEASE_S = 86_400.0
_MANY = 10**6
"""Slots of a route: the world of the simulation has no such limit."""


class Postgres:
    """What memory does otherwise, as one worker does it with the database."""

    def __init__(self, pool: Pool, loop: asyncio.AbstractEventLoop) -> None:
        self._pool, self._loop = pool, loop
        self._health, self._routing = HealthConfig(), RoutingConfig()
        self._wait_for(self._ensure())

    def tell(self, route: RouteKey, event: Event, now: datetime) -> None:
        self._wait_for(self._tell(route, event, now))

    def start(self, route: RouteKey, started: Started, now: datetime, *, is_first: bool) -> Admission:
        return self._wait_for(self._start(route, started, now, is_first=is_first))

    def around(self, now: datetime) -> Surroundings:
        return self._wait_for(self._around(now))

    def transitions(self) -> Sequence[Transition]:
        return self._wait_for(self._transitions())

    def _wait_for(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self._loop.run_until_complete(work)

    async def _ensure(self) -> None:
        async with self._pool.acquire() as conn, conn.transaction():
            await _set_clock(conn, EPOCH)
            await health.ensure(conn, dict.fromkeys(P95_S, _MANY), config=self._health)

    async def _tell(self, route: RouteKey, event: Event, now: datetime) -> None:
        async with self._pool.acquire() as conn, conn.transaction():
            await _set_clock(conn, now)
            await health.apply(conn, route, event, config=self._health, actor="worker")

    async def _start(self, route: RouteKey, started: Started, now: datetime, *, is_first: bool) -> Admission:
        async with self._pool.acquire() as conn, conn.transaction():
            await _set_clock(conn, now)
            return await health.admit(
                conn,
                route,
                attempt=started.ref,
                kind=started.kind,
                p95_s=P95_S[route],
                lease_s=_LEASE_S,
                config=self._health,
                is_first=is_first,
                hedges_sick=started.hedges_sick,
            )

    async def _around(self, now: datetime) -> Surroundings:
        async with self._pool.acquire() as conn, conn.transaction():
            await _set_clock(conn, now)
            picture = await health.read(conn, list(P95_S), config=self._health, routing=self._routing)
        return Surroundings(routes=ROUTES, health=picture.health, p95_s=P95_S, extras=picture.extras, jobs=picture.jobs)

    async def _transitions(self) -> Sequence[Transition]:
        async with self._pool.acquire() as conn:
            records = await conn.fetch("SELECT * FROM provider_health_events ORDER BY id")
        return [health_rows.transition_from(record) for record in records]


async def _opened(dsn: str) -> Pool:
    return await open_pool(dsn, size_max=1)


async def _set_clock(conn: Any, now: datetime) -> None:
    await conn.execute("SELECT set_config('neverdark.now', $1, true)", now.isoformat())


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """A fresh, migrated database with nothing in it, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="nd-bench-", ignore_cleanup_errors=True) as folder:
        home = open_home(Path(folder) / "home")
        settings = {"synchronous_commit": "off"}
        with embedded.serving(embedded.postgres(home, settings=settings), log=home.run / "postgres.log"):
            dsn = embedded.postgres_url(home, database="failover")
            migrate(dsn)
            loop = asyncio.new_event_loop()
            try:
                pool = loop.run_until_complete(_opened(dsn))
                yield Postgres(pool, loop)
                loop.run_until_complete(pool.close())
            finally:
                loop.close()
