"""How a provider does, by its routes; and who stands in for one that is not up."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.health.provider_status import (
    Availability,
    ProviderStatus,
    RouteStatus,
    StandIn,
    availability,
    routes_in_use,
    stand_ins,
    worst_availability,
)
from core.domain.health.route_health import HealthState, Reason, new_route
from core.domain.ids import ProviderName, RouteKey
from core.domain.requests.tiers import HAILUO, KLING, SEEDANCE, TIERS, VEO, WAN, TierName

CHAINS = {tier: TIERS[tier].chain for tier in TierName}
ALL = (VEO, KLING, SEEDANCE, HAILUO, WAN)


def _told(down: ProviderName, *, also_down: Iterable[ProviderName] = ()) -> dict[ProviderName | None, tuple[str, ...]]:
    up = [provider for provider in ALL if provider not in {down, *also_down}]
    return {found.provider: found.tiers for found in stand_ins(down, CHAINS, up=up)}


def test_the_next_of_every_chain_stands_in_where_the_provider_is_first() -> None:
    assert _told(VEO) == {KLING: (TierName.DEFAULT, TierName.ULTRA)}
    assert _told(KLING) == {SEEDANCE: (TierName.PRO,)}
    assert _told(SEEDANCE) == {HAILUO: (TierName.STANDARD,)}


def test_a_provider_that_others_come_before_everywhere_is_not_missed() -> None:
    assert _told(HAILUO) == {}


def test_where_nobody_is_left_it_says_so() -> None:
    assert _told(WAN) == {None: (TierName.DRAFT,)}
    assert _told(KLING, also_down=[VEO]) == {
        SEEDANCE: (TierName.DEFAULT, TierName.PRO), None: (TierName.ULTRA,),
    }  # fmt: skip


def test_nobody_stands_in_for_themselves() -> None:
    assert stand_ins(KLING, CHAINS, up=[KLING, WAN]) == (
        StandIn(provider=WAN, tiers=(TierName.DEFAULT,)), StandIn(provider=None, tiers=(TierName.ULTRA, TierName.PRO)),
    )  # fmt: skip


@given(st.sets(st.sampled_from(ALL), min_size=1))
def test_who_stands_in_is_up_and_comes_behind(down: set[ProviderName]) -> None:
    for provider in down:
        for found in stand_ins(provider, CHAINS, up=set(ALL) - down):
            for tier in found.tiers:
                assert provider in CHAINS[tier]
                if found.provider is not None:
                    assert found.provider not in down
                    assert CHAINS[tier].index(found.provider) > CHAINS[tier].index(provider)


@pytest.mark.parametrize("down", ALL)
def test_when_all_are_down_nobody_stands_in_for_anybody(down: ProviderName) -> None:
    found = stand_ins(down, CHAINS, up=())
    assert found == (StandIn(provider=None, tiers=tuple(tier for tier in TierName if down in CHAINS[tier])),)


H, D, P, X = HealthState.HEALTHY, HealthState.DEMOTED, HealthState.PROBING, HealthState.HELD
A, B, C = RouteKey("veo.a"), RouteKey("veo.b"), RouteKey("veo.c")
NOW = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("states", "word"),
    [
        ((), Availability.WORKING),
        ((H,), Availability.WORKING),
        ((D,), Availability.SET_ASIDE),
        ((P,), Availability.SET_ASIDE),
        ((X,), Availability.OUT_OF_USE),
        ((H, X, H), Availability.PARTLY_WORKING),
        ((X, P, X), Availability.SET_ASIDE),
        ((X, X, X), Availability.OUT_OF_USE),
    ],
)
def test_how_a_provider_does_is_said_of_all_its_routes(states: tuple[HealthState, ...], word: Availability) -> None:
    assert availability(states) is word
    status = ProviderStatus(
        provider=VEO,
        label="Veo",
        routes=tuple(
            RouteStatus(row=replace(new_route(A, now=NOW, slots=1, hedge_tokens=0), state=state)) for state in states
        ),
    )
    assert status.availability is word


@pytest.mark.parametrize(
    ("troubled", "held", "word"),
    [
        ([A], [], Availability.PARTLY_WORKING),
        ([A], [A], Availability.PARTLY_WORKING),
        ([A, B], [A], Availability.SET_ASIDE),
        ([A, B], [A, B], Availability.OUT_OF_USE),
        ([C], [C], Availability.OUT_OF_USE),
        ([C], [], Availability.SET_ASIDE),
        ([A, C], [A, C], Availability.PARTLY_WORKING),
    ],
)
def test_the_worst_of_an_incident_is_said_of_the_routes_that_there_are(
    troubled: list[RouteKey], held: list[RouteKey], word: Availability
) -> None:
    assert worst_availability([A, B], troubled=troubled, held=held) is word


@pytest.mark.parametrize(
    ("state", "reason", "used"),
    [
        (X, Reason.MODEL_GONE, (A, C, B)),
        (X, Reason.AUTH, (A, B)),
        (D, Reason.MODEL_GONE, (A, B)),
        (H, Reason.NEW, (A, B)),
    ],
)
def test_a_successor_is_in_use_once_the_model_is_gone(
    state: HealthState, reason: Reason, used: tuple[RouteKey, ...]
) -> None:
    rows = {route: new_route(route, now=NOW, slots=1, hedge_tokens=0) for route in (A, B, C)}
    rows[A] = replace(rows[A], state=state, reason=reason)
    assert routes_in_use([A, B], successors={A: C}, rows=rows) == used
