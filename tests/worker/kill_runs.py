"""Runs a scenario again and again, killed at another moment each time, until all of them have had their turn."""

import os

from tests.quick import IS_QUICK, left_out
from tests.worker.kills import Fuse, Place
from tests.worker.scenarios import Scenario, ended_well
from tests.worker.sim import World

MOMENTS_MAX = 3000


class Violated(AssertionError):
    """What did not hold, and how to see it again."""

    def __init__(self, scenario: Scenario, fuse: Fuse, what: object) -> None:
        waits = "waits" if fuse.every_wait else "moments"
        what_happened = "frozen" if fuse.freezes else "killed"
        super().__init__(f"{scenario.name}, {what_happened} at the {waits} {sorted(fuse.blows_at)}: {what}")


async def killed_at(world: World, scenario: Scenario, fuse: Fuse) -> int:
    """One run with kills; returns how many there were.

    Raises:
        Violated
    """
    sim = await world.begin(scenario.script, fuse=fuse)
    await sim.ask()
    try:
        await sim.run()
        await ended_well(sim, scenario)
    except AssertionError as error:
        raise Violated(scenario, fuse, error) from error
    return sim.killed


async def killed_everywhere(
    world: World, scenario: Scenario, known: set[Place], *, every_wait: bool = False, freezes: bool = False
) -> int:
    """A run for each moment that there is; returns how many moments there were.

    Args:
        known: places in our code at which a scenario was killed before; this one's come to them.

    Raises:
        Violated
    """
    whole = Fuse(every_wait=every_wait)
    await killed_at(world, scenario, whole)
    for moment in moments(whole, known):
        await killed_at(world, scenario, Fuse(blows_at=frozenset({moment}), every_wait=every_wait, freezes=freezes))
    return whole.passed


def moments(whole: Fuse, known: set[Place]) -> list[int]:
    """When to kill, by a run in which nobody was killed: at every moment that it had.

    In the quick suite, at the first moment in each place of our code that is not known yet.

    Args:
        known: the places of the moments come to them.
    """
    assert len(whole.places) == whole.passed < MOMENTS_MAX, "this run had kills, or has no end"
    if not IS_QUICK:
        return list(range(1, whole.passed + 1))
    new = [n for n, place in enumerate(whole.places, 1) if place not in known and whole.places.index(place) == n - 1]
    known.update(whole.places)
    left_out[os.environ["PYTEST_CURRENT_TEST"]] = whole.passed - len(new)
    return new
