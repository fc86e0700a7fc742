"""Lends a pool's connections. A borrower who is cancelled, by a deadline or a stop, does not wait for the server.

To take a statement back is one more exchange with the server, and so is a rollback; asyncpg waits for both before it
lets go. A person's deadline is over by then. So what a cancelled borrower leaves behind ends in a task of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from contextvars import Context
from typing import TYPE_CHECKING, Any

import asyncpg
import structlog

from core.db.pool import Pool

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy
    from asyncpg.transaction import Transaction

log = structlog.get_logger()

PUT_BACK_S = 15.0
"""A connection that cannot be cleaned in this time is dropped."""

_left_behind: set[asyncio.Task[None]] = set()
"""What cancelled borrowers have left. The event loop by itself would forget such a task."""


class Loan:
    """A connection in somebody's hands, and the transaction that is open on it."""

    def __init__(self, conn: "PoolConnectionProxy[asyncpg.Record]") -> None:
        self.conn = conn
        self.block: Transaction | None = None


@asynccontextmanager
async def lent(pool: Pool, *, wait_s: float) -> AsyncIterator[Loan]:
    """A connection of the pool, until the end of the block.

    Raises:
        TimeoutError: all were busy for so long, or the server did not answer.
    """
    conn = await _taken(pool, wait_s=wait_s)
    loan = Loan(conn)
    try:
        yield loan
    except (asyncio.CancelledError, GeneratorExit):
        _leave(_put_back(pool, loan))
        raise
    except BaseException:
        await pool.release(conn, timeout=wait_s)
        raise
    await pool.release(conn, timeout=wait_s)


async def _taken(pool: Pool, *, wait_s: float) -> "PoolConnectionProxy[asyncpg.Record]":
    taking = asyncio.ensure_future(pool.acquire())
    try:
        await asyncio.wait({taking}, timeout=wait_s)
    except asyncio.CancelledError:
        _leave(_not_wanted(pool, taking))
        raise
    if not taking.done():
        _leave(_not_wanted(pool, taking))
        raise TimeoutError
    return taking.result()


def _leave(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work, context=Context())
    _left_behind.add(task)
    task.add_done_callback(_left_behind.discard)


async def _not_wanted(pool: Pool, taking: "asyncio.Future[PoolConnectionProxy[asyncpg.Record]]") -> None:
    """Give up waiting for a connection; one that has come meanwhile goes back."""
    taking.cancel()
    await asyncio.wait({taking})
    if not taking.cancelled() and taking.exception() is None:
        await _put_back(pool, Loan(taking.result()))


async def _put_back(pool: Pool, loan: Loan) -> None:
    """Take back what is under way on a connection, and give it to the next one; or else drop it."""
    try:
        async with asyncio.timeout(PUT_BACK_S):
            if loan.block is not None:
                await loan.block.rollback()
            await pool.release(loan.conn)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        log.debug("database.connection_dropped", error=f"{type(error).__name__}: {error}")
        with suppress(asyncpg.InterfaceError):  # it is dropped already
            loan.conn.terminate()
        await pool.release(loan.conn)
