"""What a result offers next, and what each would hold: in credits, at the list prices of 2026-11-30."""

from dataclasses import replace

import pytest

from core.domain.requests.fallback import Fallback
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import VEO, WAN, TierName
from core.domain.requests.variations import HigherTier, Variations, another, variations
from tests.core.terms import offers, terms

FOX = VideoRequest(prompt="a fox", seed=7)
HELD = [
    (TierName.DRAFT, Fallback.ANY, 15, (TierName.STANDARD, 92, 77)),
    (TierName.STANDARD, Fallback.ANY, 92, (TierName.PRO, 135, 43)),
    (TierName.PRO, Fallback.ANY, 135, (TierName.ULTRA, 756, 621)),
    (TierName.PRO, Fallback.NEVER, 135, (TierName.ULTRA, 720, 585)),
    (TierName.DEFAULT, Fallback.ANY, 480, (TierName.ULTRA, 756, 276)),
    (TierName.ULTRA, Fallback.ANY, 756, None),
    (TierName.ULTRA, Fallback.NEVER, 720, None),
]


@pytest.mark.parametrize(("tier", "fallback", "held", "higher"), HELD)
def test_each_tier_offers_the_next_one_with_what_it_holds_and_what_it_holds_more(
    tier: TierName, fallback: Fallback, held: int, higher: tuple[TierName, int, int] | None
) -> None:
    found = variations(replace(FOX, tier=tier), terms=terms(), fallback=fallback)
    better = higher and HigherTier(tier=higher[0], credits=higher[1], more=higher[2])
    assert found == Variations(again=held, extend=held, higher=better)


def test_a_tier_that_nobody_makes_is_not_offered() -> None:
    some = terms(offers={name: offers()[name] for name in (WAN, VEO)})
    found = variations(replace(FOX, tier=TierName.DRAFT), terms=some, fallback=Fallback.ANY)
    assert found.higher == HigherTier(tier=TierName.ULTRA, credits=720, more=705)
    found = variations(replace(FOX, tier=TierName.PRO), terms=some, fallback=Fallback.ANY)
    assert found == Variations(higher=HigherTier(tier=TierName.ULTRA, credits=720, more=720))


def test_a_second_part_begins_with_a_picture_and_ends_without() -> None:
    framed = replace(FOX, tier=TierName.DRAFT, first_frame="a", last_frame="b")
    assert variations(framed, terms=terms(), fallback=Fallback.ANY) == Variations(  # Wan takes no last picture
        extend=15, higher=HigherTier(tier=TierName.STANDARD, credits=92, more=92)
    )
    referring = replace(FOX, tier=TierName.DRAFT, references=("a",))
    assert variations(referring, terms=terms(), fallback=Fallback.ANY).extend == 15, "Wan takes no references"
    assert variations(referring, terms=terms(), fallback=Fallback.ANY).again is None
    blind = replace(offers()[WAN], capabilities=replace(offers()[WAN].capabilities, first_frame=False))
    found = variations(replace(FOX, tier=TierName.DRAFT), terms=terms(offers={WAN: blind}), fallback=Fallback.ANY)
    assert found == Variations(again=15)


def test_another_video_has_another_seed() -> None:
    assert another(FOX) == VideoRequest(prompt="a fox")
