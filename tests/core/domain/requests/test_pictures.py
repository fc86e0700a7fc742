"""What shape and size a picture may have, and what a request becomes with it."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.domain.errors import Refused
from core.domain.requests import refusals as no
from core.domain.requests.fallback import Fallback
from core.domain.requests.pictures import (
    RATIO_MAX,
    SIDE_MIN,
    KeptPicture,
    Sides,
    framed,
    measured,
    nearest_aspect,
    within,
)
from core.domain.requests.pricing import Rounded, fit
from core.domain.requests.request import Aspect, VideoRequest, checked
from core.domain.requests.terms import Terms
from core.domain.requests.tiers import HAILUO, KLING, SEEDANCE, VEO, WAN, TierName
from tests.core.terms import offers, terms

SIDE = st.integers(SIDE_MIN, 12_000)
TALL = KeptPicture(key="pictures/a.jpg", width=1080, height=1920)
SQUARE = KeptPicture(key="pictures/b.jpg", width=800, height=800)


@pytest.mark.parametrize(
    ("size", "why"),
    [
        ((299, 500), no.PictureTooSmall),
        ((500, 299), no.PictureTooSmall),
        ((1000, 400), no.PictureTooNarrow),
        ((400, 1000), no.PictureTooNarrow),
        ((10_000, 5001), no.PictureTooLarge),
    ],
)
def test_a_picture_that_some_vendor_would_not_take_is_refused(size: tuple[int, int], why: type[Refused]) -> None:
    with pytest.raises(why):
        measured(*size)


@pytest.mark.parametrize("size", [(300, 300), (999, 400), (400, 999), (8000, 6000), (1170, 2532)])
def test_what_cameras_and_telephones_make_is_taken(size: tuple[int, int]) -> None:
    measured(*size)


@given(width=SIDE, height=SIDE, sides=st.sampled_from([Sides(), Sides(least=360, most=2000)]))
def test_a_picture_of_another_size_keeps_its_shape_and_both_sides_are_where_the_vendor_wants_them(
    width: int, height: int, sides: Sides
) -> None:
    assume(max(width, height) < RATIO_MAX * min(width, height))
    made = within(width, height, sides)
    assert sides.least <= min(made) <= max(made) <= sides.most
    assert made[0] / made[1] == pytest.approx(width / height, rel=0.01)
    if sides.least <= min(width, height) and max(width, height) <= sides.most:
        assert made == (width, height)


@pytest.mark.parametrize(
    ("size", "aspect"),
    [
        ((1920, 1080), Aspect.WIDE), ((1080, 1920), Aspect.TALL), ((900, 910), Aspect.SQUARE),
        ((1600, 1200), Aspect.CLASSIC), ((1200, 1600), Aspect.PORTRAIT), ((2400, 1000), Aspect.CINEMA),
    ],
)  # fmt: skip
def test_a_shape_has_the_name_that_is_nearest(size: tuple[int, int], aspect: Aspect) -> None:
    assert nearest_aspect(*size) is aspect


def test_a_video_that_begins_with_a_picture_has_its_shape() -> None:
    request = framed(VideoRequest(prompt="p", aspect=Aspect.WIDE), first=TALL, last=SQUARE)
    assert (request.first_frame, request.last_frame, request.aspect) == (TALL.key, SQUARE.key, Aspect.TALL)


def test_a_picture_to_end_with_wants_one_to_begin_with() -> None:
    with pytest.raises(no.LastPictureAlone):
        checked(VideoRequest(prompt="p", last_frame="pictures/a.jpg"))


def test_who_follows_the_picture_rounds_no_shape_and_who_does_not_says_so() -> None:
    square = framed(VideoRequest(prompt="p"), first=SQUARE)
    hailuo = fit(square, offers()[HAILUO].capabilities)
    assert (hailuo.aspect, hailuo.framed) == (Aspect.SQUARE, True)
    assert Rounded.ASPECT not in {rounding.what for rounding in hailuo.roundings}
    veo = fit(square, offers()[VEO].capabilities)
    assert Rounded.ASPECT in {rounding.what for rounding in veo.roundings}
    assert not fit(VideoRequest(prompt="p"), offers()[HAILUO].capabilities).framed


@pytest.mark.parametrize("tier", list(TierName))
def test_every_tier_can_begin_with_a_picture_at_what_it_costs_without(tier: TierName) -> None:
    plain = VideoRequest(prompt="p", tier=tier)
    wide = KeptPicture(key="k", width=1920, height=1080)
    assert terms().quote(framed(plain, first=wide)) == terms().quote(plain)


def test_who_cannot_end_with_a_picture_is_in_no_quote_for_one() -> None:
    both = framed(VideoRequest(prompt="p"), first=TALL, last=SQUARE)
    assert set(terms().quote(both).by_provider) == {VEO, KLING, SEEDANCE, HAILUO}
    assert WAN in terms().quote(replace(both, last_frame=None)).by_provider


def test_a_tier_in_which_nobody_can_do_it_takes_nothing() -> None:
    draft = framed(VideoRequest(prompt="p", tier=TierName.DRAFT), first=TALL, last=SQUARE)
    with pytest.raises(no.NoProviderForPictures):
        terms().quote(draft)
    assert TierName.DRAFT not in Terms(offers=offers()).tier_prices(like=draft)


def test_where_nobody_may_take_over_the_first_who_can_is_asked() -> None:
    both = framed(VideoRequest(prompt="p"), first=TALL, last=SQUARE)
    only = {name: offer for name, offer in offers().items() if name in {WAN, HAILUO}}
    quoted = Terms(offers=only).quote(both, fallback=Fallback.NEVER)
    assert set(quoted.by_provider) == {HAILUO}
