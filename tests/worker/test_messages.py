"""What is due to be said: results before edits, extras once for each attempt, and none for the previous release."""

from pathlib import Path

from core.db.generations import deliveries
from core.domain.chat.delivery import Kind
from tests.worker.sim import Sim, world


async def _due(sim: Sim) -> None:
    """A progress message that has been due for long, a result and two extras that are due now."""
    await sim.ask()
    async with sim.pool.acquire() as conn:
        await conn.execute("UPDATE deliveries SET state = 'done' WHERE kind = 'root'")
        await conn.execute("UPDATE deliveries SET wake_at = nd_now() - interval '1 hour' WHERE kind = 'progress'")
        key = deliveries.key_of(sim.id, Kind.RESULT)
        await conn.execute(
            "INSERT INTO deliveries (generation_id, kind, key, wake_at) VALUES ($1, $2, $3, nd_now())",
            *(sim.id, Kind.RESULT, key),
        )
        for attempt in (1, 2, 1):
            await deliveries.want_extra(conn, sim.id, attempt=attempt)


async def test_edits_of_the_progress_give_way_and_get_what_is_left(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await _due(sim)
        async with sim.pool.acquire() as conn:
            first = await deliveries.claim_due(conn, owner="one", limit=2)
            rest = await deliveries.claim_due(conn, owner="two", limit=9)
            assert await deliveries.claim_due(conn, owner="three", limit=9) == []
    assert len(first) == 2
    assert Kind.PROGRESS not in {one.kind for one in first}
    assert sorted(one.kind for one in (*first, *rest)) == ["extra", "extra", "progress", "result"]
    assert sorted(one.attempt for one in (*first, *rest)) == [0, 0, 1, 2]
    assert len({one.key for one in (*first, *rest)}) == 4


async def test_results_go_before_roots_however_long_those_have_waited(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await _due(sim)
        async with sim.pool.acquire() as conn:
            await conn.execute(
                "UPDATE deliveries SET state = 'due', lease_owner = NULL, lease_until = NULL, "
                "wake_at = nd_now() - interval '2 hours' WHERE kind = 'root'"
            )
            (first,) = await deliveries.claim_due(conn, owner="one", limit=1)
            rest = [await deliveries.claim_due(conn, owner="one", limit=1) for _ in range(4)]
    order = [first.kind, *(one.kind for (one,) in rest)]
    assert order[-2:] == [Kind.ROOT, Kind.PROGRESS]


async def test_what_was_handed_back_was_no_try_and_hears_of_news_at_once(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await _due(sim)
        async with sim.pool.acquire() as conn:
            (one,) = (d for d in await deliveries.claim_due(conn, owner="one", limit=9) if d.kind is Kind.RESULT)
            await deliveries.hand_back(conn, one, in_s=600)
            assert not [d for d in await deliveries.claim_due(conn, owner="one", limit=9) if d.kind is Kind.RESULT]
            await deliveries.nudge(conn, sim.id)
            (again,) = (d for d in await deliveries.claim_due(conn, owner="one", limit=9) if d.kind is Kind.RESULT)
            await deliveries.nudge(conn, sim.id)
            await deliveries.hand_back(conn, again, in_s=600)
            (third,) = (d for d in await deliveries.claim_due(conn, owner="one", limit=9) if d.kind is Kind.RESULT)
    assert (one.tries, again.tries, third.tries) == (1, 1, 1)
