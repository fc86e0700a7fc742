"""A database that came back from a backup: no thread gets a second video, and an operator is told what is lost."""

import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from core.db import restores
from core.db.errors import transaction
from core.db.pool import Connection, open_pool
from tests.databases import as_an_administrator
from tests.house.schema import program
from tests.worker.kills import DyingPool, Fuse
from tests.worker.script import Script
from tests.worker.sim import Sim, World, runs, world

MOMENTS = {
    "nothing was begun": "SELECT true",
    "its root was posted": "SELECT message_id IS NOT NULL FROM deliveries WHERE kind = 'root'",
    "the vendor had accepted it": "SELECT true FROM attempts WHERE state = 'accepted'",
    "its video was fetched": "SELECT true FROM generations WHERE state = 'delivering'",
    "its video was posted": "SELECT message_id IS NOT NULL FROM deliveries WHERE kind = 'result'",
}


def dumped(dsn: str) -> str:
    """What pg_dump writes of a database at work."""
    done = subprocess.run(  # noqa: S603 - the program of the embedded servers
        [str(program("pg_dump")), "--inserts", "--dbname", as_an_administrator(dsn)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return "\n".join(line for line in done.stdout.splitlines() if not line.startswith("\\"))


async def restored(backup: str, dsn: str) -> None:
    """Read a dump into an empty database."""
    session = await asyncpg.connect(as_an_administrator(dsn))
    try:
        await session.execute(
            "DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC"
        )
        await session.execute(backup.replace("CREATE SCHEMA public;", "CREATE SCHEMA IF NOT EXISTS public;"))
    finally:
        await session.close()


async def go_on(sim: Sim, dsn: str) -> None:
    """The workers are started on the restored database."""
    before = sim.world
    again = World(dsn, before.folder, before.clip)
    again.effects, again.now = before.effects, before.now
    again.admin = await asyncpg.connect(as_an_administrator(dsn))
    again.pool = DyingPool(dsn, again.effects)
    await again.pool.open()
    try:
        await again.admin.execute("UPDATE sim_clock SET now = $1", again.now)
        sim.world, sim.pool, sim.admin = again, again.pool, again.admin
        async with transaction(sim.pool) as conn:
            assert await restores.noticed(conn) is not None, "it is another database than before"
        async with transaction(sim.pool) as conn:
            assert await restores.noticed(conn) is None, "once is enough"
        await sim.boot()
        await sim.run()
    finally:
        await again.close()


@pytest.fixture
def two(new_database: Callable[[], str]) -> tuple[str, str]:
    return new_database(), new_database()


@pytest.mark.parametrize("moment", MOMENTS)
async def test_no_thread_gets_a_second_video_after_a_backup_was_restored(
    two: tuple[str, str], tmp_path: Path, clip: Path, moment: str
) -> None:
    dsn, other = two
    async with world(dsn, tmp_path, clip, veo=["ok", "ok"], kling=[]) as sim:
        async with transaction(sim.pool) as conn:
            assert await restores.noticed(conn) is None
        await sim.ask()
        while not await sim.admin.fetchval(MOMENTS[moment]):
            assert await sim.step()
        backup = dumped(dsn)
        await sim.run()
        said = [(m.key, m.has_file) for messages in sim.chat.threads.values() for m in messages]
        assert sum(has_file for _, has_file in said) == 1
        await restored(backup, other)
        first = sim.world
        await go_on(sim, other)
        sim.world, sim.pool, sim.admin = first, first.pool, first.admin
        again = [(m.key, m.has_file) for messages in sim.chat.threads.values() for m in messages]
        assert set(said) <= set(again)
        assert len(again) == len({key for key, _ in again}), "nothing is said that stands there"
        assert sum(has_file for _, has_file in again) == 1


async def test_the_video_of_a_second_vendor_is_not_put_there_a_second_time(
    two: tuple[str, str], tmp_path: Path, clip: Path
) -> None:
    """Both were at work in the backup, and the one that came second then is the first now."""
    dsn, other = two
    async with runs(dsn, tmp_path, clip) as one:
        sim = await one.begin(Script(veo=("late",), can_cancel=False), fuse=Fuse())
        async with transaction(sim.pool) as conn:
            assert await restores.noticed(conn) is None
        await sim.ask()
        while not await sim.admin.fetchval("SELECT count(provider_task_id) = 2 FROM attempts"):
            assert await sim.step()
        backup = dumped(dsn)
        await sim.run()
        said = [m.has_file for messages in sim.chat.threads.values() for m in messages]
        assert sum(said) == 2, "the result, and what came late"
        await restored(backup, other)
        first = sim.world
        await go_on(sim, other)
        sim.world, sim.pool, sim.admin = first, first.pool, first.admin
        again = [m.has_file for messages in sim.chat.threads.values() for m in messages]
        assert sum(again) == 2


@pytest.fixture
async def conn(database: str) -> object:
    async with open_pool(database, size_max=2) as pool, pool.acquire() as conn:
        yield conn


async def test_a_standby_that_took_over_is_noticed_too(conn: Connection) -> None:
    assert await restores.noticed(conn) is None
    await conn.execute("UPDATE database_identity SET identity = 'of the one before'")
    assert await restores.noticed(conn) is not None
    assert await restores.noticed(conn) is None


@pytest.mark.parametrize("failures", [0, 3])
async def test_a_video_that_came_while_nobody_was_there_is_no_late_one(
    database: str, tmp_path: Path, clip: Path, failures: int
) -> None:
    """The generation is taken up before the poll, which is as overdue; one that cannot be asked is gone on without."""
    async with world(database, tmp_path, clip, veo=["ok"], kling=["busy"]) as sim:
        await sim.ask()
        while not await sim.admin.fetchval("SELECT count(*) FROM attempts WHERE state = 'accepted'"):
            assert await sim.step()
        await sim.admin.execute("UPDATE attempts SET failures = $1", failures)
        await sim.world.move_to(sim.world.now + timedelta(hours=2))
        await sim._work(0)
        state = await sim.admin.fetchval("SELECT state FROM attempts")
        assert state == ("late" if failures else "accepted")
        if failures:
            return
        await sim.run()
        assert await sim.admin.fetchval("SELECT outcome FROM generations") == "succeeded"
        assert await sim.admin.fetchval("SELECT settled FROM generations") > 0, "it is paid as it was ordered"
        assert await sim.admin.fetchval("SELECT count(*) FROM deliveries WHERE kind = 'extra'") == 0
