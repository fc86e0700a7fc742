"""When a vendor is asked: not before it can be done, densely around its usual end, seldom long after."""

import random

from hypothesis import given
from hypothesis import strategies as st

from core.domain.generations.polling import (
    BUSY_LEAST,
    BUSY_MOST,
    FALLS_S,
    LAG_MOST_S,
    LOAD_MAX,
    POLL_LEAST_S,
    POLL_MOST_S,
    RISES_S,
    failed_poll_s,
    first_poll_s,
    load_after,
    next_poll_s,
    spread_s,
)

times = st.floats(0, 3600)


@given(p5_s=times, seed=st.integers(0, 2**128))
def test_the_first_poll_waits_for_the_fastest_twentieth_but_for_one_in_eight(p5_s: float, seed: int) -> None:
    expected = max(POLL_LEAST_S, p5_s / 2 if seed % 8 == 0 else p5_s)
    assert first_poll_s(p5_s=p5_s, seed=seed) == expected


def test_a_vendor_that_becomes_faster_is_learned_of() -> None:
    """Where each poll waits for what was learned, what is learned never falls."""
    dice, p5_s = random.Random(1), 60.0
    for _ in range(6):  # each time it is learned anew
        seen = sorted(max(3.0, first_poll_s(p5_s=p5_s, seed=dice.getrandbits(128))) for _ in range(400))
        p5_s = seen[len(seen) // 20]
    assert p5_s == 3.0


@given(elapsed_s=times, p5_s=times, spread_s=times)
def test_the_pause_is_bounded_once_the_task_may_be_done(elapsed_s: float, p5_s: float, spread_s: float) -> None:
    pause_s = next_poll_s(elapsed_s=elapsed_s, p5_s=p5_s, p95_s=p5_s + spread_s)
    assert pause_s >= POLL_LEAST_S
    if elapsed_s >= p5_s:
        assert pause_s <= POLL_MOST_S


def test_it_is_asked_most_often_around_the_usual_end() -> None:
    def pause(elapsed_s: float) -> float:
        return next_poll_s(elapsed_s=elapsed_s, p5_s=30, p95_s=60)

    assert pause(5) == 25
    assert pause(30) == pause(60) == POLL_LEAST_S
    assert POLL_LEAST_S < pause(100) < pause(1000) == POLL_MOST_S


@given(failures=st.integers(0, 1000), retry_after_s=st.none() | times)
def test_a_failed_question_is_asked_again_soon_but_not_before_the_vendor_wants(
    failures: int, retry_after_s: float | None
) -> None:
    pause_s = failed_poll_s(failures=failures, retry_after_s=retry_after_s)
    assert pause_s >= max(POLL_LEAST_S, retry_after_s or 0)
    assert pause_s <= max(30.0, retry_after_s or 0)


loads = st.floats(0, LOAD_MAX)


@given(elapsed_s=times, p5_s=times, spread_s=times, load=loads, more=loads)
def test_a_busier_process_never_asks_more_often(
    elapsed_s: float, p5_s: float, spread_s: float, load: float, more: float
) -> None:
    low, high = sorted((load, more))

    def pause(load: float) -> float:
        return next_poll_s(elapsed_s=elapsed_s, p5_s=p5_s, p95_s=p5_s + spread_s, load=load)

    assert pause(low) <= pause(high) + 1e-9
    if elapsed_s >= p5_s:
        assert POLL_LEAST_S <= pause(high) <= POLL_MOST_S * max(1.0, high)
    else:
        assert pause(high) == pause(0.0)


@given(pause_s=times, seed=st.integers(0, 2**128))
def test_a_pause_is_spread_by_a_tenth_at_most_and_the_same_each_time(pause_s: float, seed: int) -> None:
    assert 0.9 * pause_s - 1e-9 <= spread_s(pause_s, seed=seed) <= 1.1 * pause_s + 1e-9
    assert spread_s(pause_s, seed=seed) == spread_s(pause_s, seed=seed)
    assert len({spread_s(60.0, seed=seed + 389 * polls) for polls in range(10)}) == 10


def _polls(*, load: float, ends_at_s: float = 120.0) -> int:
    at_s, polls = first_poll_s(p5_s=57, seed=1), 1
    while at_s < ends_at_s:
        at_s += next_poll_s(elapsed_s=at_s, p5_s=57, p95_s=250, load=load)
        polls += 1
    return polls


def test_at_its_limit_a_process_asks_a_quarter_as_often_as_with_room() -> None:
    assert _polls(load=0.0) > 30
    assert _polls(load=1.0) < 9


def test_beyond_its_limit_a_process_asks_each_task_less_often_still() -> None:
    assert _polls(load=2.0) < _polls(load=1.0)
    assert next_poll_s(elapsed_s=200, p5_s=57, p95_s=250, load=2.0) == 2 * POLL_MOST_S


shares = st.floats(0, 1.5)


@given(load=loads, lag_s=times, busy=shares, after_s=times)
def test_the_load_stays_bounded_and_rises_where_polls_are_late_or_the_process_is_busy(
    load: float, lag_s: float, busy: float, after_s: float
) -> None:
    after = load_after(load, lag_s=lag_s, busy=busy, after_s=after_s)
    assert 0.0 <= after <= LOAD_MAX
    if lag_s > LAG_MOST_S or busy > BUSY_MOST:
        assert after >= load
    elif busy < BUSY_LEAST:
        assert after <= load
    else:
        assert after == load


def test_it_takes_seconds_to_the_limit_and_as_long_back_where_nothing_is_to_do() -> None:
    assert load_after(0.0, lag_s=10.0, busy=0.5, after_s=RISES_S) == 1.0
    assert load_after(1.0, lag_s=0.0, busy=0.0, after_s=FALLS_S) == 0.0
    assert load_after(1.0, lag_s=0.0, busy=0.9 * BUSY_LEAST, after_s=FALLS_S) > 0.8


@given(load=loads, lag_s=times, busy=shares, pieces=st.integers(1, 20))
def test_how_often_it_is_measured_makes_no_difference(load: float, lag_s: float, busy: float, pieces: int) -> None:
    often = load
    for _ in range(pieces):
        often = load_after(often, lag_s=lag_s, busy=busy, after_s=3.0 / pieces)
    assert abs(often - load_after(load, lag_s=lag_s, busy=busy, after_s=3.0)) < 1e-6
