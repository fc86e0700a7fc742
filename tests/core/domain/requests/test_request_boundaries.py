"""The edges of a request and its price: sizes, shapes, lengths and words, at, below and above each bound."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from core.domain.ids import ProviderName
from core.domain.requests import refusals as no
from core.domain.requests.fallback import Fallback, within
from core.domain.requests.pictures import KeptPicture, Sides, framed, key_of, measured, nearest_aspect
from core.domain.requests.pictures import within as within_sides
from core.domain.requests.pricing import (
    Capabilities,
    Fitted,
    Mode,
    Offer,
    Rounded,
    Rounding,
    Sound,
    credits_for,
    fit,
    nearest_duration,
    price,
    quote,
    wants_sound,
)
from core.domain.requests.request import Aspect, VideoRequest, checked, clean_prompt
from core.domain.requests.terms import OtherProvider, Terms, divided, without
from core.domain.requests.tiers import HAILUO, KLING, SEEDANCE, VEO, WAN, TierName
from core.domain.time_scale import TimeScale

FOX = VideoRequest(prompt="a fox")
WIDE, TALL, SQUARE, CLASSIC, PORTRAIT, CINEMA = Aspect


def per_second(usd_micros: int) -> Callable[[Fitted], int]:
    return lambda fitted: usd_micros * fitted.duration_s


def makes(*lines: int, seconds: tuple[int, ...] = (5,), **changes: object) -> Capabilities:
    made = Capabilities(
        modes=tuple(Mode(lines=each, durations_s=seconds) for each in lines),
        aspects=(WIDE, TALL), sound=Sound.CHOICE, prompt_max=10,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]  # a test's shorthand


@pytest.mark.parametrize(
    ("tier", "offered", "lines"),
    [
        (TierName.DEFAULT, (480, 720, 1080, 2160), 1080), (TierName.STANDARD, (480, 720, 1080, 2160), 720),
        (TierName.ULTRA, (720, 1080, 2160), 2160), (TierName.DRAFT, (720, 480, 1080), 480),
        (TierName.PRO, (719, 1081, 480), 719), (TierName.PRO, (1081, 2160), 1081), (TierName.PRO, (480, 540), 540),
        (TierName.STANDARD, (768, 1080), 768), (TierName.PRO, (720,), 720), (TierName.ULTRA, (1080, 1079), 1080),
    ],
)  # fmt: skip
def test_a_tier_takes_its_size_or_the_nearest_below_it(tier: TierName, offered: tuple[int, ...], lines: int) -> None:
    fitted = fit(replace(FOX, tier=tier), makes(*offered))
    assert fitted.lines == lines


def test_the_size_is_one_that_has_the_duration() -> None:
    modes = (Mode(lines=720, durations_s=(4, 8)), Mode(lines=1080, durations_s=(8,)))
    made = makes(720, modes=modes)
    assert [(fit(replace(FOX, duration_s=s), made).lines, fit(replace(FOX, duration_s=s), made).duration_s)
            for s in (4, 6, 7, 8)] == [(720, 4), (720, 4), (1080, 8), (1080, 8)]  # fmt: skip


@pytest.mark.parametrize(
    ("offered", "wanted", "got"),
    [
        ((WIDE, TALL), CLASSIC, WIDE), ((WIDE, TALL), PORTRAIT, TALL), ((WIDE, TALL), SQUARE, TALL),
        ((WIDE, TALL, SQUARE), CINEMA, WIDE), ((WIDE, TALL, SQUARE), PORTRAIT, TALL),
        ((WIDE, TALL, SQUARE), CLASSIC, SQUARE), ((WIDE, TALL, CLASSIC), SQUARE, CLASSIC),
    ],
)  # fmt: skip
def test_the_nearest_shape_is_taken(offered: tuple[Aspect, ...], wanted: Aspect, got: Aspect) -> None:
    assert fit(replace(FOX, aspect=wanted), makes(720, aspects=offered)).aspect is got


def test_with_references_the_shapes_and_lengths_are_those_that_the_model_has_for_them() -> None:
    model = makes(720, seconds=(4, 6, 8), references_max=1, reference_durations_s=(8,), reference_aspects=(SQUARE,))
    asked = replace(FOX, duration_s=4)
    fitted = [fit(each, model) for each in (asked, replace(asked, references=("a",)))]
    assert [(each.duration_s, each.aspect) for each in fitted] == [(4, WIDE), (8, SQUARE)]
    same = makes(720, seconds=(4, 6, 8), references_max=1)
    assert fit(replace(asked, references=("a",)), same) == fitted[0]


def test_the_ratio_of_a_shape_is_its_width_to_its_height() -> None:
    assert {aspect.value: round(aspect.ratio, 4) for aspect in Aspect} == {
        "16:9": 1.7778, "9:16": 0.5625, "1:1": 1.0, "4:3": 1.3333, "3:4": 0.75, "21:9": 2.3333,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sound", "tier", "asked", "audio"),
    [
        (Sound.NEVER, TierName.DEFAULT, True, False), (Sound.ALWAYS, TierName.PRO, False, True),
        (Sound.CHOICE, TierName.DEFAULT, None, True), (Sound.CHOICE, TierName.PRO, None, False),
        (Sound.CHOICE, TierName.DEFAULT, False, False), (Sound.CHOICE, TierName.PRO, True, True),
        (Sound.NEVER, TierName.DEFAULT, None, False),
    ],
)  # fmt: skip
def test_a_silent_model_is_never_billed_with_sound(
    *, sound: Sound, tier: TierName, asked: bool | None, audio: bool
) -> None:
    fitted = fit(replace(FOX, tier=tier, audio=asked), makes(720, sound=sound))
    assert fitted.audio is audio
    said = [r for r in fitted.roundings if r.what is Rounded.SOUND]
    assert bool(said) is (asked is not None and asked is not audio)
    model = Offer(
        provider=WAN, label="x", capabilities=makes(720, sound=sound),
        usd_micros=lambda fitted: 2_000_000 if fitted.audio else 1_000_000,
    )  # fmt: skip
    paid = price(replace(FOX, tier=tier, audio=asked), model, credits_per_usd=150)
    assert paid == (300 if audio else 150)


def test_what_is_rounded_is_said_to_the_letter() -> None:
    request = VideoRequest(prompt="x" * 11, tier=TierName.ULTRA, duration_s=7, aspect=CINEMA, audio=True)
    fitted = fit(request, makes(480, sound=Sound.NEVER))
    assert [(r.what, r.asked, r.got) for r in fitted.roundings] == [
        (Rounded.DURATION, "7 s", "5 s"), (Rounded.RESOLUTION, "1080p", "480p"), (Rounded.ASPECT, "21:9", "16:9"),
        (Rounded.SOUND, "on", "off"), (Rounded.PROMPT, "11 characters", "10 characters"),
    ]  # fmt: skip
    assert fit(replace(FOX, audio=False), makes(720, sound=Sound.ALWAYS)).roundings == (
        Rounding(what=Rounded.SOUND, asked="off", got="on"),
    )
    assert fit(VideoRequest(prompt="x" * 10, duration_s=5), makes(720)).roundings == ()
    assert fit(VideoRequest(prompt="x"), makes(720)).roundings == (), "the usual 8 s were not asked for"
    assert [r.what for r in fit(replace(FOX, tier=TierName.PRO), makes(719)).roundings] == [Rounded.RESOLUTION]
    assert fit(replace(FOX, tier=TierName.PRO), makes(720)).roundings == ()


def test_with_a_picture_the_shape_is_the_pictures_where_the_model_follows_it() -> None:
    request = replace(FOX, first_frame="k", aspect=CINEMA)
    follows, not_so = (fit(request, makes(720, follows_frame=each)) for each in (True, False))
    assert (follows.aspect, follows.framed, follows.roundings) == (CINEMA, True, ())
    assert (not_so.aspect, not_so.framed) == (WIDE, True)
    assert fit(replace(FOX, aspect=CINEMA), makes(720)).aspect is WIDE


@pytest.mark.parametrize(
    ("first", "last", "lacks"),
    [
        (None, None, (None,) * 3), ("k", None, ("no first frame", None, None)),
        ("k", "l", ("no first frame", "no last frame", None)),
    ],
)  # fmt: skip
def test_what_a_model_lacks_for_pictures(first: str | None, last: str | None, lacks: tuple[str | None, ...]) -> None:
    request = replace(FOX, first_frame=first, last_frame=last)
    models = (makes(720), makes(720, first_frame=True), makes(720, first_frame=True, last_frame=True))
    assert tuple(model.lacks(request) for model in models) == lacks
    referring = replace(FOX, references=("a", "b", "c"))
    assert [makes(720, references_max=most).lacks(referring) for most in (0, 1, 2, 3, 4)] == [
        "no references", "at most 1 references", "at most 2 references", None, None,
    ]  # fmt: skip
    bare = makes(720)
    assert (bare.options, bare.first_frame, bare.last_frame, bare.follows_frame) == (
        frozenset(), False, False, True,
    )  # fmt: skip


def test_prices_are_rounded_up_and_the_dearest_is_held() -> None:
    assert [credits_for(n, credits_per_usd=100) for n in (0, 9_999, 10_000, 10_001, 1_000_000)] == [1, 1, 1, 2, 100]
    dear, cheap = (
        Offer(
            provider=name,
            label="x",
            capabilities=makes(720),
            usd_micros=per_second(usd),
        )
        for name, usd in ((VEO, 400_000), (WAN, 20_000))
    )
    held = quote(FOX, {VEO: dear, WAN: cheap}, providers=(WAN, VEO), credits_per_usd=150)
    assert (held.credits, dict(held.by_provider)) == (300, {WAN: 15, VEO: 300})
    assert Fitted(duration_s=1, lines=1, aspect=WIDE, audio=False).roundings == ()
    assert not Fitted(duration_s=1, lines=1, aspect=WIDE, audio=False).framed


def test_sound_is_the_persons_word_or_the_tiers() -> None:
    found = [wants_sound(replace(FOX, tier=tier, audio=audio)) for tier in TierName for audio in (None, True, False)]
    assert found == [True, True, False] * 2 + [False, True, False] * 3
    assert [nearest_duration((4, 6, 8), n) for n in (1, 5, 6, 7, 9)] == [4, 4, 6, 6, 8]


# What is typed.


@pytest.mark.parametrize(
    ("duration_s", "passes"), [(1, False), (2, True), (3, True), (14, True), (15, True), (16, False), (0, False)]
)
def test_two_to_fifteen_seconds_can_be_asked_for(*, duration_s: int, passes: bool) -> None:
    request = VideoRequest(prompt="a fox", duration_s=duration_s)
    if passes:
        assert checked(request).seconds == duration_s
        return
    with pytest.raises(no.DurationOutOfRange) as refusal:
        checked(request)
    assert vars(refusal.value) == {"duration_s": duration_s, "duration_s_min": 2, "duration_s_max": 15}


@pytest.mark.parametrize(("length", "passes"), [(3999, True), (4000, True), (4001, False)])
def test_four_thousand_characters_can_be_described(*, length: int, passes: bool) -> None:
    if passes:
        assert len(checked(VideoRequest(prompt="a" * length)).prompt) == length
        return
    with pytest.raises(no.PromptTooLong) as refusal:
        checked(VideoRequest(prompt="a" * length))
    assert (refusal.value.length, refusal.value.length_max) == (4001, 4000)


@pytest.mark.parametrize(
    "word",
    ["resolution", "rs", "ratio", "rt", "duration", "dur", "framespersecond", "fps", "watermark", "wm", "seed",
     "camerafixed", "cf", "frames"],
)  # fmt: skip
def test_no_control_word_of_a_vendor_keeps_the_dashes_that_make_it_one(word: str) -> None:
    assert clean_prompt(f"a --{word} 12 fox") == f"a {word} 12 fox"
    assert "--" not in clean_prompt(f"a --{word.upper()}=12 fox")
    assert checked(VideoRequest(prompt="a", negative=f"b --{word} 1")).negative == f"b {word} 1"


def test_a_last_picture_alone_is_refused_and_with_a_first_it_is_not() -> None:
    with pytest.raises(no.LastPictureAlone):
        checked(replace(FOX, last_frame="l"))
    both = replace(FOX, first_frame="k", last_frame="l")
    assert checked(both) == both
    assert checked(replace(FOX, first_frame="k")).first_frame == "k"


# Pictures.


@pytest.mark.parametrize(
    ("width", "height", "refused"),
    [
        (300, 300, None), (299, 300, no.PictureTooSmall), (300, 299, no.PictureTooSmall),
        (749, 300, None), (750, 300, no.PictureTooNarrow), (300, 750, no.PictureTooNarrow),
        (751, 300, no.PictureTooNarrow),
        (10_000, 5_000, None), (10_000, 5_001, no.PictureTooLarge), (50_000, 1_000, no.PictureTooNarrow),
    ],
)  # fmt: skip
def test_how_large_a_picture_may_be(width: int, height: int, refused: type[Exception] | None) -> None:
    if refused is None:
        measured(width, height)
        return
    with pytest.raises(refused) as caught:
        measured(width, height)
    expected: dict[type[Exception], dict[str, int]] = {
        no.PictureTooSmall: {"width": width, "height": height, "side_min": 300},
        no.PictureTooNarrow: {"width": width, "height": height},
        no.PictureTooLarge: {"bytes_max": 20_971_520, "pixels_max": 50_000_000},
    }
    assert vars(caught.value) == expected[refused]


@pytest.mark.parametrize(
    ("width", "height", "sides", "size"),
    [
        (1920, 1080, Sides(), (1920, 1080)), (8192, 4096, Sides(), (4096, 2048)), (4096, 4097, Sides(), (4095, 4096)),
        (200, 400, Sides(), (300, 600)), (3000, 1500, Sides(least=360, most=2000), (2000, 1000)),
        (300, 600, Sides(least=360, most=2000), (360, 720)), (4800, 2000, Sides(least=1000, most=2000), (2400, 1000)),
        (301, 600, Sides(least=301, most=600), (301, 600)),
    ],
)  # fmt: skip
def test_a_picture_is_brought_between_a_vendors_bounds(
    width: int, height: int, sides: Sides, size: tuple[int, int]
) -> None:
    assert within_sides(width, height, sides) == size


@pytest.mark.parametrize(
    ("width", "height", "aspect"),
    [
        (1920, 1080, WIDE), (1080, 1920, TALL), (1000, 1000, SQUARE), (1000, 860, CLASSIC), (1000, 870, SQUARE),
        (1200, 1000, CLASSIC), (1000, 1200, PORTRAIT), (1530, 1000, CLASSIC), (1540, 1000, WIDE),
        (1550, 1000, WIDE), (2030, 1000, WIDE),
        (2040, 1000, CINEMA), (640, 1000, TALL), (660, 1000, PORTRAIT),
    ],
)  # fmt: skip
def test_the_shape_that_people_would_call_a_picture(width: int, height: int, aspect: Aspect) -> None:
    assert nearest_aspect(width, height) is aspect


def test_a_framed_request_has_the_first_pictures_shape() -> None:
    tall, wide = (KeptPicture(key=k, width=w, height=h) for k, w, h in (("t", 900, 1600), ("w", 1600, 900)))
    assert framed(FOX, first=tall, last=wide) == replace(FOX, first_frame="t", last_frame="w", aspect=TALL)
    assert framed(replace(FOX, last_frame="old"), first=wide) == replace(FOX, first_frame="w", aspect=WIDE)
    assert key_of("abc") == "pictures/abc.jpg"


# The chain.


def test_how_far_a_choice_lets_a_generation_go() -> None:
    chain = (KLING, SEEDANCE)
    assert {choice: within(choice, chain=chain, last_resort=WAN) for choice in Fallback} == {
        Fallback.NEVER: (KLING,), Fallback.SAME_TIER: chain, Fallback.ANY: (*chain, WAN),
    }  # fmt: skip
    assert within(Fallback.ANY, chain=chain, last_resort=SEEDANCE) == chain
    assert within(Fallback.ANY, chain=chain, last_resort=None) == chain


def terms(*names: ProviderName, **changes: object) -> Terms:
    usd = {VEO: 400_000, KLING: 100_000, SEEDANCE: 60_000, HAILUO: 50_000, WAN: 20_000}
    made = {
        name: Offer(
            provider=name, label=name.upper(), capabilities=makes(720, 1080, first_frame=name != WAN),
            usd_micros=per_second(usd[name]),
        )
        for name in names
    }  # fmt: skip
    return Terms(offers=made, **changes)  # type: ignore[arg-type]  # a test's shorthand


def test_patience_is_the_tiers_or_the_operators_and_scaled() -> None:
    assert [terms().patience_s(tier) for tier in TierName] == [60, 240, 120, 60, 60]
    own = terms(patience={TierName.PRO: 30.0}, time_scale=TimeScale(10))
    assert (own.patience_s(TierName.PRO), own.patience_s(TierName.ULTRA)) == (3.0, 24.0)


def test_who_has_refused_is_not_asked_and_the_next_one_is_offered() -> None:
    made = terms(VEO, KLING, SEEDANCE, HAILUO, WAN)
    assert made.planned(without(FOX, [VEO]), Fallback.ANY) == (KLING, SEEDANCE, HAILUO, WAN)
    found = made.elsewhere(FOX, refused_by=[VEO], fallback=Fallback.ANY)
    assert found == OtherProvider(provider=KLING, credits=75)
    assert made.elsewhere(FOX, refused_by=[VEO], fallback=Fallback.NEVER) == found
    everybody = [VEO, KLING, SEEDANCE, HAILUO, WAN]
    assert made.elsewhere(FOX, refused_by=everybody, fallback=Fallback.ANY) is None
    assert without(without(FOX, [VEO]), [KLING, VEO]).without == (VEO, KLING)


def test_a_last_resort_is_for_those_who_let_anybody_take_over() -> None:
    made = terms(KLING, SEEDANCE, VEO, last_resort={TierName.PRO: VEO})
    pro = replace(FOX, tier=TierName.PRO)
    assert made.planned(pro, Fallback.ANY) == (KLING, SEEDANCE, VEO)
    assert {choice: set(made.quote(pro, fallback=choice).by_provider) for choice in Fallback} == {
        Fallback.NEVER: {KLING}, Fallback.SAME_TIER: {KLING, SEEDANCE}, Fallback.ANY: {KLING, SEEDANCE, VEO},
    }  # fmt: skip
    assert divided(TierName.PRO, (KLING, VEO)) == ((KLING,), VEO)
    assert made.last_resort_labels() == {TierName.PRO: "VEO"}
    with pytest.raises(no.NoProvider):
        made.planned(without(pro, [KLING, SEEDANCE]), Fallback.SAME_TIER)
    assert made.planned(without(pro, [KLING, SEEDANCE]), Fallback.ANY) == (VEO,)


def test_with_a_picture_who_takes_it_comes_first_where_nobody_may_take_over() -> None:
    made = terms(WAN, HAILUO, SEEDANCE)
    shown = replace(FOX, first_frame="k")
    assert made.planned(shown, Fallback.NEVER) == (SEEDANCE, HAILUO, WAN)
    only = terms(WAN, last_resort={TierName.DRAFT: HAILUO})
    draft = replace(shown, tier=TierName.DRAFT)
    assert only.planned(draft, Fallback.NEVER) == (WAN,)
    with pytest.raises(no.NoProviderForPictures):
        only.quote(draft, fallback=Fallback.NEVER)


def test_tiers_and_what_a_balance_covers() -> None:
    made = terms(KLING, WAN)
    # Each makes 5 s: Kling for 0.50 USD, Wan for 0.10.
    assert made.tier_prices() == {
        TierName.DEFAULT: 75, TierName.ULTRA: 75, TierName.PRO: 75, TierName.DRAFT: 15,
    }  # fmt: skip
    assert made.affordable(75, like=FOX)[0] == ("default", 75)
    assert made.affordable(74, like=FOX) == (("draft", 15),)
    assert made.affordable(14, like=FOX) == ()
    assert [made.is_made(tier) for tier in TierName] == [True, True, True, False, True]
