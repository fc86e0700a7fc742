"""The answers to /credits and /video help."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.chat.principal import Principal
from core.domain.credits.history import Balance
from core.domain.ids import Installation, PlatformName, UserId
from core.domain.requests.tiers import TIERS, TierName
from core.replies.chat.card import Card, Fact, plain
from core.replies.credits import balance as cards
from core.replies.requests.help import video
from tests.core.terms import terms

PRICES = terms().tier_prices()
ANA = Principal(platform=PlatformName("slack"), installation=Installation("T1"), user=UserId("U0ANA"), is_admin=False)


def balance(*, credits_left: int, held: int, running: int, prices: dict[TierName, int]) -> Card:
    found = Balance(credits_left=credits_left, held=held, running=running, people={})
    return cards.balance(found, reader=ANA, prices=prices, topup_url=None)


def _first_number(card: Card) -> int:
    found = re.search(r"-?[\d,]+", plain(card))
    assert found is not None
    return int(found[0].replace(",", ""))


@given(left=st.integers(0, 10**9), held=st.integers(0, 10**6), running=st.integers(0, 50))
def test_the_first_number_is_the_balance(left: int, held: int, running: int) -> None:
    assert _first_number(balance(credits_left=left, held=held, running=running, prices=PRICES)) == left


def test_what_is_reserved_is_told_only_when_something_is() -> None:
    quiet = plain(balance(credits_left=10, held=0, running=0, prices=PRICES))
    assert "Set aside" not in quiet
    busy = plain(balance(credits_left=10, held=615, running=2, prices=PRICES))
    assert "Set aside for 2 videos under way: 615 credits." in busy
    assert "Set aside for 1 video under way: 1 credit." in plain(
        balance(credits_left=1, held=1, running=1, prices=PRICES)
    )


def test_every_tier_has_its_price_in_both_answers() -> None:
    asked = balance(credits_left=10, held=0, running=0, prices=PRICES)
    helped = video(PRICES, examples=("/video a fox",))
    for tier in TierName:
        best = tier is TierName.DEFAULT
        assert Fact("best available" if best else tier.value, f"{PRICES[tier]} credits") in asked.parts
        named = "best available, if you name none: " if best else ""
        assert Fact(tier.value, f"{named}{TIERS[tier].blurb}, {PRICES[tier]} credits") in helped.parts
    facts = [part.label for part in helped.parts if isinstance(part, Fact)]
    assert facts[: len(PRICES)] == sorted(PRICES, key=lambda tier: PRICES[tier]), "the cheapest first"


@pytest.mark.parametrize("words", ["/video a fox", "16:9, 9:16, 1:1, 4:3, 3:4 or 21:9", "2 to 15", "/credits", "audio"])
def test_help_says_how_to_ask(words: str) -> None:
    assert words in plain(video(PRICES, examples=("/video a fox",)))


def test_a_tier_that_nobody_makes_is_in_no_list() -> None:
    assert "ultra" not in plain(video({TierName.DRAFT: 15}, examples=("/video a fox",)))
    assert "ultra" not in plain(balance(credits_left=1, held=0, running=0, prices={TierName.DRAFT: 15}))
