"""A worker that stands still until another has done its work, and then goes on: nothing that it does counts any more.

A vendor that cannot be asked may get a second task that way, and a chat without an idempotency key a second message:
nobody can call back what leaves a frozen process late. So these scenarios have vendors and a chat that can be asked.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.worker.kill_runs import killed_everywhere
from tests.worker.kills import Place
from tests.worker.scenarios import SCENARIOS, Scenario
from tests.worker.sim import runs

pytestmark = pytest.mark.long
NAMES = ("success", "late, after its successor")
CHOSEN = [
    replace(scenario, script=replace(scenario.script, chat="keyed")) for scenario in SCENARIOS if scenario.name in NAMES
]


@pytest.mark.parametrize("scenario", CHOSEN, ids=lambda s: s.name)
async def test_a_worker_that_wakes_up_too_late_changes_nothing(
    scenario: Scenario, known_places: set[Place], database: str, tmp_path: Path, clip: Path
) -> None:
    async with runs(database, tmp_path, clip) as world:
        assert await killed_everywhere(world, scenario, known_places, freezes=True) > 15
        assert await world.admin.fetch("SELECT * FROM check_ledger(NULL)") == []
