"""The state machine: one thing to do with a claimed generation, whatever its rows say."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.generations.generation import Attempt, AttemptState, State
from core.domain.generations.steps import (
    CLAIMS_MAX,
    Adopt,
    Cancel,
    Close,
    ConsiderHedge,
    Expire,
    LookUp,
    NextStep,
    Poison,
    Start,
    Store,
    Wait,
    next_step,
    rest_after,
)
from core.domain.ids import RouteKey
from tests.core.rows import NOW, RESULT, attempt, generation

KLING = "kling.api"
LAGS = {RouteKey(KLING): timedelta(seconds=10)}
OPEN = {AttemptState.INTENDED, AttemptState.ACCEPTED, AttemptState.AMBIGUOUS}


def _next(*attempts: Attempt, long_at: Mapping[int, datetime] | None = None, **changed: object) -> NextStep:
    return next_step(generation(**changed), attempts, now=NOW, find_lags=LAGS, long_at=long_at or {})


def test_a_queued_generation_starts() -> None:
    assert _next(state=State.QUEUED) == Start()


@pytest.mark.parametrize(
    "state", [AttemptState.REJECTED, AttemptState.FAILED, AttemptState.LATE, AttemptState.ABANDONED]
)
def test_when_nothing_is_under_way_the_next_route_is_tried(state: AttemptState) -> None:
    assert _next(attempt(state)) == Start()


def test_a_running_attempt_is_waited_for_until_its_deadline() -> None:
    running = attempt(AttemptState.ACCEPTED)
    assert _next(running) == Wait(running.deadline_at or NOW)


def test_with_two_running_the_earlier_deadline_counts() -> None:
    soon = attempt(AttemptState.ACCEPTED, 2, deadline_at=NOW + timedelta(seconds=9))
    assert _next(attempt(AttemptState.ACCEPTED), soon) == Wait(NOW + timedelta(seconds=9))


def test_an_attempt_over_its_deadline_expires_at_the_very_second() -> None:
    over = attempt(AttemptState.ACCEPTED, deadline_at=NOW)
    assert _next(over) == Expire(over)


def test_a_video_is_adopted_before_anything_else_is_done() -> None:
    won = attempt(AttemptState.SUCCEEDED, 2, result=RESULT)
    others = (attempt(AttemptState.INTENDED), won, attempt(AttemptState.ACCEPTED, 3, deadline_at=NOW))
    assert _next(*others, cancel_requested_at=NOW) == Adopt(won)


def test_a_success_whose_video_turned_out_to_be_none_is_not_adopted() -> None:
    assert _next(attempt(AttemptState.SUCCEEDED, result=None)) == Start()


@pytest.mark.parametrize("state", [AttemptState.INTENDED, AttemptState.AMBIGUOUS])
def test_a_submit_without_an_answer_is_looked_up_once_the_vendor_can_show_it(state: AttemptState) -> None:
    early = attempt(state, route=KLING, send_deadline=NOW - timedelta(seconds=4))
    due = attempt(state, route=KLING, send_deadline=NOW - timedelta(seconds=10))
    assert _next(early) == Wait(NOW + timedelta(seconds=6))
    assert _next(due) == LookUp(due)


def test_where_a_vendor_cannot_be_asked_the_lookup_step_decides_at_once() -> None:
    blind = attempt(AttemptState.AMBIGUOUS, send_deadline=NOW + timedelta(seconds=30))
    assert _next(blind) == LookUp(blind)


def test_a_wish_to_cancel_is_carried_out_whether_something_runs_or_not() -> None:
    assert _next(attempt(AttemptState.ACCEPTED), cancel_requested_at=NOW) == Cancel()
    assert _next(state=State.QUEUED, cancel_requested_at=NOW) == Cancel()


def test_a_cancel_waits_for_a_submit_that_may_have_started_something() -> None:
    blind = attempt(AttemptState.INTENDED)
    assert _next(blind, cancel_requested_at=NOW) == LookUp(blind)


def test_the_winner_is_stored_and_what_is_delivered_is_closed() -> None:
    won = attempt(AttemptState.SUCCEEDED, 2, result=RESULT)
    assert _next(attempt(AttemptState.FAILED), won, state=State.STORING, winner_attempt=2) == Store(won)
    assert _next(won, state=State.DELIVERING) == Close()
    assert _next(won, state=State.DONE) == Close()


def test_a_row_that_is_claimed_over_and_over_ends_but_not_one_that_is_only_hard_to_deliver() -> None:
    assert _next(state=State.QUEUED, claims=CLAIMS_MAX) == Start()
    assert _next(state=State.QUEUED, claims=CLAIMS_MAX + 1) == Poison()
    assert _next(state=State.DELIVERING, claims=CLAIMS_MAX + 1) == Close()


def test_a_running_attempt_is_looked_at_as_soon_as_it_takes_long() -> None:
    running = attempt(AttemptState.ACCEPTED)
    soon = NOW + timedelta(seconds=9)
    assert _next(running, long_at={1: soon}) == Wait(soon)
    assert _next(running, long_at={1: NOW}) == ConsiderHedge(running)
    over = replace(running, deadline_at=NOW)
    assert _next(over, long_at={1: NOW}) == Expire(over)


@pytest.mark.parametrize("state", AttemptState)
def test_a_generation_is_hedged_once_whatever_became_of_that(state: AttemptState) -> None:
    running = attempt(AttemptState.ACCEPTED)
    hedge = attempt(state, 2, is_hedge=True, route=KLING)
    assert not isinstance(_next(running, hedge, long_at={1: NOW, 2: NOW}), ConsiderHedge)


def test_what_was_cancelled_in_vain_gets_no_hedge_and_no_successor() -> None:
    unwanted = {"cannot_stop": "veo"}
    running = attempt(AttemptState.ACCEPTED)
    assert _next(running, long_at={1: NOW}, reason=unwanted) == Wait(running.deadline_at or NOW)
    assert _next(attempt(AttemptState.FAILED), reason=unwanted) == Cancel()
    assert _next(attempt(AttemptState.LATE), reason=unwanted) == Cancel()


def test_of_two_videos_the_first_is_adopted() -> None:
    second = attempt(AttemptState.SUCCEEDED, 2, result=RESULT, ended_at=NOW - timedelta(seconds=5))
    first = attempt(AttemptState.SUCCEEDED, 1, result=RESULT, ended_at=NOW - timedelta(seconds=2))
    assert _next(first, second) == Adopt(second)


moments = st.integers(-600, 600).map(lambda s: NOW + timedelta(seconds=s))


@st.composite
def tried_attempts(draw: st.DrawFn) -> list[Attempt]:
    states = draw(st.lists(st.sampled_from(AttemptState), max_size=5))
    return [
        attempt(
            state,
            n,
            route=draw(st.sampled_from(["veo.vertex", KLING])),
            send_deadline=draw(moments),
            deadline_at=draw(st.none() | moments),
            result=draw(st.sampled_from([None, RESULT])),
        )
        for n, state in enumerate(states, 1)
    ]


@given(tried=tried_attempts(), state=st.sampled_from([State.QUEUED, State.RENDERING]), cancel_at=st.none() | moments)
def test_nothing_is_ever_started_beside_an_attempt_that_is_open_or_unclear(
    tried: list[Attempt], state: State, cancel_at: datetime | None
) -> None:
    step = _next(*tried, state=state, cancel_requested_at=cancel_at)
    if any(each.state in OPEN for each in tried):
        assert step != Start()
    if isinstance(step, Wait):
        assert any(each.state in OPEN for each in tried), "waiting for nothing"
    if isinstance(step, Cancel):
        assert not any(each.state in {AttemptState.INTENDED, AttemptState.AMBIGUOUS} for each in tried)


@given(tried=tried_attempts(), long_in_s=st.integers(-600, 600))
def test_a_hedge_is_for_one_running_attempt_that_takes_long(tried: list[Attempt], long_in_s: int) -> None:
    long_at = {each.n: NOW + timedelta(seconds=long_in_s) for each in tried}
    step = _next(*tried, long_at=long_at)
    if isinstance(step, ConsiderHedge):
        assert long_in_s <= 0
        assert [each for each in tried if each.state in OPEN] == [step.attempt]
    if isinstance(step, Wait) and all(each.deadline_at is not None for each in tried):
        assert step.until > NOW


@given(tried=tried_attempts())
def test_a_wait_is_for_something_that_is_still_to_come(tried: list[Attempt]) -> None:
    step = _next(*tried)
    if isinstance(step, Wait) and all(each.deadline_at is not None for each in tried):
        assert step.until > NOW


def _rest(*tried: Attempt, window_s: float = 900.0, limit_s: float = 300.0, **changed: object) -> timedelta | None:
    new = attempt(AttemptState.INTENDED, len(tried) + 1, intended_at=NOW)
    return rest_after(
        generation(window_ends=None, **changed), tried, new,
        window_s=window_s, limit_s=limit_s, long_at=NOW + timedelta(seconds=100),
    )  # fmt: skip


def test_after_the_vendors_yes_a_generation_rests_until_the_attempt_takes_long() -> None:
    assert _rest() == timedelta(seconds=100)
    assert _rest(limit_s=40) == timedelta(seconds=40), "or until its time is up"
    assert _rest(window_s=30) == timedelta(seconds=30), "or the window ends"
    assert _rest(attempt(AttemptState.REJECTED)) == timedelta(seconds=100)
    assert _rest(attempt(AttemptState.FAILED), claims=CLAIMS_MAX + 1) == timedelta(seconds=100)


def test_where_something_is_to_be_done_at_once_there_is_no_rest() -> None:
    assert _rest(cancel_requested_at=NOW) is None
    assert _rest(attempt(AttemptState.SUCCEEDED, result=RESULT)) is None, "a video that came late is there"
    assert _rest(attempt(AttemptState.AMBIGUOUS)) is None
    assert _rest(attempt(AttemptState.ACCEPTED, deadline_at=NOW)) is None


@given(
    states=st.lists(st.sampled_from([s for s in AttemptState if s is not AttemptState.ACCEPTED]), max_size=3),
    limit_s=st.floats(1, 3600),
)
def test_a_rest_is_what_the_next_look_would_have_said(states: list[AttemptState], limit_s: float) -> None:
    tried = [attempt(state, n) for n, state in enumerate(states, 1)]
    new = attempt(AttemptState.INTENDED, len(tried) + 1, intended_at=NOW)
    deadline = NOW + timedelta(seconds=limit_s)
    long_at = {new.n: NOW + timedelta(seconds=100)}
    running = replace(new, state=AttemptState.ACCEPTED, accepted_at=NOW, deadline_at=deadline)
    look = next_step(generation(), [*tried, running], now=NOW, find_lags={}, long_at=long_at)
    rest = rest_after(generation(), tried, new, window_s=9e9, limit_s=limit_s, long_at=long_at[new.n])
    assert rest == (look.until - NOW if isinstance(look, Wait) else None)
