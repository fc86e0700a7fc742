"""The operator's terms: which providers a tier may use, and what that holds."""

from dataclasses import replace

import pytest

from core.domain.ids import ProviderName
from core.domain.requests.fallback import Fallback
from core.domain.requests.refusals import NoProvider, NoProviderForPictures
from core.domain.requests.request import VideoRequest
from core.domain.requests.terms import divided
from core.domain.requests.tiers import HAILUO, KLING, SEEDANCE, TIERS, VEO, WAN, TierName
from tests.core.terms import offers, terms

FOX = VideoRequest(prompt="a fox")


@pytest.mark.parametrize("tier", TierName)
def test_the_chain_of_a_tier_is_its_row(tier: TierName) -> None:
    assert terms().chain(tier) == TIERS[tier].chain


def test_a_provider_without_a_key_is_left_out_of_chain_and_quote() -> None:
    some = terms(offers={name: offer for name, offer in offers().items() if name != VEO})
    assert some.chain(TierName.ULTRA) == (KLING,)
    assert VEO not in some.quote(FOX).by_provider
    assert some.quote(FOX).credits < terms().quote(FOX).credits


def test_a_tier_that_nobody_makes_is_refused_and_has_no_price() -> None:
    only_wan = terms(offers={WAN: offers()[WAN]})
    with pytest.raises(NoProvider):
        only_wan.chain(TierName.ULTRA)
    assert set(only_wan.tier_prices()) == {TierName.DEFAULT, TierName.DRAFT}


def test_the_last_resort_comes_after_the_chain_and_is_covered_by_the_quote() -> None:
    resort = terms(last_resort={TierName.DRAFT: VEO})
    assert resort.chain(TierName.DRAFT) == (WAN, VEO)
    draft = VideoRequest(prompt="a fox", tier=TierName.DRAFT)
    assert resort.quote(draft).credits == resort.quote(draft).by_provider[VEO]


def test_a_last_resort_that_is_in_the_chain_or_unknown_changes_nothing() -> None:
    inside = terms(last_resort={TierName.STANDARD: HAILUO, TierName.PRO: ProviderName("nobody")})
    assert inside.chain(TierName.STANDARD) == (SEEDANCE, HAILUO)
    assert inside.chain(TierName.PRO) == (KLING, SEEDANCE)


def test_what_a_balance_covers_is_told_dearest_first() -> None:
    prices = terms().tier_prices(like=FOX)
    within = terms().affordable(prices[TierName.PRO], like=FOX)
    assert within[0] == ("pro", prices[TierName.PRO])
    assert [price for _, price in within] == sorted((price for _, price in within), reverse=True)
    assert terms().affordable(0, like=FOX) == ()


def test_the_price_of_a_tier_follows_the_request() -> None:
    long = VideoRequest(prompt="a fox", duration_s=15)
    assert terms().tier_prices(like=long)[TierName.PRO] > terms().tier_prices()[TierName.PRO]


@pytest.mark.parametrize(
    ("fallback", "providers"),
    [(Fallback.NEVER, {KLING}), (Fallback.SAME_TIER, {KLING, SEEDANCE}), (Fallback.ANY, {KLING, SEEDANCE, VEO})],
)
def test_the_quote_covers_those_that_the_workspace_lets_take_over(
    fallback: Fallback, providers: set[ProviderName]
) -> None:
    resort = terms(last_resort={TierName.PRO: VEO})
    pro = VideoRequest(prompt="a fox", tier=TierName.PRO)
    quote = resort.quote(pro, fallback=fallback)
    assert set(quote.by_provider) == providers
    assert quote.credits == max(quote.by_provider.values())
    assert resort.tier_prices(fallback=fallback)[TierName.PRO] == quote.credits
    assert resort.affordable(quote.credits, like=pro, fallback=fallback)[0][1] <= quote.credits


def test_a_last_resort_alone_is_only_for_those_who_let_anybody_take_over() -> None:
    only_veo = terms(offers={VEO: offers()[VEO]}, last_resort={TierName.DRAFT: VEO})
    draft = VideoRequest(prompt="a fox", tier=TierName.DRAFT)
    assert only_veo.planned(draft, Fallback.ANY) == (VEO,)
    for fallback in (Fallback.NEVER, Fallback.SAME_TIER):
        with pytest.raises(NoProvider):
            only_veo.planned(draft, fallback)


