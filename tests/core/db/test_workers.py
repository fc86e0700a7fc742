"""Taking over from the dead: what somebody has locked at that moment is taken over at the next heartbeat."""

import asyncio
from datetime import timedelta

import pytest

from core.db import workers
from core.db.generations import claims, deliveries
from core.db.pool import Pool, open_pool
from core.domain.chat.delivery import Kind
from tests.core.db.crowds import T0, ask, teams


async def _seen(pool: Pool) -> int:
    async with pool.acquire() as conn:
        return (await workers.seen(conn, worker="new", host="h", release="0", before="old")).released


async def test_a_lease_that_was_locked_is_given_back_at_the_next_heartbeat(database: str) -> None:
    async with open_pool(database, size_max=3) as pool:
        async with pool.acquire() as conn:
            made = await ask(conn, (await teams(conn, 1))[0])
            await conn.execute("UPDATE generations SET wake_at = nd_now() WHERE id = $1", made.id)
            await workers.seen(conn, worker="old", host="h", release="0")
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
            key = deliveries.key_of(made.id, Kind.PROGRESS)
            await conn.execute(
                "INSERT INTO deliveries (generation_id, kind, key, wake_at) VALUES ($1, $2, $3, nd_now())",
                *(made.id, Kind.PROGRESS, key),
            )
            await workers.seen(conn, worker="old", host="h", release="0")
            assert len(await deliveries.claim_due(conn, owner="old", limit=1)) == 1
        async with pool.acquire() as busy, busy.transaction():
            await busy.execute("SELECT 1 FROM deliveries FOR UPDATE")
            async with pool.acquire() as conn, conn.transaction():
                assert await workers.leave(conn, worker="old") == 0
        assert await _seen(pool) == 1
        assert [row["id"] for row in await pool.fetch("SELECT id FROM workers")] == ["new"]
        async with pool.acquire() as conn:
            assert len(await deliveries.claim_due(conn, owner="new", limit=1)) == 1


async def _beat(pool: Pool, worker: str, *, at_s: float, host: str = "h") -> workers.Heartbeat:
    """A heartbeat so many seconds after noon."""
    async with pool.acquire() as conn:
        await conn.execute("SELECT set_config('neverdark.now', $1, false)", (T0 + timedelta(seconds=at_s)).isoformat())
        return await workers.seen(conn, worker=worker, host=host, release="0")


async def _has_claimed(pool: Pool, worker: str) -> None:
    async with pool.acquire() as conn:
        made = await ask(conn, (await teams(conn, 1))[0])
        await conn.execute(
            "UPDATE generations SET lease_owner = $2, lease_until = $3 WHERE id = $1", made.id, worker, T0
        )


@pytest.mark.parametrize("host", ["h", "worker", "localhost"])
async def test_three_on_one_host_or_on_hosts_of_one_name_have_three_slots_and_leave_each_other_alone(
    database: str, host: str
) -> None:
    async with open_pool(database, size_max=3) as pool:
        heard = [await _beat(pool, name, at_s=0, host=host) for name in ("a", "b", "c")]
        assert [one.slot for one in heard] == [f"{host}/0", f"{host}/1", f"{host}/2"]
        for name in ("a", "b", "c"):
            await _has_claimed(pool, name)
        for at_s in range(2, 60, 2):
            assert [(await _beat(pool, name, at_s=at_s, host=host)).released for name in ("a", "b", "c")] == [0, 0, 0]


async def test_slots_are_their_own_although_many_start_at_once(database: str) -> None:
    async with open_pool(database, size_max=8) as pool:
        heard = await asyncio.gather(*(_beat(pool, f"w{n}", at_s=0) for n in range(8)))
        assert len({one.slot for one in heard}) == 8


async def test_who_is_silent_while_others_are_heard_is_dead_and_its_slot_is_free(database: str) -> None:
    async with open_pool(database, size_max=3) as pool:
        await _beat(pool, "dead", at_s=0)
        await _has_claimed(pool, "dead")
        released = [(await _beat(pool, "live", at_s=at_s)).released for at_s in (0, 3, 6, 9, 12)]
        assert released == [0, 0, 0, 0, 1]
        assert (await _beat(pool, "next", at_s=13)).slot == "h/0"


async def test_nobody_is_dead_because_postgres_was_away(database: str) -> None:
    """All of them are silent for a minute, and are heard again one after another, as they happen to try."""
    async with open_pool(database, size_max=3) as pool:
        for at_s in (0, 4, 8, 12, 16, 20, 80, 84, 88):
            for name, lag_s in (("a", 0.0), ("b", 1.5), ("c", 3.9)):
                assert (await _beat(pool, name, at_s=at_s + lag_s)).released == 0
            if at_s == 20:
                await _has_claimed(pool, "c")


async def test_a_worker_that_counted_as_dead_comes_back_with_a_slot_that_nobody_has(database: str) -> None:
    async with open_pool(database, size_max=3) as pool:
        await _beat(pool, "paused", at_s=0)
        for at_s in (0, 3, 6, 9, 12):
            await _beat(pool, "live", at_s=at_s)
        assert (await _beat(pool, "next", at_s=13)).slot == "h/0"
        back = await _beat(pool, "paused", at_s=14)
        assert (back.slot, back.is_new) == ("h/2", True)
