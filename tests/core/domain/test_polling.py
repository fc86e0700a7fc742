"""When a vendor is asked: not before it can be done, densely around its usual end, seldom long after."""

from hypothesis import given
from hypothesis import strategies as st

from core.domain.polling import (
    LAG_FINE_S,
    LAG_FULL_S,
    POLL_LEAST_S,
    POLL_MOST_S,
    failed_poll_s,
    first_poll_s,
    load_after,
    next_poll_s,
)

times = st.floats(0, 3600)


@given(p5_s=times)
def test_the_first_poll_waits_for_the_fastest_twentieth(p5_s: float) -> None:
    assert first_poll_s(p5_s=p5_s) == max(POLL_LEAST_S, p5_s)


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


loads = st.floats(0, 1)


@given(elapsed_s=times, p5_s=times, spread_s=times, load=loads, more=loads)
def test_a_busier_process_never_asks_more_often(
    elapsed_s: float, p5_s: float, spread_s: float, load: float, more: float
) -> None:
    low, high = sorted((load, more))

    def pause(load: float) -> float:
        return next_poll_s(elapsed_s=elapsed_s, p5_s=p5_s, p95_s=p5_s + spread_s, load=load)

    assert pause(low) <= pause(high) + 1e-9
    if elapsed_s >= p5_s:
        assert POLL_LEAST_S <= pause(high) <= POLL_MOST_S
    else:
        assert pause(high) == pause(0.0)


def _polls(*, load: float, ends_at_s: float = 120.0) -> int:
    at_s, polls = first_poll_s(p5_s=57), 1
    while at_s < ends_at_s:
        at_s += next_poll_s(elapsed_s=at_s, p5_s=57, p95_s=250, load=load)
        polls += 1
    return polls


def test_at_its_limit_a_process_asks_a_quarter_as_often_as_with_room() -> None:
    assert _polls(load=0.0) > 30
    assert _polls(load=1.0) < 9


@given(load=loads, lag_s=times)
def test_the_load_stays_between_room_and_limit_and_moves_towards_what_is_measured(load: float, lag_s: float) -> None:
    after = load_after(load, lag_s=lag_s)
    assert 0.0 <= after <= 1.0
    if lag_s <= LAG_FINE_S:
        assert after <= load
    if lag_s >= LAG_FULL_S:
        assert after >= load


def test_load_rises_within_seconds_and_falls_within_a_minute() -> None:
    load = 0.0
    for _ in range(5):
        load = load_after(load, lag_s=10.0)
    assert load > 0.95
    for _ in range(60):
        load = load_after(load, lag_s=0.0)
    assert load < 0.01
