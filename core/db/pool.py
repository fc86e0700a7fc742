"""Opens the pool of Postgres connections that everything shares, with jsonb as Python values and bounded waits."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

# Strings: asyncpg's classes are generic in its stubs only.
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

CONNECT_TIMEOUT_S = 2.0
COMMAND_TIMEOUT_S = 15.0
CLOSE_TIMEOUT_S = 2.0


async def _no_reset(conn: Any) -> None:
    """Nothing to undo: our sessions set nothing, listen to nothing, and give back by themselves what they lock.

    asyncpg rolls back an open transaction before it asks us. Its own reset would cost every use a round trip.
    """


async def prepare(conn: Any) -> None:
    """What every connection of ours needs: jsonb in and out as Python values."""
    await conn.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


def open_pool(dsn: str, *, size_max: int, command_timeout_s: float = COMMAND_TIMEOUT_S) -> Pool:
    """A pool that is opened by `async with` or `await`.

    It starts empty, so that a process may start while Postgres is away.

    Args:
        dsn: postgresql://…
        size_max: connections at most.
        command_timeout_s: a statement that takes longer is given up.
    """
    return asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size_max,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=command_timeout_s,
        init=prepare,
        reset=_no_reset,
        server_settings={"application_name": "neverdark"},
    )


@asynccontextmanager
async def pool_for(dsn: str, *, size_max: int) -> AsyncIterator[Pool]:
    """A process's pool. Its end waits for nobody for long: a server that does not answer does not keep the process."""
    pool = await open_pool(dsn, size_max=size_max)
    try:
        yield pool
    finally:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await pool.close()
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            pool.terminate()


def seconds(value: float) -> timedelta:
    """An interval for Postgres."""
    return timedelta(seconds=value)
