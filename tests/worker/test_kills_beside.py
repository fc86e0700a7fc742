"""The same for scenarios in which attempts run beside each other, come late, or are cancelled."""

import os
from pathlib import Path

import pytest

from tests.worker.kill_runs import killed_everywhere
from tests.worker.kills import Place
from tests.worker.scenarios import BESIDE, Scenario
from tests.worker.sim import runs

pytestmark = pytest.mark.long
EVERY_WAIT = os.environ.get("SIM_EVERY_WAIT") == "1"


@pytest.mark.parametrize("scenario", BESIDE, ids=lambda s: s.name)
async def test_a_kill_at_any_moment_loses_and_doubles_nothing(
    scenario: Scenario, known_places: set[Place], database: str, tmp_path: Path, clip: Path
) -> None:
    async with runs(database, tmp_path, clip) as world:
        assert await killed_everywhere(world, scenario, known_places, every_wait=EVERY_WAIT) > 12
        assert await world.admin.fetch("SELECT * FROM check_ledger(NULL)") == []
