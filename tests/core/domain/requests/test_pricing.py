"""Prices, with the offers that the providers really make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.ids import ProviderName
from core.domain.requests.pricing import Rounded, credits_for, fit, nearest_duration, price, quote
from core.domain.requests.request import DURATION_MAX_S, DURATION_MIN_S, Aspect, VideoRequest
from core.domain.requests.tiers import TIERS, TierName
from tests.core.terms import offers

PROVIDERS = sorted(offers())

requests = st.builds(
    VideoRequest,
    prompt=st.just("a fox"),
    tier=st.sampled_from(TierName),
    aspect=st.sampled_from(Aspect),
    duration_s=st.none() | st.integers(DURATION_MIN_S, DURATION_MAX_S),
    audio=st.none() | st.booleans(),
)


def _price(request: VideoRequest, provider: ProviderName) -> int:
    return price(request, offers()[provider], credits_per_usd=150)


@given(request=requests, provider=st.sampled_from(PROVIDERS))
def test_what_a_model_is_asked_for_is_what_it_offers(request: VideoRequest, provider: ProviderName) -> None:
    capabilities = offers()[provider].capabilities
    fitted = fit(request, capabilities)
    assert any(fitted.lines == m.lines and fitted.duration_s in m.durations_s for m in capabilities.modes)
    assert fitted.aspect in capabilities.aspects


@given(
    tier=st.sampled_from(TierName),
    provider=st.sampled_from(PROVIDERS),
    audio=st.none() | st.booleans(),
    duration_s=st.integers(DURATION_MIN_S, DURATION_MAX_S - 1),
)
def test_a_longer_video_never_costs_less(
    tier: TierName,
    provider: ProviderName,
    audio: bool | None,  # noqa: FBT001 - Hypothesis passes by name
    duration_s: int,
) -> None:
    shorter = VideoRequest(prompt="a fox", tier=tier, audio=audio, duration_s=duration_s)
    longer = VideoRequest(prompt="a fox", tier=tier, audio=audio, duration_s=duration_s + 1)
    assert _price(shorter, provider) <= _price(longer, provider)


@given(request=requests, chain=st.lists(st.sampled_from(PROVIDERS), min_size=1, unique=True))
def test_a_quote_covers_every_provider_and_is_no_more_than_the_dearest(
    request: VideoRequest, chain: list[ProviderName]
) -> None:
    held = quote(request, offers(), providers=chain, credits_per_usd=150)
    assert set(held.by_provider) == set(chain)
    assert held.credits == max(_price(request, provider) for provider in chain)


@given(request=requests, provider=st.sampled_from(PROVIDERS))
def test_what_was_asked_for_in_words_and_is_not_had_is_always_said(
    request: VideoRequest, provider: ProviderName
) -> None:
    fitted = fit(request, offers()[provider].capabilities)
    said = {rounding.what for rounding in fitted.roundings}
    assert (Rounded.DURATION in said) == (request.duration_s not in {None, fitted.duration_s})
    assert (Rounded.ASPECT in said) == (request.aspect is not fitted.aspect)
    assert (Rounded.SOUND in said) == (request.audio is not None and request.audio is not fitted.audio)
    assert (Rounded.RESOLUTION in said) == (fitted.lines < TIERS[request.tier].lines_min)


@pytest.mark.parametrize(
    ("offered", "wanted", "got"),
    [((4, 6, 8), 5, 4), ((4, 6, 8), 7, 6), ((5, 10), 8, 10), ((5, 10), 7, 5), ((6, 10), 8, 6), ((8,), 2, 8)],
)
def test_a_duration_halfway_between_two_rounds_down(offered: tuple[int, ...], wanted: int, got: int) -> None:
    assert nearest_duration(offered, wanted) == got
    assert nearest_duration(reversed(offered), wanted) == got


@given(st.sets(st.integers(1, 20), min_size=1), st.integers(1, 20))
def test_no_offered_duration_is_nearer_than_the_one_taken(offered: set[int], wanted: int) -> None:
    taken = nearest_duration(offered, wanted)
    assert taken in offered
    assert all((abs(taken - wanted), taken) <= (abs(other - wanted), other) for other in offered)


@pytest.mark.parametrize(
    ("usd_micros", "expected"),
    [(0, 1), (1, 1), (6_666, 1), (6_667, 2), (400_000, 60), (400_001, 61), (3_200_000, 480)],
)
def test_a_credit_is_a_cent_with_the_margin_rounded_up_for_each_clip(usd_micros: int, expected: int) -> None:
    assert credits_for(usd_micros, credits_per_usd=150) == expected


@given(st.integers(1, 10**8), st.integers(1, 1000))
def test_rounding_up_costs_less_than_one_credit(usd_micros: int, credits_per_usd: int) -> None:
    exact = usd_micros * credits_per_usd / 1_000_000
    assert 0 <= credits_for(usd_micros, credits_per_usd=credits_per_usd) - exact <= 1
