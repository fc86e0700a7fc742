"""Who stands in for a provider that is not up."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.health.provider_status import StandIn, stand_ins
from core.domain.ids import ProviderName
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
