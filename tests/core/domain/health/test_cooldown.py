"""Cooldowns, slots and the pace of panic: what is no evidence against a route."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.health.config import HealthConfig
from core.domain.health.cooldown import after_success, panic_ready_at, with_cooldown, with_panic
from core.domain.health.route_health import HealthState, Reason, new_route
from core.domain.ids import RouteKey

CONFIG = HealthConfig()
T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROW = new_route(RouteKey("veo.vertex"), now=T0, slots=10, hedge_tokens=10.0)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def test_a_429_keeps_everyone_away_for_15_s_or_as_long_as_the_vendor_says() -> None:
    assert with_cooldown(ROW, T0, CONFIG, retry_after_s=None, concurrency=False).cooldown_until == at(15)
    assert with_cooldown(ROW, T0, CONFIG, retry_after_s=40, concurrency=False).cooldown_until == at(40)
    assert with_cooldown(ROW, T0, CONFIG, retry_after_s=9999, concurrency=False).cooldown_until == at(600)


def test_429s_that_follow_each_other_double_the_cooldown() -> None:
    row, now, lengths = ROW, 0.0, []
    for _ in range(8):
        row = with_cooldown(row, at(now), CONFIG, retry_after_s=None, concurrency=False)
        assert row.cooldown_until is not None
        lengths.append((row.cooldown_until - at(now)).total_seconds())
        now += lengths[-1] + 60
    assert lengths == [15, 30, 60, 120, 240, 480, 600, 600]
    row = with_cooldown(row, at(now + 120), CONFIG, retry_after_s=None, concurrency=False)
    assert row.cooldown_until == at(now + 120 + 15)


def test_429s_of_requests_that_were_under_way_together_count_once() -> None:
    row = with_cooldown(ROW, T0, CONFIG, retry_after_s=30, concurrency=False)
    row = with_cooldown(row, at(1), CONFIG, retry_after_s=None, concurrency=False)
    assert (row.cooldown_k, row.cooldown_until) == (0, at(30))


def test_too_many_tasks_at_once_shrinks_the_slots_and_ten_successes_give_one_back() -> None:
    row = with_cooldown(ROW, T0, CONFIG, retry_after_s=None, concurrency=True)
    assert row.slots == 7
    for _ in range(10):
        row = after_success(row, CONFIG)
    assert row.slots == 8
    for _ in range(100):
        row = after_success(row, CONFIG)
    assert row.slots == 10


def test_one_slot_is_always_left() -> None:
    row = ROW
    for n in range(20):
        row = with_cooldown(row, at(n), CONFIG, retry_after_s=None, concurrency=True)
    assert row.slots == 1


def test_panic_allows_five_at_once_and_then_one_each_5_s() -> None:
    row, starts = ROW, []
    now = 100.0
    for _ in range(8):
        now = max(now, (panic_ready_at(row, CONFIG) - T0).total_seconds())
        starts.append(now - 100)
        row = with_panic(row, at(now), CONFIG)
    assert starts == [0, 0, 0, 0, 0, 5, 10, 15]
    assert panic_ready_at(replace(row), CONFIG) == at(120)


@pytest.mark.parametrize("reason", list(Reason))
def test_only_slowness_leaves_panic_without_a_pace(reason: Reason) -> None:
    """A route whose videos come is no slower for a hundred tries, and they leave no debt for a failure after it."""
    row = replace(ROW, state=HealthState.DEMOTED, reason=reason)
    starts = 0
    while starts < 100 and panic_ready_at(row, CONFIG) <= at(100):
        row, starts = with_panic(row, at(100), CONFIG), starts + 1
    is_slow = reason in (Reason.SLOW, Reason.SLOW_DUE)
    assert (starts, row.panic_due is None) == ((100, True) if is_slow else (5, False))


def test_slowness_lifts_the_pace_that_failures_have_laid_on_a_route() -> None:
    failing = replace(ROW, panic_due=at(500))
    assert panic_ready_at(failing, CONFIG) == at(480)
    assert panic_ready_at(replace(failing, reason=Reason.SLOW), CONFIG) == failing.since


@settings(deadline=None)
@given(
    waits=st.lists(st.floats(0, 1000), max_size=30),
    asked=st.lists(st.none() | st.floats(0, 2000), min_size=30, max_size=30),
)
def test_a_cooldown_never_gets_shorter_and_never_lasts_beyond_the_cap(
    waits: list[float], asked: list[float | None]
) -> None:
    row, now = ROW, 0.0
    for wait_s, retry_after_s in zip(waits, asked, strict=False):
        now += wait_s
        before = row.cooldown_until
        row = with_cooldown(row, at(now), CONFIG, retry_after_s=retry_after_s, concurrency=False)
        assert row.cooldown_until is not None
        assert before is None or row.cooldown_until >= before
        assert at(now + 15) <= row.cooldown_until <= at(now + 600)
