"""A row that has to be there."""

import asyncpg

Database = asyncpg.Pool | asyncpg.pool.PoolConnectionProxy | asyncpg.Connection


async def one_row(
    db: Database,
    query: str,
    *values: object,
) -> asyncpg.Record:
    """The first row that the query finds. A test fails where there is none."""
    row = await db.fetchrow(query, *values)
    assert row is not None, f"nothing found: {query}"
    return row
