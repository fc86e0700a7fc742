"""The sweeper and attempts that run for too long: each is reported once, and a round without news costs one query."""

from datetime import timedelta
from pathlib import Path

from tests.worker.sim import Sim, world
from worker.sweep import NEWS_MAX, age

P95_S = 60.0
"""What the simulated worker has learned of its routes."""


async def accepted(sim: Sim) -> None:
    await sim.ask()
    while await sim.admin.fetchval("SELECT count(*) FROM attempts WHERE state = 'accepted'") == 0:
        assert await sim.step()


async def aged(sim: Sim, seconds: float) -> int:
    """The sweep when the attempt is so old."""
    at = await sim.admin.fetchval("SELECT max(accepted_at) FROM attempts")
    await sim.world.move_to(at + timedelta(seconds=seconds))
    async with sim.pool.acquire() as conn:
        return await age(conn, sim.ctx)


async def counted(sim: Sim) -> list[str]:
    rows = await sim.admin.fetch("SELECT kind FROM provider_health_applied WHERE kind LIKE 'overdue%' ORDER BY kind")
    return [row["kind"] for row in rows]


async def test_an_attempt_is_counted_once_when_it_is_late_and_once_when_it_is_very_late(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await accepted(sim)
        assert [await aged(sim, P95_S - 1), await aged(sim, P95_S + 1), await aged(sim, P95_S + 2)] == [0, 1, 0]
        assert await counted(sim) == ["overdue_p95"]
        assert [await aged(sim, 1.5 * P95_S + 1), await aged(sim, 1.5 * P95_S + 2)] == [1, 0]
        assert await counted(sim) == ["overdue_p95", "overdue_very"]


async def test_without_history_of_its_kind_the_routes_own_guess_counts(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await accepted(sim)
        route = await sim.admin.fetchval("SELECT route FROM attempts")
        await sim.admin.execute("UPDATE provider_latency_learned SET duration_s = 5, p95_s = 10")
        guess_s = 2 * sim.ctx.routes[route].facts.usual_s
        assert guess_s > 20
        assert [await aged(sim, guess_s - 1), await aged(sim, guess_s + 1)] == [0, 1]


async def test_an_attempt_with_a_picture_is_held_against_others_with_pictures(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await accepted(sim)
        await sim.admin.execute(
            "INSERT INTO provider_latency_learned SELECT route, 'image', duration_s, lines, at, 5, 8, 10, 10, 99 "
            "FROM provider_latency_learned"
        )
        assert await aged(sim, 11) == 0
        await sim.admin.execute("UPDATE attempts SET fitted = fitted || '{\"framed\": true}'")
        assert await aged(sim, 12) == 1


async def test_an_attempt_that_is_waited_for_no_more_is_no_news(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await accepted(sim)
        await sim.admin.execute("UPDATE attempts SET state = 'late'")
        assert await aged(sim, 10 * P95_S) == 0


async def test_a_route_that_is_not_configured_any_more_is_left_alone(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await accepted(sim)
        await sim.admin.execute("UPDATE attempts SET route = 'gone.api'")
        assert await aged(sim, 10 * P95_S) == 0


async def test_after_an_outage_the_oldest_are_told_of_first_and_the_rest_by_the_next_sweeps(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await accepted(sim)
        await sim.admin.execute(
            """
            INSERT INTO attempts (generation_id, n, route, provider, model, external_id, fitted, state,
                                  provider_task_id, send_deadline, accepted_at, deadline_at, watch_until, wake_at)
            SELECT generation_id, n + i, route, provider, model, gen_random_uuid(), fitted, state,
                   provider_task_id || i, send_deadline, accepted_at - i * interval '1 s', deadline_at, watch_until,
                   wake_at FROM attempts, generate_series(1, $1::int) AS i
            """,
            NEWS_MAX,
        )
        assert await aged(sim, 10 * P95_S) == NEWS_MAX
        assert await sim.admin.fetchval("SELECT min(n) FROM provider_health_applied WHERE kind LIKE 'overdue%'") == 2
        assert [await aged(sim, 10 * P95_S), await aged(sim, 10 * P95_S)] == [1, 0]
