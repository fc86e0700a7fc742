"""Who is next, and how long it takes: fair, complete, and starving nobody."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.ids import GenerationId, MemberId, ProviderName, RouteKey, TeamId
from core.domain.routing.latency import Latency, prior
from core.domain.routing.queueing import (
    NEAR,
    ExpectedTurn,
    Load,
    Party,
    RouteRate,
    Waiting,
    in_order,
    least_wait_s,
    pace,
    shown_again_s,
    turn,
    wait_s,
)

T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
VEO = RouteKey("veo.vertex")


def one(number: int, team: int = 1, member: int | None = None, *, asked: float | None = None) -> Waiting:
    """One who waits. Members' numbers are their own: member 3 of team 2 is 203."""
    return Waiting(
        id=GenerationId(UUID(int=number)),
        team=TeamId(team),
        member=MemberId(team * 100 + (member or 1)),
        asked_at=T0 + timedelta(seconds=number if asked is None else asked),
    )


def party(team: int, member: int = 1) -> Party:
    return TeamId(team), MemberId(team * 100 + member)


def numbers(queue: list[Waiting]) -> list[int]:
    return [waiting.id.int for waiting in queue]


parties = st.tuples(st.integers(1, 4), st.integers(1, 3))
queues = st.lists(st.tuples(parties, st.integers(0, 5)), max_size=25).map(
    lambda rows: [one(n, team, member, asked=asked) for n, ((team, member), asked) in enumerate(rows)]
)
busy_parties = st.lists(parties.map(lambda p: party(*p)), max_size=12)


def test_among_equals_whoever_asked_first_is_next() -> None:
    assert numbers(in_order([one(3, 3), one(1, 1), one(2, 2)])) == [1, 2, 3]


def test_a_team_with_fifty_requests_does_not_hold_up_one_with_one() -> None:
    greedy = [one(n, team=1) for n in range(50)]
    assert in_order([*greedy, one(99, team=2)]).index(one(99, team=2)) == 1
    assert in_order([*greedy, one(99, team=2)], [party(1)])[0] == one(99, team=2)


def test_a_member_with_fifty_requests_does_not_hold_up_a_colleague_with_one() -> None:
    greedy = [one(n, member=1) for n in range(50)]
    assert in_order([*greedy, one(99, member=2)], [party(1, 1)])[0] == one(99, member=2)


def test_a_large_team_gets_no_more_than_a_small_one() -> None:
    large = [one(n, team=1, member=n) for n in range(1, 11)]
    small = [one(n, team=2) for n in range(20, 25)]
    first = in_order([*large, *small])[:8]
    assert Counter(waiting.team for waiting in first) == {1: 4, 2: 4}


@given(queue=queues, busy=busy_parties)
def test_everybody_is_in_line_once_wherever_they_stood_before(queue: list[Waiting], busy: list[Party]) -> None:
    order = in_order(queue, busy)
    assert Counter(order) == Counter(queue)
    assert order == in_order(reversed(queue), reversed(busy))


@given(queue=queues, busy=busy_parties)
def test_the_line_is_what_serving_one_after_the_other_gives(queue: list[Waiting], busy: list[Party]) -> None:
    """The plain meaning of fair, without any counting ahead: at each turn the one with the fewest under way."""
    left, under_way, served = list(queue), list(busy), []
    while left:
        teams = Counter(team for team, _ in under_way)
        members = Counter(under_way)

        def key(
            waiting: Waiting, teams: Counter[TeamId] = teams, members: Counter[Party] = members
        ) -> tuple[object, ...]:
            return teams[waiting.team], members[waiting.team, waiting.member], waiting.asked_at, waiting.id

        left.sort(key=key)
        served.append(left.pop(0))
        under_way.append((served[-1].team, served[-1].member))
    assert in_order(queue, busy) == served


@given(queue=queues, busy=busy_parties)
def test_who_came_later_never_overtakes_within_one_members_own_requests(
    queue: list[Waiting], busy: list[Party]
) -> None:
    order = in_order(queue, busy)
    for member in {waiting.member for waiting in queue}:
        own = [waiting for waiting in order if waiting.member == member]
        assert own == sorted(own, key=lambda waiting: (waiting.asked_at, waiting.id))


