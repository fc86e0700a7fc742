"""How far a generation goes when its first provider fails: as its workspace had chosen when it was asked for."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.db.generations import claims, deliveries
from core.domain.chat.delivery import Kind
from core.domain.chat.principal import Principal
from core.domain.generations.generation import Generation, Outcome, State
from core.domain.ids import Installation, UserId
from core.domain.requests.fallback import Fallback
from core.domain.requests.tiers import KLING, VEO
from core.usecases.people.settings import FALLBACK, choose
from tests.worker.sim import PLATFORM, Sim, world

ADMIN = Principal(platform=PLATFORM, installation=Installation("w"), user=UserId("ana"), is_admin=True)


async def _choose(sim: Sim, chosen: Fallback) -> None:
    terms = replace(sim.terms, free_credits=10_000)
    await choose(ADMIN, setting=FALLBACK, value=chosen, pool=sim.pool, terms=terms)


async def _generation(sim: Sim) -> Generation:
    async with sim.pool.acquire() as conn:
        found = await claims.load(conn, await conn.fetchval("SELECT id FROM generations"))
    assert found is not None
    return found


async def test_never_means_that_nobody_takes_over_and_nothing_is_paid(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["fails"], kling=["ok"]) as sim:
        await _choose(sim, Fallback.NEVER)
        await sim.ask()
        await sim.run()
        ended = await _generation(sim)
        assert (ended.state, ended.outcome, ended.settled) == (State.DONE, Outcome.FAILED, 0)
        assert set(ended.prices) == {VEO}
        assert await sim.admin.fetchval("SELECT count(*) FROM attempts WHERE provider = 'kling'") == 0
        plan = await sim.admin.fetchval("SELECT plan #>> '{skipped,0,reason}' FROM generations")
        assert plan == "the workspace wants no fallback"
        assert await sim.admin.fetch("SELECT * FROM check_ledger(NULL)") == []


@pytest.mark.parametrize("chosen", [Fallback.SAME_TIER, Fallback.ANY])
async def test_otherwise_the_next_of_the_tier_takes_over(
    chosen: Fallback, database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["fails"], kling=["ok"]) as sim:
        await _choose(sim, chosen)
        await sim.ask()
        await sim.run()
        ended = await _generation(sim)
        assert (ended.outcome, ended.settled) == (Outcome.SUCCEEDED, ended.prices[KLING])


async def test_a_provider_that_is_set_aside_for_its_health_is_named_in_the_one_line_of_the_result(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.admin.execute(
            "UPDATE provider_health SET state = 'demoted', until = nd_now() + interval '1 hour' WHERE route LIKE 'veo%'"
        )
        await sim.ask()
        await sim.run()
        assert await sim.admin.fetchval("SELECT passed -> 0 ->> 'why' FROM attempts") == "trouble"
        key = deliveries.key_of(sim.id, Kind.RESULT)
        [last] = [m for messages in sim.chat.threads.values() for m in messages if m.key == key]
        assert last.text.count("Veo was having trouble, so Kling made it.") == 1


async def test_a_choice_made_while_it_runs_comes_too_late_for_it(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["fails"], kling=["ok"]) as sim:
        await sim.ask()
        await _choose(sim, Fallback.NEVER)
        await sim.run()
        assert (await _generation(sim)).outcome is Outcome.SUCCEEDED
