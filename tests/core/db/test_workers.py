"""Taking over from the dead: what somebody has locked at that moment is taken over at the next heartbeat."""

from core.db import workers
from core.db.generations import claims, deliveries
from core.db.pool import Pool, open_pool
from core.domain.delivery import Kind
from tests.core.db.crowds import ask, teams


async def _seen(pool: Pool) -> int:
    async with pool.acquire() as conn:
        return await workers.seen(conn, worker="new", slot="1", release="0")


async def test_a_lease_that_was_locked_is_given_back_at_the_next_heartbeat(database: str) -> None:
    async with open_pool(database, size_max=3) as pool:
        async with pool.acquire() as conn:
            made = await ask(conn, (await teams(conn, 1))[0])
            await conn.execute("UPDATE generations SET wake_at = nd_now() WHERE id = $1", made.id)
            await workers.seen(conn, worker="old", slot="1", release="0")
            assert len(await claims.claim_due(conn, owner="old", limit=1)) == 1
        async with pool.acquire() as busy, busy.transaction():
            await busy.execute("SELECT 1 FROM generations WHERE id = $1 FOR UPDATE", made.id)
            assert await _seen(pool) == 0
        assert await _seen(pool) == 1
        assert await _seen(pool) == 0
        assert [row["id"] for row in await pool.fetch("SELECT id FROM workers")] == ["new"]
        async with pool.acquire() as conn:
            assert [one.id for one in await claims.claim_due(conn, owner="new", limit=1)] == [made.id]


async def test_what_was_locked_when_a_worker_left_is_handed_back_by_the_next_heartbeat_of_another(
    database: str,
) -> None:
    async with open_pool(database, size_max=3) as pool:
        async with pool.acquire() as conn:
            made = await ask(conn, (await teams(conn, 1))[0])
            await deliveries.want(conn, made.id, Kind.PROGRESS)
            await workers.seen(conn, worker="old", slot="0", release="0")
            assert len(await deliveries.claim_due(conn, owner="old", limit=1)) == 1
        async with pool.acquire() as busy, busy.transaction():
            await busy.execute("SELECT 1 FROM deliveries FOR UPDATE")
            async with pool.acquire() as conn, conn.transaction():
                assert await workers.leave(conn, worker="old") == 0
        assert await _seen(pool) == 1
        assert [row["id"] for row in await pool.fetch("SELECT id FROM workers")] == ["new"]
        async with pool.acquire() as conn:
            assert len(await deliveries.claim_due(conn, owner="new", limit=1)) == 1
