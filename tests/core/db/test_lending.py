"""Whoever gives up does not wait for a slow server, and leaves a connection that others can use."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

import pytest

from core.db.errors import connection, statement, transaction
from core.db.pool import Connection, Pool, open_pool
from tests.bots.slow_database import Door, door_before

Use: TypeAlias = Callable[[Pool], AbstractAsyncContextManager[Connection]]
TAKES_S = 1.2
"""What one exchange with the database takes."""
DEADLINE_S = 0.6
LEAVES_S = 0.4
"""What the machine may need to notice that the deadline is over: less than an exchange."""


async def _asks(pool: Pool, use: Use) -> None:
    async with use(pool) as conn:
        await conn.execute("SELECT pg_sleep(1)")


async def _thinks(pool: Pool, use: Use) -> None:
    async with use(pool) as conn:
        await conn.execute("SELECT 1")
        await asyncio.Event().wait()


@pytest.mark.parametrize("does", [_asks, _thinks])
@pytest.mark.parametrize("use", [connection, statement, transaction])
@pytest.mark.parametrize("is_warm", [True, False])
async def test_whoever_is_cancelled_does_not_wait_for_the_database(
    database: str, use: Use, does: Callable[[Pool, Use], Awaitable[None]], *, is_warm: bool
) -> None:
    async with door_before(database) as door, open_pool(door.dsn, size_max=1) as pool:
        if is_warm:
            await pool.fetchval("SELECT 1")
        door.takes_s = TAKES_S
        over_s = await _given_up(does(pool, use))
        assert over_s < LEAVES_S
        await _is_usable(pool, door, is_same=is_warm)


async def _given_up(work: Awaitable[None]) -> float:
    """By how many seconds the deadline was passed."""
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(DEADLINE_S):
            await work
    return time.monotonic() - began - DEADLINE_S


async def _is_usable(pool: Pool, door: Door, *, is_same: bool) -> None:
    """The only connection of the pool comes back, with nothing open on it."""
    door.takes_s = 0.0
    holders = pool._holders  # type: ignore[attr-defined]  # asyncpg tells it in no other way
    pids = {conn.get_server_pid() for holder in holders if (conn := holder._con) is not None}
    async with asyncio.timeout(10), connection(pool, wait_s=10) as conn:
        assert not conn.is_in_transaction()
        assert await conn.fetchval("SELECT 1") == 1
        if is_same:
            assert conn.get_server_pid() in pids, "a slow server is asked for no new connection"


async def _inserts(pool: Pool) -> None:
    async with transaction(pool) as conn:
        await conn.execute("INSERT INTO written VALUES (1)")
        await asyncio.Event().wait()


async def test_what_a_cancelled_transaction_wrote_is_rolled_back(database: str) -> None:
    async with open_pool(database, size_max=1) as pool:
        await pool.execute("CREATE TEMP TABLE written (n integer)")
        await _given_up(_inserts(pool))
        async with connection(pool, wait_s=10) as conn:
            assert await conn.fetchval("SELECT count(*) FROM written") == 0


async def test_whoever_gives_up_waiting_for_a_busy_pool_takes_no_connection_away(database: str) -> None:
    async with open_pool(database, size_max=1) as pool:
        async with connection(pool):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05), connection(pool, wait_s=10):
                    pass
        async with connection(pool, wait_s=10) as conn:
            assert await conn.fetchval("SELECT 1") == 1
