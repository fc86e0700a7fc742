"""The worker hedges a slow attempt when hedging says so, pays one of the two, and stops the other."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.db.errors import transaction
from core.db.health import route_health
from core.domain.ids import RouteKey
from tests.rows import one_row
from tests.worker.kills import Fuse
from tests.worker.script import Script
from tests.worker.sim import Sim, World, runs

P95_S = 60


async def _until_accepted(sim: Sim) -> datetime:
    await sim.ask()
    while not sim.vendors[RouteKey("veo.r1")].tasks:
        await sim.step()
    return sim.world.now


async def _until(sim: Sim, at: datetime) -> None:
    while sim.world.now < at and await sim.step():
        pass


async def _fall_ill(sim: Sim, world: World) -> None:
    pool: Any = world.pool
    async with transaction(pool) as conn:
        await route_health.hold(
            conn, RouteKey("veo.r1"), why="a test", until=None, config=sim.ctx.health, actor="a test"
        )


async def _attempts(sim: Sim) -> list[Any]:
    rows: list[Any] = await sim.admin.fetch("SELECT * FROM attempts ORDER BY n")
    return rows


async def _tokens(sim: Sim) -> float:
    tokens: float = await sim.admin.fetchval("SELECT hedge_tokens FROM provider_health WHERE route = 'kling.r1'")
    return tokens


@pytest.mark.parametrize("ill_after_s", [5, P95_S + 20])
async def test_an_attempt_whose_route_falls_ill_is_hedged_once_it_takes_long(
    database: str, tmp_path: Path, clip: Path, ill_after_s: int
) -> None:
    async with runs(database, tmp_path, clip) as world:
        sim = await world.begin(Script(veo=("hangs",)), fuse=Fuse())
        started_at = await _until_accepted(sim)
        before = await _tokens(sim)
        await _until(sim, started_at + timedelta(seconds=ill_after_s))
        await _fall_ill(sim, world)
        await sim.run()
        first, second = await _attempts(sim)
        assert second["is_hedge"]
        began_s = (second["intended_at"] - started_at).total_seconds()
        look_s = sim.ctx.routing.hedge_look_s
        assert max(P95_S, ill_after_s) <= began_s <= max(P95_S, ill_after_s) + look_s
        assert await _tokens(sim) >= before, "a hedge of a sick route takes no token"
        assert (first["state"], first["error_class"]) == ("failed", "cancelled"), "the loser was stopped"
        assert await sim.admin.fetchval("SELECT settled FROM generations") == 135


async def test_a_hedge_that_saves_time_takes_a_token(database: str, tmp_path: Path, clip: Path) -> None:
    async with runs(database, tmp_path, clip) as world:
        sim = await world.begin(Script(veo=("hangs",), window_s=220.0), fuse=Fuse())
        before = await _tokens(sim)
        await sim.ask()
        await sim.run()
        assert [row["is_hedge"] for row in await _attempts(sim)] == [False, True]
        assert await _tokens(sim) == pytest.approx(before + sim.ctx.health.hedge_share - 1, abs=0.06)


async def test_without_a_token_there_is_no_hedge(database: str, tmp_path: Path, clip: Path) -> None:
    async with runs(database, tmp_path, clip) as world:
        sim = await world.begin(Script(veo=("hangs",), window_s=220.0), fuse=Fuse())
        await sim.admin.execute("UPDATE provider_health SET hedge_tokens = 0.5")
        await sim.ask()
        await sim.run()
        assert not any(row["is_hedge"] for row in await _attempts(sim))


async def test_what_hedging_did_not_judge_says_nothing_about_the_loser(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with runs(database, tmp_path, clip) as world:
        sim = await world.begin(Script(veo_takes_s=95.0, window_s=220.0), fuse=Fuse())
        await sim.ask()
        await sim.run()
        loser = await one_row(sim.admin, "SELECT * FROM provider_health WHERE route = 'kling.r1'")
        assert (loser["state"], loser["score"]) == ("healthy", 0)
        assert await sim.admin.fetchval("SELECT count(*) FROM provider_slots") == 0
