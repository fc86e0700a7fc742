"""Which errors say that Postgres is away, and which that something of ours is wrong: every SQLSTATE, from Postgres."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

import asyncpg
import pytest

from core.db.errors import DatabaseAway, connection, is_away, statement, transaction
from core.db.pool import Connection, Pool, open_pool

Use: TypeAlias = Callable[[Pool], AbstractAsyncContextManager[Connection]]
AWAY = (
    *("08000", "08001", "08003", "08004", "08006", "08007", "08P01"),  # connections
    "25006",  # read-only
    *("25P03", "25P04"),  # a transaction that was cut
    *("28000", "28P01", "3D000"),  # who may have a connection, and to what
    *("40001", "40003", "40P01"),  # conflicts with others
    *("53000", "53100", "53200", "53300", "53400"),  # no disk, no memory, no connections
    "55P03",  # a lock that was not to be had
    *("57000", "57014", "57P01", "57P02", "57P03", "57P04", "57P05"),  # operators
    *("58000", "58030"),  # the server's own files
)
OURS = (
    *("0A000", "21000", "22001", "22003", "22012", "22P02", "23502", "23503", "23505", "23514", "25P01", "25P02"),
    *("40002", "42501", "42601", "42703", "42804", "42883", "42P01", "P0001", "P0002", "XX000", "ND001", "55000"),
)
RAISE = "DO $$ BEGIN RAISE EXCEPTION 'said so' USING ERRCODE = '{}'; END $$"
USES = (transaction, statement, connection)


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
async def test_what_the_server_says_of_itself_is_away_and_what_it_says_of_our_statement_is_not(
    use: Use, database: str
) -> None:
    found: dict[str, str] = {}
    async with open_pool(database, size_max=2) as pool:
        for state in (*AWAY, *OURS):
            try:
                async with use(pool) as conn:
                    await conn.execute(RAISE.format(state))
            except DatabaseAway:
                found[state] = "away"
            except asyncpg.PostgresError:
                found[state] = "ours"
        assert await pool.fetchval("SELECT 1") == 1, "the pool goes on"
    assert found == dict.fromkeys(AWAY, "away") | dict.fromkeys(OURS, "ours")


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
async def test_a_server_that_only_reads_is_away_for_whoever_writes(use: Use, database: str) -> None:
    async with open_pool(database, size_max=1) as pool:
        await pool.execute("SET default_transaction_read_only = on")
        with pytest.raises(DatabaseAway) as away:
            async with use(pool) as conn:
                await conn.execute("CREATE TABLE written ()")
        assert not away.value.unclear, "what is refused was not written"


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
async def test_a_wrong_call_is_a_bug_of_ours_and_a_closed_connection_is_not(use: Use, database: str) -> None:
    async with open_pool(database, size_max=1) as pool:
        with pytest.raises(asyncpg.InterfaceError):
            async with use(pool) as conn:
                await conn.fetch("SELECT $1::int, $2::int", 1)
        with pytest.raises(asyncpg.DataError):
            async with use(pool) as conn:
                await conn.fetch("SELECT $1::int", "one")
        with pytest.raises(DatabaseAway):
            await _on_a_closed_one(pool, use)


async def _on_a_closed_one(pool: Pool, use: Use, *, bug: Exception | None = None) -> None:
    async with use(pool) as conn:
        conn.terminate()
        if bug is not None:
            raise bug
        await conn.fetch("SELECT 1")


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
async def test_a_pool_that_is_closed_is_away(use: Use, database: str) -> None:
    pool = open_pool(database, size_max=1)
    async with pool:
        pass
    with pytest.raises(DatabaseAway):
        async with use(pool) as conn:
            await conn.fetch("SELECT 1")


async def test_a_bug_in_the_middle_of_a_transaction_is_told_although_the_connection_breaks_with_it(
    database: str,
) -> None:
    async with open_pool(database, size_max=1) as pool:
        with pytest.raises(LookupError):
            await _on_a_closed_one(pool, transaction, bug=LookupError())


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (ConnectionResetError(), True),
        (TimeoutError(), True),
        (asyncpg.InternalClientError(), True),
        (asyncpg.InterfaceError("x"), False),
        (ValueError(), False),
        (asyncpg.InvalidCachedStatementError(), True),
        (asyncpg.FeatureNotSupportedError(), False),
        (asyncpg.ConnectionDoesNotExistError(), True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_the_driver_says_by_itself(error: Exception, away: object) -> None:
    assert is_away(error) is away