@settings(deadline=None)
@given(slots=st.integers(1, 4), lasts=st.integers(1, 4), crowd=st.integers(1, 6))
def test_nobody_starves_however_many_new_teams_keep_coming(slots: int, lasts: int, crowd: int) -> None:
    """New teams with nothing under way keep coming, more than there is room for; the old one is served all the same."""
    patient = one(0, team=1)
    queue = [patient]
    running: list[tuple[int, Party]] = [(lasts, party(1))] * slots
    last_number = 0
    for round_ in range(200):
        running = [(until, who) for until, who in running if until > round_]
        for _ in range(crowd):
            last_number += 1
            queue.append(one(last_number, team=last_number + 1, asked=round_ + 1))
        while len(running) < slots:
            nxt = in_order(queue, [who for _, who in running])[0]
            queue.remove(nxt)
            if nxt == patient:
                assert round_ <= lasts
                return
            running.append((round_ + lasts, (nxt.team, nxt.member)))
    pytest.fail("it was never its turn")


@pytest.mark.parametrize(("per_min", "burst"), [(1, 1), (4, 1), (20, 4), (50, 10), (600, 120)])
def test_a_fifth_of_a_minutes_submits_may_come_at_once(per_min: int, burst: int) -> None:
    assert pace(per_min).burst == burst


@given(per_min=st.integers(1, 1000))
def test_no_minute_has_more_submits_than_the_vendor_allows(per_min: int) -> None:
    bucket = pace(per_min)
    assert bucket.burst + bucket.per_s * 60 <= max(per_min, 2) + 1e-9


def load(*ages_s: float, slots: int = 2, tokens: float | None = None, per_s: float = 0.0) -> Load:
    return Load(slots=slots, ages_s=ages_s, tokens=tokens, per_s=per_s)


@pytest.mark.parametrize(
    ("loaded", "ahead", "expected_s"),
    [
        (load(slots=2), 0, 0.0),
        (load(slots=2), 1, 0.0),
        (load(slots=2), 2, 60.0),
        (load(40, 10), 0, 20.0),
        (load(40, 10), 1, 50.0),
        (load(40, 10), 2, 80.0),
        (load(40, 10, slots=3), 1, 20.0),
        (load(500, 10), 0, 6.0),
        (load(50, 40, 10, slots=2), 0, 20.0),
        (load(slots=9, tokens=3.0, per_s=0.5), 2, 0.0),
        (load(slots=9, tokens=0.5, per_s=0.5), 0, 1.0),
        (load(slots=9, tokens=0.5, per_s=0.5), 4, 9.0),
    ],
)
def test_a_wait_is_the_time_until_a_slot_and_a_submit_are_left_over(
    loaded: Load, ahead: int, expected_s: float
) -> None:
    assert wait_s(loaded, ahead=ahead, takes_s=60) == pytest.approx(expected_s)


loads = st.builds(
    Load,
    slots=st.integers(1, 5),
    ages_s=st.lists(st.floats(0, 900), max_size=8).map(tuple),
    tokens=st.none() | st.floats(0, 5),
    per_s=st.floats(0.01, 2),
)


@given(loaded=loads, ahead=st.integers(0, 40), takes_s=st.floats(1, 600))
def test_the_further_back_the_longer_it_takes(loaded: Load, ahead: int, takes_s: float) -> None:
    here, behind = (wait_s(loaded, ahead=n, takes_s=takes_s) for n in (ahead, ahead + 1))
    assert 0 <= here <= behind + 1e-9


@given(loaded=loads, ahead=st.integers(0, 40), takes_s=st.floats(1, 600))
def test_one_more_slot_never_makes_it_longer(loaded: Load, ahead: int, takes_s: float) -> None:
    wider = replace(loaded, slots=loaded.slots + 1)
    assert wait_s(wider, ahead=ahead, takes_s=takes_s) <= wait_s(loaded, ahead=ahead, takes_s=takes_s) + 1e-9


def test_a_time_is_named_from_history_and_never_from_a_guess() -> None:
    usual = Latency(p5_s=40, p50_s=60, p90_s=120, p95_s=150, samples=80)
    told = turn(VEO, ProviderName("veo"), load(30, 10), place=1, usual=usual)
    assert (told.soonest_s, told.latest_s) == (30 + 60, 90 + 120)
    guessed = turn(VEO, ProviderName("veo"), load(30, 10), place=3, usual=prior(60))
    assert (guessed.place, guessed.soonest_s, guessed.latest_s) == (3, None, None)


@pytest.mark.parametrize(
    ("per_min", "burst", "a_minute"),
    [(1, 1, 1), (2, 1, 1), (4, 1, 3), (5, 1, 4), (9, 1, 8), (10, 2, 8), (20, 4, 16), (120, 24, 96)],
)
def test_what_is_not_in_the_burst_comes_evenly(per_min: int, burst: float, a_minute: float) -> None:
    found = pace(per_min)
    assert (found.burst, found.per_s * 60) == (burst, pytest.approx(a_minute))


