"""The menu of tiers hangs together."""

from core.domain.requests.tiers import HAILUO, KLING, SEEDANCE, TIERS, VEO, WAN, TierName


def test_every_tier_has_its_row_and_its_chain() -> None:
    assert {name: tier.chain for name, tier in TIERS.items()} == {
        TierName.DEFAULT: (VEO, KLING, SEEDANCE, HAILUO, WAN),
        TierName.ULTRA: (VEO, KLING),
        TierName.PRO: (KLING, SEEDANCE),
        TierName.STANDARD: (SEEDANCE, HAILUO),
        TierName.DRAFT: (WAN,),
    }


def test_a_row_is_found_under_its_own_name_and_has_sane_bounds() -> None:
    for name, tier in TIERS.items():
        assert tier.name is name
        assert 0 < tier.lines_min <= tier.lines_max
        assert tier.blurb
