"""An old and a new version on one database: what the old one does not know it leaves alone, unharmed."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.db.generations import claims
from core.domain.generations.steps import CLAIMS_MAX
from tests.worker.sim import Sim, world


async def newer(sim: Sim, column: str, value: dict[str, Any]) -> None:
    """A newer version writes something into a row that is there."""
    async with sim.pool.acquire() as conn:
        await conn.execute(f"UPDATE generations SET {column} = coalesce({column}, '{{}}') || $1", value)  # noqa: S608 - ours


async def test_unknown_fields_are_passed_over_and_still_there_at_the_end(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["busy"], kling=["ok"]) as sim:
        await sim.ask()
        await newer(sim, "request", {"camera": {"path": "orbit"}, "style": "noir"})
        await sim.run()
        await newer(sim, "clip", {"codec": "av1"})
        async with sim.pool.acquire() as conn:
            seen = await claims.load(conn, sim.id)
        assert seen is not None
        assert (seen.outcome, seen.request.prompt) == ("succeeded", "a fox")
        kept = await sim.admin.fetchval("SELECT request->>'style' FROM generations")
        assert kept == "noir"


@pytest.mark.parametrize(
    "words",
    [
        'request = request || \'{"tier": "cinema"}\'',
        'request = request || \'{"aspect": "32:9"}\'',
        "error_class = 'solar_flare'",
        "request = request - 'prompt'",
    ],
)
async def test_a_row_that_only_a_newer_worker_understands_is_left_to_it_unharmed(
    words: str, database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        await sim.admin.execute(f"UPDATE generations SET {words}")  # noqa: S608 - ours
        before = await sim.admin.fetchrow("SELECT request, state, reason, plan, claims FROM generations")
        for _ in range(CLAIMS_MAX + 3):
            async with sim.pool.acquire() as conn:
                assert await claims.claim_due(conn, owner="old", limit=10) == []
                assert await claims.claim_these(conn, [sim.id], owner="old") == []
            await sim.world.move_to(sim.world.now + timedelta(seconds=5))
        after = await sim.admin.fetchrow("SELECT request, state, reason, plan, claims FROM generations")
        assert after == before, "not a claim is counted against it, so it never becomes poison"
        assert await sim.admin.fetchval("SELECT lease_owner IS NULL AND wake_at <= nd_now() FROM generations")


async def test_one_such_row_holds_up_no_other(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        strange = sim.id
        await sim.admin.execute('UPDATE generations SET request = request || \'{"tier": "cinema"}\'')
        sim.run_n = 2
        await sim.ask()
        async with sim.pool.acquire() as conn:
            claimed = await claims.claim_due(conn, owner="old", limit=10)
        assert [one.id for one in claimed] == [sim.id]
        assert strange != sim.id
