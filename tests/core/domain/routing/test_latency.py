"""What is usual, and when waiting ends."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.health.config import LatencyConfig
from core.domain.routing.latency import prior, risen, timeout_s

CONFIG = LatencyConfig()
T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("p95_s", "ceiling_s", "expected_s"),
    [(20, None, 180), (120, None, 300), (400, None, 600), (400, 900, 900), (120, 200, 200)],
)
def test_a_timeout_is_two_and_a_half_p95_within_its_bounds(
    p95_s: float, ceiling_s: float | None, expected_s: float
) -> None:
    assert timeout_s(prior(60, p95_s=p95_s), CONFIG, ceiling_s=ceiling_s) == expected_s


def test_p95_rises_by_a_tenth_a_day_at_most_and_falls_at_once() -> None:
    tomorrow = T0 + timedelta(days=1)
    assert risen(100, 200, at=T0, now=tomorrow, config=CONFIG) == pytest.approx(110)
    assert risen(100, 105, at=T0, now=tomorrow, config=CONFIG) == 105
    assert risen(100, 60, at=T0, now=T0, config=CONFIG) == 60


@settings(deadline=None)
@given(steps_s=st.lists(st.floats(1, 20_000), min_size=1, max_size=20))
def test_refreshing_often_raises_it_no_faster(steps_s: list[float]) -> None:
    at, p95_s = T0, 100.0
    for step_s in steps_s:
        now = at + timedelta(seconds=step_s)
        p95_s = risen(p95_s, 1e9, at=at, now=now, config=CONFIG)
        at = now
    assert p95_s == pytest.approx(risen(100.0, 1e9, at=T0, now=at, config=CONFIG))


@given(p50_s=st.floats(1, 1000))
def test_a_guess_is_ordered_and_has_no_samples(p50_s: float) -> None:
    guess = prior(p50_s)
    assert guess.p5_s < guess.p50_s < guess.p90_s < guess.p95_s
    assert guess.samples == 0


@pytest.mark.parametrize(
    ("p95_s", "ceiling_s", "expected_s"),
    [
        (71, None, 180), (72, None, 180), (73, None, 182.5), (239, None, 597.5), (240, None, 600), (241, None, 600),
        (400, 840, 840), (300, 840, 750), (1, 100, 100), (10, 0, 180),
    ],
)  # fmt: skip
def test_a_timeout_at_its_bounds(p95_s: float, ceiling_s: float | None, expected_s: float) -> None:
    assert timeout_s(prior(60, p95_s=p95_s), CONFIG, ceiling_s=ceiling_s) == expected_s


def test_a_guess_that_knows_its_tail() -> None:
    guess = prior(60, p95_s=200)
    assert (guess.p5_s, guess.p50_s, guess.p90_s, guess.p95_s) == (30, 60, 170, 200)


def test_p95_rises_by_the_tenth_for_each_part_of_a_day_and_not_backwards() -> None:
    half, two = T0 + timedelta(hours=12), T0 + timedelta(days=2)
    assert risen(100, 999, at=T0, now=half, config=CONFIG) == pytest.approx(104.88, abs=0.01)
    assert risen(100, 999, at=T0, now=two, config=CONFIG) == pytest.approx(121)
    assert risen(100, 999, at=two, now=T0, config=CONFIG) == 100