@pytest.mark.parametrize(
    ("loaded", "ahead", "expected_s"),
    [
        (load(slots=9, tokens=1.0, per_s=0.5), 0, 0.0),
        (load(slots=9, tokens=0.99, per_s=0.5), 0, 0.02),
        (load(slots=9, tokens=1.99, per_s=0.5), 1, 0.02),
        (load(slots=9, tokens=0.0, per_s=0.0), 3, 0.0),
        (load(slots=9, tokens=0.0, per_s=1.0), 0, 1.0),
        (load(slots=1), 1, 60.0),
        (load(slots=1), 3, 180.0),
        (load(30, slots=1), 1, 90.0),
        (load(54, slots=1), 0, 6.0),
        (load(53, slots=1), 0, 7.0),
        (load(50, 40, 10, slots=2), 1, 50.0),
        (load(50, 40, 10, slots=2), 2, 80.0),
        (load(10, slots=1, tokens=0.0, per_s=0.01), 0, 100.0),
    ],
)
def test_a_wait_is_the_longer_one_of_slot_and_submit(loaded: Load, ahead: int, expected_s: float) -> None:
    assert wait_s(loaded, ahead=ahead, takes_s=60) == pytest.approx(expected_s)


def test_a_place_counts_those_before_it_and_history_draws_the_bounds() -> None:
    usual = Latency(p5_s=1, p50_s=60, p90_s=120, p95_s=999, samples=1)
    told = [turn(VEO, ProviderName("veo"), load(slots=1), place=place, usual=usual) for place in (1, 2)]
    assert [(one.place, one.soonest_s, one.latest_s) for one in told] == [(1, 60, 120), (2, 120, 240)]
    assert (told[0].route, told[0].provider) == ("veo.vertex", "veo")
    bare = Load(slots=1, ages_s=())
    assert (bare.tokens, bare.per_s) == (None, 0.0)


def test_the_older_id_is_first_of_two_that_asked_at_once_and_the_team_counts_before_the_member() -> None:
    assert numbers(in_order([one(2, 1, asked=5), one(1, 2, asked=5)])) == [1, 2]
    # Team 1 has one under way, by member 1: team 2 is next, then member 2 of team 1, then member 1.
    waiting = [one(1, 1, 1), one(2, 1, 2), one(3, 2, 1), one(4, 2, 1)]
    assert numbers(in_order(waiting, [party(1, 1)])) == [3, 2, 4, 1]


def _rate(name: str, slots: int, **known: float) -> RouteRate:
    return RouteRate(route=RouteKey(name), slots=slots, **known)


@pytest.mark.parametrize(
    ("rates", "least_s"),
    [
        ([_rate("a", 2, takes_s=10.0)], 50.0),  # 10 ahead at 0.2 a second
        ([_rate("a", 2, takes_s=10.0, per_s=0.1)], 100.0),  # the vendor's own limit is the slower one
        ([_rate("a", 2, takes_s=10.0, per_s=9.0)], 50.0),
        ([_rate("a", 2, takes_s=10.0), _rate("b", 3, takes_s=10.0)], 20.0),  # both take some
        ([_rate("a", 2)], 25.0),  # nobody knows: the guess
        ([_rate("unknown", 2)], None),
        ([_rate("a", 2, takes_s=10.0), _rate("unknown", 2)], None),
        ([_rate("a", 0, takes_s=10.0)], None),  # takes none at all
        ([], None),
    ],
)
def test_the_least_wait_is_what_all_routes_together_need(rates: list[RouteRate], least_s: float | None) -> None:
    assert least_wait_s(10, rates, guess_s={RouteKey("a"): 5.0}) == (pytest.approx(least_s) if least_s else None)


def test_without_a_known_pace_a_submit_is_not_waited_for() -> None:
    assert wait_s(load(slots=4, tokens=0.0, per_s=0.0), ahead=2, takes_s=60.0) == 0.0


def _shown_again_s(place: int, soonest_s: float | None = None) -> float:
    told = ExpectedTurn(route=VEO, provider=ProviderName("veo"), place=place, soonest_s=soonest_s, latest_s=soonest_s)
    return shown_again_s(told, every_s=6.0)


def test_messages_of_a_long_queue_cost_next_to_nothing_more_than_those_of_a_short_one() -> None:
    assert {_shown_again_s(place) for place in range(1, NEAR + 2)} == {6.0}
    looks = [1 / _shown_again_s(place) for place in range(1, 10_001)]
    assert sum(looks) < 1.3 * sum(looks[:100])


@given(place=st.integers(1, 10_000), soonest_s=st.floats(0, 10**6))
def test_a_message_is_looked_at_in_time_before_its_turn(place: int, soonest_s: float) -> None:
    assert 6.0 <= _shown_again_s(place, soonest_s) <= max(6.0, soonest_s / 4)
