"""The engine, as it should run: each scenario ends, is paid once for what it got, and is said once."""

from pathlib import Path

from tests.worker.kills import Fuse
from tests.worker.scenarios import SCENARIOS, ended_well
from tests.worker.sim import runs


async def test_every_scenario_ends_as_it_should(database: str, tmp_path: Path, clip: Path) -> None:
    async with runs(database, tmp_path, clip) as world:
        for scenario in SCENARIOS:
            sim = await world.begin(scenario.script, fuse=Fuse())
            await sim.ask()
            await sim.run()
            try:
                await ended_well(sim, scenario)
                assert sim.killed == 0
            except AssertionError as error:
                raise AssertionError(f"{scenario.name}: {error}") from error
        assert await world.admin.fetch("SELECT * FROM check_ledger(NULL)") == []
