"""What is said when Postgres goes away: whether something may have been written."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

import pytest

from core.db.errors import DatabaseAway, connection, statement
from core.db.pool import Connection, Pool, open_pool

Use: TypeAlias = Callable[[Pool], AbstractAsyncContextManager[Connection]]
NOBODY = "postgresql://nobody@127.0.0.1:1/none"


@pytest.mark.parametrize(("use", "unclear"), [(statement, True), (connection, False)])
async def test_a_connection_that_breaks_leaves_only_what_was_written_unclear(
    use: Use,
    unclear: bool,  # noqa: FBT001 - pytest passes by name
    database: str,
) -> None:
    async with open_pool(database, size_max=2) as pool:
        with pytest.raises(DatabaseAway) as away:
            await _cut_off(pool, use)
    assert away.value.unclear is unclear


async def test_without_a_connection_nothing_was_written() -> None:
    async with open_pool(NOBODY, size_max=1) as pool:
        with pytest.raises(DatabaseAway) as away:
            await _cut_off(pool, statement)
    assert not away.value.unclear


async def _cut_off(pool: Pool, use: Use) -> None:
    async with use(pool) as conn:
        await pool.execute("SELECT pg_terminate_backend($1)", conn.get_server_pid())
        await conn.execute("CREATE TEMP TABLE written ()")
