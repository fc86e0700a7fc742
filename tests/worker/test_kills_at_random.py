"""Two kills at random waits: any scenario, any two of the moments at which a process can die.

SIM_SEEDS says how many are tried (8), SIM_SEED_FROM with which seed they begin (0). A failure names its seed.
"""

import os
import random
from pathlib import Path

from tests.worker.kill_runs import Violated, killed_at
from tests.worker.kills import Fuse
from tests.worker.scenarios import SCENARIOS
from tests.worker.sim import runs

SEEDS = int(os.environ.get("SIM_SEEDS", "8"))
FIRST = int(os.environ.get("SIM_SEED_FROM", "0"))
WAITS = 400


async def test_two_kills_at_random_waits_lose_and_double_nothing(database: str, tmp_path: Path, clip: Path) -> None:
    async with runs(database, tmp_path, clip) as world:
        for seed in range(FIRST, FIRST + SEEDS):
            dice = random.Random(seed)
            scenario = dice.choice(SCENARIOS)
            first = dice.randint(1, WAITS)
            fuse = Fuse(blows_at=frozenset({first, first + dice.randint(1, WAITS)}), every_wait=True)
            try:
                await killed_at(world, scenario, fuse)
            except Violated as error:
                raise AssertionError(f"SIM_SEED_FROM={seed} SIM_SEEDS=1 shows it again: {error}") from error
