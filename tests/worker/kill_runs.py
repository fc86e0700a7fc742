"""Runs a scenario again and again, killed at another moment each time, until all of them have had their turn."""

from tests.quick import IS_QUICK
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

    In the quick suite, a run for each place in our code that no scenario before this one was killed at.

    Args:
        known: those places; this scenario's come to them.

    Raises:
        Violated
    """
    if IS_QUICK:
        return await _killed_in_new_places(world, scenario, known, every_wait=every_wait, freezes=freezes)
    for moment in range(1, MOMENTS_MAX):
        fuse = Fuse(blows_at=frozenset({moment}), every_wait=every_wait, freezes=freezes)
        if await killed_at(world, scenario, fuse) == 0:
            return moment - 1
    raise AssertionError(f"{scenario.name} has more than {MOMENTS_MAX} moments")


async def _killed_in_new_places(
    world: World, scenario: Scenario, known: set[Place], *, every_wait: bool, freezes: bool
) -> int:
    whole = Fuse(every_wait=every_wait)
    await killed_at(world, scenario, whole)
    for moment, place in enumerate(whole.places, 1):
        if place not in known:
            known.add(place)
            await killed_at(world, scenario, Fuse(blows_at=frozenset({moment}), every_wait=every_wait, freezes=freezes))
    return whole.passed
