"""The scripted outages of `benchmarks/failover` mean something: the engine does what the pure decisions say."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.failover.beside import engine, pure
from benchmarks.failover.simulated_time import Time
from benchmarks.failover.trace import Trace, differences
from benchmarks.failover.world import Kind, World

SEES = frozenset({Kind.HARD})


@pytest.fixture(scope="module")
def bad_day() -> World:
    """Twenty generations in two hours in which nearly everything happens."""
    return World(generations=20, per_hour=10, seed=393)


def test_the_engine_does_what_the_pure_decisions_say(bad_day: World, database: str, tmp_path: Path) -> None:
    tally, expected = pure(bad_day, SEES)
    of_engine, found = engine(bad_day, SEES, dsn=database, folder=tmp_path)
    assert [str(one) for one in differences(expected, found)] == []
    assert of_engine.success() == tally.success()
    assert of_engine.submits == tally.submits
    assert of_engine.wasted_usd == pytest.approx(tally.wasted_usd)
    assert of_engine.met == pytest.approx(tally.met)


def test_it_is_a_bad_day(bad_day: World) -> None:
    """What is compared is worth comparing: fallbacks, hedges, waste, lost generations, demotions, probes."""
    tally, trace = pure(bad_day, SEES)
    delivered, asked = tally.success()
    assert tally.submits > asked > delivered
    assert any(start.is_hedge for starts in trace.starts.values() for start in starts)
    assert tally.wasted_usd > 0
    assert {move.reason for move in trace.moves} == {"timeout", "due", "probe_late", "probes_ok", "unwanted"}


def test_a_later_delivery_by_another_vendor_is_a_difference(bad_day: World) -> None:
    _, trace = pure(bad_day, SEES)
    n, delivery = next(iter(trace.deliveries.items()))
    for other in (replace(delivery, at=delivery.at + 0.1), replace(delivery, vendor="nobody")):
        unlike = list(differences(trace, replace(trace, deliveries={**trace.deliveries, n: other})))
        assert [(one.n, one.expected, one.found) for one in unlike] == [(n, delivery, other)]


def test_a_missing_attempt_and_a_missing_transition_are_differences(bad_day: World) -> None:
    _, trace = pure(bad_day, SEES)
    n, starts = next(iter(trace.starts.items()))
    fewer = Trace(starts={**trace.starts, n: starts[1:]}, deliveries=trace.deliveries, moves=trace.moves[:-1])
    lost = [one.expected for one in differences(trace, fewer) if one.found is None]
    assert lost == [starts[-1], trace.moves[-1]]


def test_the_first_generations_of_a_world_meet_what_they_meet_in_the_whole_of_it() -> None:
    world = World(generations=300, per_hour=20, seed=1)
    _, whole = pure(world, SEES)
    _, part = pure(world.first(100), SEES)
    early = [request.n for request in world.requests[:80]]
    assert [part.starts[n] for n in early] == [whole.starts[n] for n in early]
    assert len(part.starts) == 100


async def test_whoever_sleeps_is_woken_in_time_and_nobody_else_runs_meanwhile() -> None:
    time, said = Time(), []

    async def work(name: str, for_s: float) -> None:
        said.append((name, time.now))
        await time.sleep(for_s)
        said.append((name, time.now))

    time.at(1.0, lambda: work("long", 5.0))
    time.at(2.0, lambda: work("short", 1.0))
    for _ in range(4):
        await time.step()
    assert said == [("long", 1.0), ("short", 2.0), ("short", 3.0), ("long", 6.0)]
    assert time.next_at == float("inf")
