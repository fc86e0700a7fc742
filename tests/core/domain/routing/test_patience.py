"""When a generation waits for a better provider's turn, and when it goes on along its chain."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import ErrorClass
from core.domain.health.config import HealthConfig, RoutingConfig
from core.domain.health.events import AttemptKind
from core.domain.health.route_health import HealthState, RouteHealth, new_route
from core.domain.ids import ProviderName, RouteKey
from core.domain.routing.decisions import (
    Candidate,
    CandidateOrder,
    Decision,
    Plan,
    QueuePosition,
    RoutedGeneration,
    RoutingContext,
    Skipped,
    Tried,
    Try,
    WaitUntil,
)
from core.domain.routing.patience import worth_waiting
from core.domain.routing.router import decide

T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
VEO, KLING = ProviderName("veo"), ProviderName("kling")
VERTEX, GEMINI, API = RouteKey("veo.vertex"), RouteKey("veo.gemini"), RouteKey("kling.api")
ROUTING = RoutingConfig()


def row(route: RouteKey, state: HealthState = HealthState.HEALTHY) -> RouteHealth:
    fresh = new_route(route, now=T0, slots=2, hedge_tokens=10.0)
    if state is HealthState.HEALTHY:
        return fresh
    return RouteHealth(
        route=route, since=T0, e_at=T0, score_at=T0, rate_at=T0, slots=2, slots_max=2, hedge_tokens=10.0,
        state=state, until=T0 + timedelta(minutes=5),
    )  # fmt: skip


def decision(
    *,
    veo: QueuePosition | None = None,
    kling: QueuePosition | None = None,
    free: Mapping[RouteKey, int] | None = None,
    tokens: Mapping[RouteKey, float] | None = None,
    patience_s: float = 120,
    states: Mapping[RouteKey, HealthState] | None = None,
    routes: tuple[RouteKey, ...] = (VERTEX,),
    tried: tuple[Tried, ...] = (),
    overspent: Mapping[RouteKey, str] | None = None,
    left_s: float = 1800,
) -> Decision:
    """Veo before Kling. A queue that is given is full."""
    queues = {route: position for route, position in ((VERTEX, veo), (API, kling)) if position is not None}
    slots = {VERTEX: 0 if veo else 2, GEMINI: 2, API: 0 if kling else 2} | dict(free or {})
    known = (VERTEX, GEMINI, API)
    around = RoutingContext(
        routes={VEO: routes, KLING: (API,)},
        health={route: row(route, (states or {}).get(route, HealthState.HEALTHY)) for route in known},
        p95_s=dict.fromkeys(known, 120.0),
        free_slots=slots,
        tokens=tokens or {},
        queues=queues,
        overspent=overspent or {},
    )
    job = RoutedGeneration(
        chain=(VEO, KLING), deadline=T0 + timedelta(seconds=left_s), patience_s=patience_s, tried=tried
    )
    return decide(job, around, now=T0, health=HealthConfig(), routing=ROUTING)


def test_within_its_patience_it_waits_for_the_better_one() -> None:
    made = decision(veo=QueuePosition(ahead=1, wait_s=70))
    assert isinstance(made, WaitUntil)
    assert made.why == "veo: all its slots are taken, 1 before this one: its queue is about 70 s"
    assert made.queues == (VERTEX,)


def test_without_a_candidate_there_is_nothing_that_waiting_is_better_than() -> None:
    full = Skipped(route=VERTEX, provider=VEO, reason="full", position=QueuePosition(wait_s=10), is_fresh=True)
    around = RoutingContext(routes={VEO: (VERTEX,)}, health={}, p95_s={VERTEX: 120.0})
    job = RoutedGeneration(chain=(VEO, KLING), deadline=T0 + timedelta(seconds=1800), patience_s=120)
    assert worth_waiting(job, Plan(candidates=(), skipped=(full,)), around, now=T0) is None


def test_a_full_route_is_waited_for_behind_one_that_is_held() -> None:
    held = Skipped(route=VERTEX, provider=VEO, reason="held")
    full = replace(held, reason="full", position=QueuePosition(wait_s=10), is_fresh=True)
    around = RoutingContext(routes={VEO: (VERTEX,)}, health={}, p95_s={VERTEX: 120.0})
    job = RoutedGeneration(chain=(VEO, KLING), deadline=T0 + timedelta(seconds=1800), patience_s=120)
    of_kling = Candidate(
        route=API, provider=KLING, kind=AttemptKind.NORMAL, turn=CandidateOrder.UNTRIED, reason="", ready_at=T0, epoch=0
    )
    assert worth_waiting(job, Plan(candidates=(of_kling,), skipped=(held, full)), around, now=T0) is full


def test_beyond_it_the_next_of_the_chain_is_used_and_the_plan_says_why() -> None:
    made = decision(veo=QueuePosition(ahead=4, wait_s=360))
    assert isinstance(made, Try)
    assert made.candidate.route == API
    (skipped,) = made.plan.skipped
    assert skipped.reason == (
        "all its slots are taken, 4 before this one: its queue is about 6 min, longer than 2 min of patience"
    )


def test_the_time_it_has_waited_counts() -> None:
    assert isinstance(decision(veo=QueuePosition(wait_s=70, waited_s=40)), WaitUntil)
    assert isinstance(decision(veo=QueuePosition(wait_s=70, waited_s=60)), Try)


def test_without_patience_a_full_route_is_passed_over_at_once() -> None:
    assert isinstance(decision(veo=QueuePosition(wait_s=0.5), patience_s=0), Try)


def test_a_wait_that_nobody_can_tell_is_not_worth_waiting_for() -> None:
    assert isinstance(decision(veo=QueuePosition()), Try)


def test_room_that_is_others_turn_is_no_room() -> None:
    made = decision(veo=QueuePosition(ahead=1, wait_s=20), free={VERTEX: 1})
    assert isinstance(made, WaitUntil)
    assert "its free slots are others' turn" in made.why
    assert isinstance(decision(veo=QueuePosition(ahead=1, wait_s=20), free={VERTEX: 2}), Try)


def test_a_submit_too_soon_is_no_room_either() -> None:
    made = decision(veo=QueuePosition(wait_s=3), free={VERTEX: 9}, tokens={VERTEX: 0.4})
    assert isinstance(made, WaitUntil)
    assert "it takes no more submits for the moment" in made.why
    assert made.at == T0 + timedelta(seconds=3)


def test_nobody_waits_for_a_route_whose_provider_can_be_reached_another_way() -> None:
    made = decision(veo=QueuePosition(wait_s=10), routes=(VERTEX, GEMINI))
    assert isinstance(made, Try)
    assert made.candidate.route == GEMINI


def test_a_worse_provider_is_not_waited_for() -> None:
    made = decision(kling=QueuePosition(wait_s=1))
    assert isinstance(made, Try)
    assert made.candidate.route == VERTEX


def test_rather_than_a_try_in_panic_it_waits_for_a_healthy_one() -> None:
    sick = {VERTEX: HealthState.DEMOTED}
    assert isinstance(decision(kling=QueuePosition(wait_s=60), states=sick), WaitUntil)
    assert isinstance(decision(kling=QueuePosition(wait_s=600), states=sick), Try)


def test_a_sick_route_is_not_waited_for() -> None:
    assert isinstance(decision(veo=QueuePosition(wait_s=1), states={VERTEX: HealthState.DEMOTED}), Try)


def test_nobody_waits_longer_than_there_is_time_to_make_the_video() -> None:
    failed = Tried(route=GEMINI, provider=VEO, accepted=True, error_class=ErrorClass.TRANSIENT_SERVER, ended_at=T0)
    assert isinstance(decision(veo=QueuePosition(wait_s=100), tried=(failed,), left_s=300), WaitUntil)
    assert isinstance(decision(veo=QueuePosition(wait_s=100), tried=(failed,), left_s=200), Try)


def test_when_all_are_full_it_stands_in_every_queue_and_looks_around_now_and_then() -> None:
    made = decision(veo=QueuePosition(ahead=3, wait_s=900), kling=QueuePosition(ahead=1, wait_s=400))
    assert isinstance(made, WaitUntil)
    assert made.queues == (VERTEX, API)
    assert made.at == T0 + timedelta(seconds=ROUTING.queue_look_s)


def test_money_that_may_run_out_is_no_queue_to_stand_in() -> None:
    made = decision(
        overspent={VERTEX: "what is under way may use up its money for today"}, kling=QueuePosition(wait_s=900)
    )
    assert isinstance(made, WaitUntil)
    assert made.queues == (API,)
    assert "may use up its money" in made.why


@given(
    wait_s=st.floats(0, 2000),
    waited_s=st.floats(0, 2000),
    patience_s=st.floats(0, 600),
    ahead=st.integers(0, 9),
)
def test_it_never_waits_beyond_its_patience_while_another_is_free(
    wait_s: float, waited_s: float, patience_s: float, ahead: int
) -> None:
    made = decision(veo=QueuePosition(ahead=ahead, wait_s=wait_s, waited_s=waited_s), patience_s=patience_s)
    if isinstance(made, WaitUntil):
        assert wait_s + waited_s <= patience_s
        assert T0 < made.at <= T0 + timedelta(seconds=max(patience_s - waited_s, ROUTING.shortest_wait_s))
    else:
        assert isinstance(made, Try)


@pytest.mark.parametrize("left_s", [10, 1800])
def test_a_wait_ends_with_the_time_there_is(left_s: float) -> None:
    made = decision(veo=QueuePosition(wait_s=900), kling=QueuePosition(wait_s=900), left_s=left_s)
    assert isinstance(made, WaitUntil)
    assert made.at <= T0 + timedelta(seconds=left_s)


@pytest.mark.parametrize("wait_s", [None, 1e6])
def test_who_is_far_from_their_turn_looks_rarely_and_who_is_near_as_often_as_ever(wait_s: float | None) -> None:
    def pause_s(ahead: int) -> float:
        position = QueuePosition(ahead=ahead, wait_s=wait_s)
        made = decision(veo=position, kling=position, left_s=10**7, patience_s=0)
        assert isinstance(made, WaitUntil)
        return (made.at - T0).total_seconds()

    assert pause_s(0) == pause_s(9) <= ROUTING.queue_look_s
    looks = [1 / pause_s(ahead) for ahead in range(10_000)]
    assert sum(looks) < 1.3 * sum(looks[:100]), "a queue of ten thousand costs next to nothing more"
    assert pause_s(100) > 5 * pause_s(10)
