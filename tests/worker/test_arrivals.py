"""A burst of commands comes in before it is worked on: for a moment, never for long, and nothing else waits for it."""

from itertools import count
from pathlib import Path

import pytest

from tests.worker.sim import world
from worker.arrivals import Arrivals


def arrived(*moments: float) -> Arrivals:
    arrivals = Arrivals()
    for each in moments:
        arrivals.note(each)
    return arrivals


@pytest.mark.parametrize(
    ("many", "over_s", "wait_s"),
    [(1, 0.0, 0.0), (8, 0.0, 0.0), (9, 0.0, 0.1), (9, 0.08, 0.1), (9, 0.12, 0.0), (200, 0.01, 0.1)],
)
def test_more_than_eight_within_a_tenth_of_a_second_are_a_burst(many: int, over_s: float, wait_s: float) -> None:
    moments = [50.0 + over_s * n / max(1, many - 1) for n in range(many)]
    assert arrived(*moments).wait_s(50.0 + over_s) == pytest.approx(wait_s)


def test_it_is_over_a_tenth_of_a_second_after_the_last_that_belonged_to_it() -> None:
    burst = arrived(*[7.0] * 20)
    assert [burst.wait_s(at) for at in (7.0, 7.09, 7.1, 7.2)] == pytest.approx([0.1, 0.1, 0.0, 0.0])


def test_nothing_waits_longer_than_a_second_and_then_nothing_waits_for_ten() -> None:
    arrivals = Arrivals()
    waited = []
    for n in count():
        now = 3.0 + n * 0.01
        if now > 17:
            break
        arrivals.note(now)
        if arrivals.wait_s(now):
            waited.append(now)
    first = [at for at in waited if at < 10]
    assert first[-1] - first[0] == pytest.approx(1.0, abs=0.03)
    assert [at for at in waited if 4.2 < at < 13.9] == []
    assert waited[-1] - waited[len(first)] == pytest.approx(1.0, abs=0.03), "the next one, of the same length"


def test_of_nine_that_came_eight_within_the_time_are_no_burst() -> None:
    assert arrived(50.0, *[50.08] * 8).wait_s(50.12) == 0.0
    assert arrived(*[50.08] * 9).wait_s(50.12) == pytest.approx(0.1)


def test_a_burst_that_began_a_second_ago_is_let_in_and_the_next_one_after_exactly_ten() -> None:
    arrivals, waits = arrived(*[4.0] * 9), []
    for now in (4.0, 4.75, 5.0, 5.5, 14.75, 15.0, 16.0, 16.25):
        for _ in range(9):
            arrivals.note(now)
        waits.append(arrivals.wait_s(now))
    assert waits == pytest.approx([0.1, 0.1, 0.0, 0.0, 0.0, 0.1, 0.0, 0.0])


def test_the_last_of_the_second_is_not_waited_beyond() -> None:
    arrivals = arrived(*[4.0] * 9)
    arrivals.wait_s(4.0)
    for _ in range(9):
        arrivals.note(4.9375)
    assert arrivals.wait_s(4.9375) == 0.0625


def test_two_bursts_of_less_than_a_second_are_both_let_in() -> None:
    arrivals = Arrivals()
    for began in (1.0, 1.9):
        for n in range(50):
            arrivals.note(began + n * 0.01)
            arrivals.wait_s(began + n * 0.01)
        assert arrivals.wait_s(began + 0.5) == pytest.approx(0.1)
        assert arrivals.wait_s(began + 0.7) == 0


class OwnClock(Arrivals):
    """Arrivals with a clock that the test moves: how long a busy machine takes between two lines does not count."""

    clock = 5.0

    def note(self, now: float) -> None:
        super().note(self.clock)

    def wait_s(self, now: float) -> float:
        return super().wait_s(self.clock)


async def test_the_dispatcher_begins_nothing_while_a_burst_comes_in_and_all_of_it_afterwards(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        for n in range(9):
            sim.run_n = n + 1
            await sim.ask()
        async with sim.pool.acquire() as conn:
            first, *others = [row["id"] for row in await conn.fetch("SELECT id FROM generations")]
        sim.dispatcher._arrivals = arrivals = OwnClock()
        sim.dispatcher.hint(first)
        assert [each.generation.id for each in await sim.dispatcher._claim_generations(1)] == [first]
        for each in others:
            sim.dispatcher.hint(each)
        assert await sim.dispatcher._claim_generations(20) == ()
        arrivals.clock += 0.2
        claimed = await sim.dispatcher._claim_generations(20)
    assert {each.generation.id for each in claimed} == set(others)
