"""When a running attempt is hedged."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.domain.errors import ErrorClass
from core.domain.generations.retry import Stage
from core.domain.health.config import HealthConfig, RoutingConfig
from core.domain.health.events import AttemptKind
from core.domain.health.route_health import HealthState, RouteHealth, new_route
from core.domain.ids import ProviderName, RouteKey
from core.domain.routing.decisions import RoutedGeneration, RoutingContext, Tried
from core.domain.routing.hedging import RunningAttempt, StartHedge, hedge, long_at

HEALTH, ROUTING = HealthConfig(), RoutingConfig()
T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
VEO, KLING, WAN = ProviderName("veo"), ProviderName("kling"), ProviderName("wan")
VEO_ROUTE, KLING_ROUTE = RouteKey("veo.vertex"), RouteKey("kling.api")
WAN_ROUTE = RouteKey("wan.intl")
RUNNING = RunningAttempt(
    route=VEO_ROUTE, started_at=T0, timeout_at=T0 + timedelta(seconds=250), epoch=0, is_probe=False
)
FIRST = Tried(route=VEO_ROUTE, provider=VEO, accepted=True)


def row(route: RouteKey, **changes: object) -> RouteHealth:
    return replace(new_route(route, now=T0, slots=10, hedge_tokens=10.0), **changes)  # type: ignore[arg-type]  # a test's shorthand


def asked(
    *,
    seconds: float,
    running: RunningAttempt = RUNNING,
    veo: RouteHealth | None = None,
    kling: RouteHealth | None = None,
    deadline_s: float = 900,
    tried: tuple[Tried, ...] = (FIRST,),
    chain: tuple[ProviderName, ...] = (VEO, KLING),
) -> StartHedge | None:
    around = RoutingContext(
        routes={VEO: (VEO_ROUTE,), KLING: (KLING_ROUTE,), WAN: (WAN_ROUTE,)},
        health={VEO_ROUTE: veo or row(VEO_ROUTE), KLING_ROUTE: kling or row(KLING_ROUTE), WAN_ROUTE: row(WAN_ROUTE)},
        p95_s={VEO_ROUTE: 100.0, KLING_ROUTE: 200.0, WAN_ROUTE: 50.0},
    )
    job = RoutedGeneration(chain=chain, deadline=T0 + timedelta(seconds=deadline_s), tried=tried)
    return hedge(job, running, around, now=T0 + timedelta(seconds=seconds), health=HEALTH, routing=ROUTING)


def test_a_slow_attempt_at_a_healthy_route_with_time_to_spare_is_left_alone() -> None:
    assert [asked(seconds=s) for s in (99, 101, 151, 249)] == [None] * 4


def test_a_probe_is_hedged_from_p95_on() -> None:
    probe = replace(RUNNING, is_probe=True)
    assert asked(seconds=99, running=probe) is None
    found = asked(seconds=100, running=probe)
    assert found is not None
    assert (found.candidate.provider, found.hedges_sick) == (KLING, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"state": HealthState.DEMOTED, "until": T0 + timedelta(seconds=300), "epoch": 1},
        {"state": HealthState.HELD, "epoch": 1},
        {"epoch": 3},
    ],
)
def test_an_attempt_whose_route_fell_ill_is_hedged_from_p95_on(changes: dict[str, object]) -> None:
    found = asked(seconds=100, veo=row(VEO_ROUTE, **changes), kling=row(KLING_ROUTE, hedge_tokens=0.0))
    assert found is not None
    assert found.hedges_sick


def test_without_time_for_the_timeout_it_is_hedged_at_one_and_a_half_p95_for_a_token() -> None:
    # Timeout at 250 s, and 1.3 × 200 s for the other one: 510 s.
    assert asked(seconds=149, deadline_s=509) is None
    found = asked(seconds=150, deadline_s=509)
    assert found is not None
    assert not found.hedges_sick
    assert asked(seconds=150, deadline_s=511) is None
    assert asked(seconds=150, deadline_s=509, kling=row(KLING_ROUTE, hedge_tokens=0.9)) is None


def test_a_generation_is_hedged_once_and_only_at_a_healthy_route_it_has_not_tried() -> None:
    probe = replace(RUNNING, is_probe=True)
    hedged = Tried(route=KLING_ROUTE, provider=KLING, accepted=True, is_hedge=True)
    assert asked(seconds=120, running=probe, tried=(FIRST, hedged)) is None
    assert asked(seconds=120, running=probe, tried=(FIRST, replace(hedged, is_hedge=False))) is None
    sick = row(KLING_ROUTE, state=HealthState.PROBING)
    assert asked(seconds=120, running=probe, kling=sick) is None
    assert asked(seconds=901, running=probe) is None


PROBE = replace(RUNNING, is_probe=True)
CHAIN = (VEO, KLING, WAN)


def test_a_generation_that_was_hedged_is_not_hedged_again_though_a_third_route_is_free() -> None:
    assert asked(seconds=120, running=PROBE, chain=CHAIN) is not None
    hedged = Tried(route=KLING_ROUTE, provider=KLING, accepted=True, is_hedge=True)
    for tried in ((FIRST, hedged), (hedged, FIRST)):
        assert asked(seconds=120, running=PROBE, chain=CHAIN, tried=tried) is None
    other = asked(seconds=120, running=PROBE, chain=CHAIN, tried=(FIRST, replace(hedged, is_hedge=False)))
    assert other is not None
    assert other.candidate.route == WAN_ROUTE


def test_a_hedge_is_never_a_probe_though_the_route_has_room_for_one() -> None:
    sick = row(KLING_ROUTE, state=HealthState.PROBING)
    found = asked(seconds=120, running=PROBE, kling=sick, chain=CHAIN)
    assert found is not None
    assert found.plan.candidates[0].kind is AttemptKind.PROBE, "alone it would have been one"
    assert (found.candidate.route, found.candidate.kind) == (WAN_ROUTE, AttemptKind.NORMAL)


def test_a_hedge_is_never_a_second_try_where_this_generation_has_failed() -> None:
    failed = Tried(
        route=KLING_ROUTE,
        provider=KLING,
        accepted=False,
        error_class=ErrorClass.CAPACITY,
        stage=Stage.SUBMIT,
        ended_at=T0,
    )
    assert asked(seconds=120, running=PROBE, tried=(FIRST, failed)) is None


def test_the_first_of_the_chain_that_is_free_is_the_hedge() -> None:
    found = asked(seconds=120, running=PROBE, chain=CHAIN)
    assert found is not None
    assert found.candidate.route == KLING_ROUTE


def test_why_it_is_hedged_is_said() -> None:
    found = [
        asked(seconds=100, running=PROBE),
        asked(seconds=100, veo=row(VEO_ROUTE, state=HealthState.DEMOTED, until=T0 + timedelta(seconds=300))),
        asked(seconds=150, deadline_s=509),
    ]
    assert [one.why if one else None for one in found] == [
        "a probe takes long", "veo.vertex is demoted by now", "no time to wait for the timeout",
    ]  # fmt: skip


def test_a_route_whose_epoch_is_the_same_is_sick_all_the_same_while_it_is_not_healthy() -> None:
    found = asked(seconds=100, veo=row(VEO_ROUTE, state=HealthState.PROBING))
    assert found is not None
    assert found.hedges_sick


@pytest.mark.parametrize(("tokens", "is_made"), [(0.99, False), (1.0, True), (1.5, True)])
def test_a_hedge_of_a_healthy_route_takes_a_whole_token(*, tokens: float, is_made: bool) -> None:
    found = asked(seconds=150, deadline_s=509, kling=row(KLING_ROUTE, hedge_tokens=tokens))
    assert (found is not None) is is_made


@pytest.mark.parametrize(("deadline_s", "is_made"), [(509.9, True), (510.0, False), (510.1, False)])
def test_time_for_the_timeout_and_the_other_is_time_enough(*, deadline_s: float, is_made: bool) -> None:
    assert (asked(seconds=150, deadline_s=deadline_s) is not None) is is_made


@pytest.mark.parametrize(("seconds", "is_made"), [(899.9, True), (900, False), (900.1, False)])
def test_after_the_deadline_nothing_is_hedged(*, seconds: float, is_made: bool) -> None:
    assert (asked(seconds=seconds, running=PROBE) is not None) is is_made


def test_an_attempt_takes_long_from_its_p95_on() -> None:
    assert long_at(accepted_at=T0, p95_s=90) == T0 + timedelta(seconds=90)
