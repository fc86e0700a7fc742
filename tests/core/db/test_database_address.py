"""What the product opens with an address of Postgres: a real server, several hosts, and a wrong password."""

import asyncio

import asyncpg
import pytest

from core.db.database_url import read_database_url
from core.db.pool import connect, open_pool

SECRET = "hunter2"


async def test_what_the_product_opens_works_with_all_of_it(database: str) -> None:
    """On a real server, with the parameters that other programs leave there."""
    more = (
        "channel_binding=prefer&connect_timeout=5&keepalives=1&gssencmode=prefer&pgbouncer=true&connection_limit=3"
        "&application_name=bots&options=-c%20statement_timeout%3D5s&target_session_attrs=read-write&sslmode=prefer"
    )
    url = f"{database}{'&' if '?' in database else '?'}{more}"
    async with open_pool(url, size_max=2) as pool:
        assert await pool.fetchval("SELECT current_setting('application_name')") == "bots"
        assert await pool.fetchval("SELECT current_setting('statement_timeout')") == "5s"
        assert await pool.fetchval("SELECT $1::jsonb", {"a": [1]}) == {"a": [1]}
        together = await asyncio.gather(*(pool.fetchval("SELECT $1::int + 1", n) for n in range(20)))
    assert together == list(range(1, 21))


async def test_of_several_hosts_the_one_that_answers_is_taken(database: str) -> None:
    address = read_database_url(database)
    (folder, port) = address.hosts[0]
    url = f"postgresql://{address.user}:{address.password}@/{address.database}?host=/nowhere,{folder}&port=1,{port}"
    session = await connect(url, timeout_s=2)
    assert session.is_at(folder, port)
    assert not session.is_at("/nowhere", 1)
    assert not session.through_pooler
    await session.close()


async def test_a_wrong_password_is_never_in_what_is_said() -> None:
    with pytest.raises(OSError) as away:  # noqa: PT011 - the kind is the driver's
        await connect(f"postgresql://u:{SECRET}@127.0.0.1:1/d", timeout_s=1)
    assert SECRET not in str(away.value)
    assert not isinstance(away.value, asyncpg.PostgresError)
