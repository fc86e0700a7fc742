"""Kill -9 at every moment of every scenario of one attempt after another: nothing is lost and nothing doubled.

`SIM_EVERY_WAIT=1` kills at every single wait as well, those inside of transactions too: an hour instead of a minute.
"""

import os
from pathlib import Path

import pytest

from tests.worker.kill_runs import killed_everywhere
from tests.worker.kills import Place
from tests.worker.scenarios import PLAIN, Scenario
from tests.worker.sim import runs

pytestmark = pytest.mark.long
EVERY_WAIT = os.environ.get("SIM_EVERY_WAIT") == "1"


@pytest.mark.parametrize("scenario", PLAIN, ids=lambda s: s.name)
async def test_a_kill_at_any_moment_loses_and_doubles_nothing(
    scenario: Scenario, known_places: set[Place], database: str, tmp_path: Path, clip: Path
) -> None:
    async with runs(database, tmp_path, clip) as world:
        assert await killed_everywhere(world, scenario, known_places, every_wait=EVERY_WAIT) > 15
        assert await world.admin.fetch("SELECT * FROM check_ledger(NULL)") == []
