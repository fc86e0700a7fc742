"""When a running attempt is hedged."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.domain.health.config import HealthConfig, RoutingConfig
from core.domain.health.route_health import HealthState, RouteHealth, new_route
from core.domain.ids import ProviderName, RouteKey
from core.domain.routing.decisions import RoutedGeneration, RoutingContext, Tried
from core.domain.routing.hedging import RunningAttempt, StartHedge, hedge

HEALTH, ROUTING = HealthConfig(), RoutingConfig()
T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
VEO, KLING = ProviderName("veo"), ProviderName("kling")
VEO_ROUTE, KLING_ROUTE = RouteKey("veo.vertex"), RouteKey("kling.api")
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
) -> StartHedge | None:
    around = RoutingContext(
        routes={VEO: (VEO_ROUTE,), KLING: (KLING_ROUTE,)},
        health={VEO_ROUTE: veo or row(VEO_ROUTE), KLING_ROUTE: kling or row(KLING_ROUTE)},
        p95_s={VEO_ROUTE: 100.0, KLING_ROUTE: 200.0},
    )
    job = RoutedGeneration(chain=(VEO, KLING), deadline=T0 + timedelta(seconds=deadline_s), tried=tried)
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
