"""A limit's budget: never more than its platform takes, and a turn once given is kept; in Python and in SQL alike."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.chat.pacing import ChannelBudget, MessageRate, closed, fresh, room_at, spent

T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIVE = MessageRate(burst=5, every_s=1.0)
paces = st.builds(MessageRate, burst=st.integers(1, 10), every_s=st.floats(0.1, 5.0))
gaps = st.lists(st.floats(0, 8), min_size=1, max_size=40)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def with_turn(budget: ChannelBudget, pace: MessageRate, *, now: datetime) -> tuple[datetime, ChannelBudget]:
    turn = room_at(budget, pace, kept=0, now=now)
    return turn, spent(budget, pace, at=turn)


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
            least_s = (last - first + 1 - pace.burst) * pace.every_s
            assert (turns[last] - turns[first]).total_seconds() >= least_s - 1e-3


@given(pace=paces, written=st.integers(0, 20))
def test_what_is_spare_leaves_room_for_what_matters(pace: MessageRate, written: int) -> None:
    budget = fresh(T0)
    for _ in range(written):
        _, budget = with_turn(budget, pace, now=T0)
    spare_at = room_at(budget, pace, kept=pace.kept, now=T0)
    turn, _ = with_turn(spent(budget, pace, at=spare_at), pace, now=spare_at)
    if pace.kept:
        assert turn - spare_at < timedelta(milliseconds=1), "a message right after an edit goes at once"


def test_a_burst_goes_at_once_and_then_one_at_a_time() -> None:
    budget, turns = fresh(T0), []
    for _ in range(8):
        turn, budget = with_turn(budget, FIVE, now=T0)
        turns.append((turn - T0).total_seconds())
    assert turns == [0, 0, 0, 0, 0, 1, 2, 3]


def test_a_closed_limit_gives_no_turn_before_it_opens() -> None:
    budget = closed(fresh(T0), until=at(30))
    assert room_at(budget, FIVE, kept=2, now=at(1)) >= at(30)
    turn, _ = with_turn(budget, FIVE, now=at(1))
    assert turn >= at(30)
    assert closed(budget, until=at(5)) == budget, "a shorter wait opens nothing"
