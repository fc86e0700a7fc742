"""What Postgres being away looks like to the rest: one exception, and one way to run a transaction."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from core.db.pool import Connection, Pool

ACQUIRE_TIMEOUT_S = 1.5
"""A person waits at the other end who has heard nothing yet, and a platform gives 3 s for the first word."""

ROLLBACK_TIMEOUT_S = 0.5

_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    # What asyncpg 0.32.0 says of a connection that the server has just closed while it lay in the pool.
    asyncpg.InternalClientError,
)


class DatabaseAway(Exception):
    """Postgres cannot be reached.

    Args:
        unclear: it went away during the commit: what was written may be there or not.
        waited: all connections were busy for as long as the caller would wait.
    """

    def __init__(self, *, unclear: bool, waited: bool = False) -> None:
        super().__init__("the answer to a commit was lost" if unclear else "nothing was written")
        self.unclear = unclear
        self.waited = waited


async def _undo(conn: Connection, block: asyncpg.transaction.Transaction) -> None:
    """Roll back, or, where Postgres does not answer, drop the connection: it rolls back by itself then."""
    if conn.is_closed():
        return
    try:
        async with asyncio.timeout(ROLLBACK_TIMEOUT_S):
            await block.rollback()
    except TimeoutError:
        conn.terminate()


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """One transaction on a connection of the pool.

    Raises:
        DatabaseAway: there is no connection to be had, or it broke.
    """
    committing = False
    try:
        async with pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as conn:
            block = conn.transaction()
            await block.start()
            try:
                yield conn
            except BaseException:
                await _undo(conn, block)
                raise
            committing = True
            await block.commit()
            committing = False
    except _AWAY as error:
        raise DatabaseAway(unclear=committing) from error


@asynccontextmanager
async def statement(pool: Pool, *, wait_s: float = ACQUIRE_TIMEOUT_S) -> AsyncIterator[Connection]:
    """A connection for one statement that writes, and is a transaction by itself.

    Args:
        wait_s: how long others may keep all connections busy. A server that is away is known at once.

    Raises:
        DatabaseAway: there is no connection to be had, or it broke.
    """
    async with _connected(pool, writes=True, wait_s=wait_s) as conn:
        yield conn


@asynccontextmanager
async def connection(pool: Pool) -> AsyncIterator[Connection]:
    """A connection for reading.

    Raises:
        DatabaseAway: there is none to be had, or it broke.
    """
    async with _connected(pool, writes=False, wait_s=ACQUIRE_TIMEOUT_S) as conn:
        yield conn


@asynccontextmanager
async def _connected(pool: Pool, *, writes: bool, wait_s: float) -> AsyncIterator[Connection]:
    unclear = False
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        async with pool.acquire(timeout=wait_s) as conn:
            unclear = writes
            yield conn
    except _AWAY as error:
        waited = not unclear and loop.time() - began >= wait_s
        raise DatabaseAway(unclear=unclear, waited=waited) from error
