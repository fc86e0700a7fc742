"""A channel's budget: never more than its platform takes, results first, and a turn once given is kept."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.chat.pacing import (
    ChannelBudget,
    MessageRate,
    closed,
    edit_at,
    fresh,
    with_edit,
    with_turn,
    without_edits,
)

T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIVE = MessageRate(burst=5, every_s=1.0)
paces = st.builds(MessageRate, burst=st.integers(1, 10), every_s=st.floats(0.1, 5.0))
gaps = st.lists(st.floats(0, 8), min_size=1, max_size=40)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


@given(pace=paces, gaps_s=gaps)
def test_no_stretch_of_time_has_more_turns_than_the_pace_allows(pace: MessageRate, gaps_s: list[float]) -> None:
    budget, now, turns = fresh(T0), T0, []
    for gap_s in gaps_s:
        now += timedelta(seconds=gap_s)
        turn, budget = with_turn(budget, pace, now=now)
        assert turn >= now
        turns.append(turn)
    assert turns == sorted(turns), "whoever asked first goes first"
    for first in range(len(turns)):
        for last in range(first + pace.burst, len(turns)):
            over_s = (turns[last] - turns[first]).total_seconds()
            assert over_s >= (last - first - pace.burst + 1) * pace.every_s - 1e-3


def test_a_burst_goes_at_once_and_the_rest_at_the_pace() -> None:
    budget, turns = fresh(T0), []
    for _ in range(8):
        turn, budget = with_turn(budget, FIVE, now=T0)
        turns.append((turn - T0).total_seconds())
    assert turns == [0, 0, 0, 0, 0, 1, 2, 3]


def test_edits_leave_a_part_of_the_burst_to_results() -> None:
    budget, edits = fresh(T0), 0
    while edit_at(budget, FIVE, now=T0) == T0:
        budget, edits = with_edit(budget, FIVE, now=T0), edits + 1
    assert edits == FIVE.burst - FIVE.kept
    turn, budget = with_turn(budget, FIVE, now=T0)
    assert turn == T0
    assert edit_at(budget, FIVE, now=T0) > T0


@given(pace=paces, results=st.integers(0, 20))
def test_an_edit_waits_until_all_results_have_had_their_turn(pace: MessageRate, results: int) -> None:
    budget, turn = fresh(T0), T0
    for _ in range(results):
        turn, budget = with_turn(budget, pace, now=T0)
    assert edit_at(budget, pace, now=T0) >= turn


@given(pace=paces, wait_s=st.floats(0, 600))
def test_a_closed_channel_gets_nothing_before_the_platform_wants_it(pace: MessageRate, wait_s: float) -> None:
    budget: ChannelBudget = closed(fresh(T0), until=at(wait_s))
    assert edit_at(budget, pace, now=T0) >= at(wait_s)
    turn, budget = with_turn(budget, pace, now=T0)
    assert turn == at(wait_s)
    assert closed(budget, until=T0).closed_until == at(wait_s), "a shorter wait does not end a longer one"


def test_a_platform_that_wants_no_edits_may_want_results() -> None:
    budget = without_edits(fresh(T0), until=at(30))
    assert edit_at(budget, FIVE, now=T0) == at(30)
    assert with_turn(budget, FIVE, now=T0)[0] == T0
