"""Whoever gives up does not wait for a slow server, and leaves a connection that others can use."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

import pytest

from core.db.errors import connection, statement, transaction
from core.db.pool import Connection, Pool, open_pool
from tests.bots.slow_database import door_before
from tests.patience import PATIENCE_S

Use: TypeAlias = Callable[[Pool], AbstractAsyncContextManager[Connection]]
Does: TypeAlias = Callable[[Pool, Use, asyncio.Event], Awaitable[None]]


async def _asks(pool: Pool, use: Use, _thinks: asyncio.Event) -> None:
    async with use(pool) as conn:
        await conn.execute("SELECT 1")


async def _thinks(pool: Pool, use: Use, thinks: asyncio.Event) -> None:
    async with use(pool) as conn:
        await conn.execute("SELECT 1")
        thinks.set()
        await asyncio.Event().wait()


@pytest.mark.parametrize("does", [_asks, _thinks])
@pytest.mark.parametrize("use", [connection, statement, transaction])
@pytest.mark.parametrize("is_warm", [True, False])
async def test_whoever_is_cancelled_does_not_wait_for_the_database(
    database: str, use: Use, does: Does, *, is_warm: bool
) -> None:
    """It answers nothing until they have left."""
    async with door_before(database) as door, open_pool(door.dsn, size_max=1) as pool:
        if is_warm:
            await pool.fetchval("SELECT 1")
        thinks = asyncio.Event()
        if does is _asks:
            door.shut()
        working = asyncio.ensure_future(does(pool, use, thinks))
        async with asyncio.timeout(PATIENCE_S):
            await (door.holds if does is _asks else thinks).wait()
        door.shut()
        assert await _leaves(working), "they wait for the database"
        door.open()
        await _is_usable(pool, is_same=is_warm)


async def _leaves(working: "asyncio.Future[None]") -> bool:
    """Whether somebody who is cancelled goes."""
    working.cancel()
    await asyncio.wait({working}, timeout=PATIENCE_S)
    return working.cancelled()


async def _is_usable(pool: Pool, *, is_same: bool) -> None:
    """The only connection of the pool comes back, with nothing open on it."""
    holders = pool._holders  # type: ignore[attr-defined]  # asyncpg tells it in no other way
    pids = {conn.get_server_pid() for holder in holders if (conn := holder._con) is not None}
    async with connection(pool, wait_s=PATIENCE_S) as conn:
        assert not conn.is_in_transaction()
        assert await conn.fetchval("SELECT 1") == 1
        if is_same:
            assert conn.get_server_pid() in pids, "a slow server is asked for no new connection"


async def _inserts(pool: Pool, has_written: asyncio.Event) -> None:
    async with transaction(pool) as conn:
        await conn.execute("INSERT INTO written VALUES (1)")
        has_written.set()
        await asyncio.Event().wait()


async def test_what_a_cancelled_transaction_wrote_is_rolled_back(database: str) -> None:
    async with open_pool(database, size_max=1) as pool:
        await pool.execute("CREATE TEMP TABLE written (n integer)")
        has_written = asyncio.Event()
        working = asyncio.ensure_future(_inserts(pool, has_written))
        await has_written.wait()
        assert await _leaves(working)
        async with connection(pool, wait_s=PATIENCE_S) as conn:
            assert await conn.fetchval("SELECT count(*) FROM written") == 0


async def test_whoever_gives_up_waiting_for_a_busy_pool_takes_no_connection_away(database: str) -> None:
    async with open_pool(database, size_max=1) as pool:
        async with connection(pool):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05), connection(pool, wait_s=PATIENCE_S):
                    pass
        async with connection(pool, wait_s=PATIENCE_S) as conn:
            assert await conn.fetchval("SELECT 1") == 1
