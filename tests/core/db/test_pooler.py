"""The product through a real PgBouncer that hands its few servers on after every transaction."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from core.db.credits import ledger, statements
from core.db.errors import connection, statement, transaction
from core.db.generations import claims
from core.db.people import teams
from core.db.pool import Pool, connect, open_pool
from core.domain.chat.principal import Principal
from core.domain.credits.money import MoneyStatus
from core.domain.ids import ChannelId, Thread, UserId
from core.domain.requests.request import VideoRequest
from core.settings import Settings
from core.usecases.generations.cancel import cancel
from core.usecases.requests.submit import VideoCommand, submit
from neverdark.doctor import Verdict, examine
from neverdark.errors import Misconfigured
from neverdark.migrate import migrate
from neverdark.state import Home
from tests.core.db.pgbouncer import PROGRAM, pooler, through
from tests.core.terms import terms
from tests.places import workspace

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="there is no pgbouncer here: apt-get install pgbouncer")

HERE = workspace("slack", "T1")
TERMS = terms(free_credits=100_000)


@pytest.fixture(scope="module")
def port(test_home: Home, postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("pgbouncer")
    for above in (folder, *folder.parents):
        if above.owner() == folder.owner() and above != Path("/tmp"):  # noqa: S108 - the pooler may be another user
            above.chmod(0o755)
    with pooler(postgres_dsn.format(db="postgres"), test_home, folder) as port:
        yield port


@pytest.fixture
def url(database: str, port: int) -> str:
    return through(database, port)


async def test_a_pooler_is_noticed_and_a_server_is_not_taken_for_one(url: str, database: str) -> None:
    for address, is_pooler in ((url, True), (database, False), (f"{url}?pgbouncer=true", True)):
        session = await connect(address, timeout_s=5)
        assert session.through_pooler is is_pooler
        await session.close()


async def test_many_small_transactions_of_several_processes_all_succeed(url: str) -> None:
    """Each pool stands for a process: their statements meet on the same three servers."""

    async def one(pool: Pool, n: int) -> int:
        opened = (transaction, statement, connection)[n % 3]
        async with opened(pool) as conn:
            await conn.fetchval("SELECT $1::jsonb ->> 'a'", {"a": n})
            found: int = await conn.fetchval("SELECT $1::int + count(*) FROM generations WHERE id = $2", n, uuid4())
            return found

    async with open_pool(url, size_max=8) as a, open_pool(url, size_max=8) as b, open_pool(url, size_max=8) as c:
        async with asyncio.timeout(60):
            for _ in range(4):
                found = await asyncio.gather(*(one((a, b, c)[n % 3], n) for n in range(24)))
                assert found == list(range(24))


async def test_the_ledger_and_the_use_cases_are_as_whole_as_without_it(url: str) -> None:
    async with open_pool(url, size_max=6) as pool:

        async def ask(n: int) -> None:
            asked = VideoCommand(
                **HERE,
                channel=ChannelId("C1"),
                user=UserId("ana"),
                event=f"e{n}",
                place=Thread("p"),
                request=VideoRequest(prompt="a red fox"),
            )
            made = await submit(asked, pool=pool, terms=TERMS, owner="bot")
            if n % 2:
                await cancel(made.generation_id, by=Principal(**HERE, user=UserId("ana"), is_admin=False), pool=pool)

        for start in range(0, 20, 5):
            await asyncio.gather(*(ask(n) for n in range(start, start + 5)))
        async with connection(pool) as conn:
            assert await statements.check(conn) == []
            assert await conn.fetchval("SELECT count(*) FROM generations WHERE cancel_requested_at IS NOT NULL") == 10
            claimed = await claims.claim_due(conn, owner="w", limit=50)
            assert len(claimed) == 20
            me = await teams.ensure(conn, **HERE, user=UserId("ana"))
            settled = await ledger.settle(conn, key=claimed[0].id, actual=1, note="x")
            assert settled.status is MoneyStatus.OK
            assert (await ledger.balance(conn, team_id=me.team_id)).held == 19 * claimed[0].consumed


async def test_the_doctor_finds_it_and_calls_nothing_wrong(url: str, redis_url: str, tmp_path: Path) -> None:
    read = Settings(database_url=SecretStr(url), redis_url=SecretStr(redis_url), neverdark_home=tmp_path)  # type: ignore[call-arg]  # the rest has defaults
    findings = {found.about: found for found in await examine(read)}
    assert findings["Postgres"].says.endswith(", through a pooler")
    for about in ("Postgres", "migrations", "ledger", "rights"):
        assert findings[about].verdict is Verdict.FINE, findings[about]


def test_migrations_do_not_go_through_it_and_the_sentence_says_what_to_do(url: str) -> None:
    with pytest.raises(Misconfigured, match="set DATABASE_OWNER_URL to the address of the database itself") as told:
        migrate(url)
    assert "of-the-product" not in str(told.value)