def test_a_chain_is_divided_into_the_tiers_own_and_its_last_resort() -> None:
    assert divided(TierName.DRAFT, (WAN, VEO)) == ((WAN,), VEO)
    assert divided(TierName.PRO, (KLING, SEEDANCE)) == ((KLING, SEEDANCE), None)
    resort = terms(last_resort={TierName.DRAFT: VEO, TierName.STANDARD: HAILUO})
    assert resort.last_resort_labels() == {TierName.DRAFT: "Veo 3.1"}


def test_a_chain_that_nobody_is_left_of_is_refused() -> None:
    asked = replace(FOX, tier=TierName.STANDARD, without=(SEEDANCE, HAILUO))
    for fallback in Fallback:
        with pytest.raises(NoProvider):
            terms().planned(asked, fallback)


@pytest.mark.parametrize(
    ("blind", "fallback", "planned"),
    [
        ((SEEDANCE,), Fallback.NEVER, (HAILUO,)),
        ((SEEDANCE,), Fallback.SAME_TIER, (SEEDANCE, HAILUO)),
        ((SEEDANCE,), Fallback.ANY, (SEEDANCE, HAILUO)),
        ((HAILUO,), Fallback.NEVER, (SEEDANCE, HAILUO)),
        ((SEEDANCE, HAILUO), Fallback.NEVER, (SEEDANCE, HAILUO)),
    ],
)
def test_where_nobody_may_take_over_the_first_who_takes_the_picture_makes_it(
    blind: tuple[ProviderName, ...], fallback: Fallback, planned: tuple[ProviderName, ...]
) -> None:
    seeing = {
        name: replace(offer, capabilities=replace(offer.capabilities, first_frame=name not in blind))
        for name, offer in offers().items()
    }
    asked = replace(FOX, tier=TierName.STANDARD, first_frame="pictures/a.jpg")
    assert terms(offers=seeing).planned(asked, fallback) == planned


def test_a_refusal_of_references_names_the_tiers_that_are_made_and_take_them_and_one_of_frames_names_none() -> None:
    seeing = {
        name: replace(offer, capabilities=replace(offer.capabilities, references_max=3 if name == SEEDANCE else 0))
        for name, offer in offers().items()
        if name in {SEEDANCE, WAN}
    }
    blind = replace(seeing[WAN], capabilities=replace(seeing[WAN].capabilities, first_frame=False))
    some = terms(offers=seeing | {WAN: blind})
    draft = replace(FOX, tier=TierName.DRAFT)
    with pytest.raises(NoProviderForPictures) as refused:
        some.quote(replace(draft, references=("pictures/a.jpg", "pictures/b.jpg")))
    assert (refused.value.references, refused.value.able) == (2, ("default", "pro", "standard"))
    with pytest.raises(NoProviderForPictures) as refused:
        some.quote(replace(draft, first_frame="pictures/a.jpg"))
    assert (refused.value.references, refused.value.able) == (0, ())


def test_what_each_tier_holds_is_told_the_cheapest_first() -> None:
    assert list(terms().tier_prices().items()) == [
        (TierName.DRAFT, 15), (TierName.STANDARD, 92), (TierName.PRO, 135), (TierName.DEFAULT, 480),
        (TierName.ULTRA, 756),
    ]  # fmt: skip
    some = terms(offers={name: offers()[name] for name in (VEO, SEEDANCE)})
    assert list(some.tier_prices()) == sorted(some.tier_prices(), key=lambda tier: some.tier_prices()[tier])


def test_what_a_balance_covers_is_a_video_like_the_one_that_was_asked_for() -> None:
    long = replace(FOX, duration_s=15)
    price = terms().tier_prices(like=long)[TierName.PRO]
    assert "pro" not in dict(terms().affordable(price - 1, like=long))
    assert dict(terms().affordable(price, like=long))["pro"] == price


def test_what_a_balance_covers_is_counted_by_who_may_take_over() -> None:
    resort = terms(last_resort={TierName.DRAFT: VEO})
    draft = replace(FOX, tier=TierName.DRAFT)
    held = {fallback: resort.quote(draft, fallback=fallback).credits for fallback in Fallback}
    assert held[Fallback.NEVER] < held[Fallback.ANY]
    covered = dict(resort.affordable(held[Fallback.NEVER], like=draft, fallback=Fallback.NEVER))
    assert covered == {"draft": held[Fallback.NEVER]}
