"""What came is what is charged: the table of docs/money.md, and what holds for every file."""

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.requests.pricing import Fitted
from core.domain.requests.request import Aspect
from core.domain.requests.shortfall import (
    Came,
    Judged,
    Lacking,
    judged,
    length,
    lines,
    shape_of,
    size_named,
    size_of,
)

PAGE = Path(__file__).parents[4] / "docs" / "money.md"
ORDERED = re.compile(r"(\d+) s, (\d+)p, (\d+:\d+), (with sound|silent)")
CAME = re.compile(r"([\d.]+) s, (\d+)×(\d+), (with sound|silent)")
PRICE = 200


def _table() -> list[tuple[Fitted, Came, str, str]]:
    rows = []
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) != 4 or not (order := ORDERED.fullmatch(cells[0])) or not (file := CAME.fullmatch(cells[1])):
            continue
        fitted = Fitted(
            duration_s=int(order[1]), lines=int(order[2]), aspect=Aspect(order[3]), audio=order[4] == "with sound"
        )
        came = Came(
            width=int(file[2]), height=int(file[3]), duration_s=float(file[1]), has_audio=file[4] == "with sound"
        )
        rows.append((fitted, came, cells[2], cells[3]))
    return rows


def _of(fitted: Fitted, came: Came, price: int) -> Judged:
    return judged(fitted, came, price=price, wants_sound=True)


def test_the_page_has_its_table() -> None:
    assert len(_table()) >= 15


@pytest.mark.parametrize(("fitted", "came", "charged", "said"), _table())
def test_every_line_of_the_page_holds(fitted: Fitted, came: Came, charged: str, said: str) -> None:
    found = _of(fitted, came, PRICE)
    assert ("failed" if not found.is_usable else str(found.price)) == charged
    assert ", ".join(f"{each.got} instead of {each.asked}" for each in found.shortfalls) == said


FITTED = st.builds(
    Fitted,
    duration_s=st.integers(2, 15),
    lines=st.sampled_from([480, 720, 768, 1080, 2160]),
    aspect=st.sampled_from(Aspect),
    audio=st.booleans(),
    framed=st.booleans(),
    roundings=st.just(()),
)
FILES = st.builds(
    Came,
    width=st.integers(0, 5000),
    height=st.integers(0, 5000),
    duration_s=st.floats(0, 100),
    has_audio=st.none() | st.booleans(),
)
PRICES = st.integers(0, 2000)


@given(FITTED, FILES, PRICES)
def test_nothing_is_charged_above_the_price_or_below_nothing(fitted: Fitted, came: Came, price: int) -> None:
    found = _of(fitted, came, price)
    assert 0 <= found.price <= price
    assert found.is_usable or found.price == 0
    assert found.price == price or found.shortfalls or not found.is_usable
    assert all(0 <= each.share < 1 for each in found.shortfalls)


@given(FITTED, FILES, PRICES, st.floats(0, 1))
def test_a_longer_video_never_costs_less_up_to_twice_its_length(
    fitted: Fitted, came: Came, price: int, share: float
) -> None:
    came = replace(came, duration_s=min(came.duration_s, 2.0 * fitted.duration_s))
    shorter = replace(came, duration_s=came.duration_s * share)
    assert _of(fitted, shorter, price).price <= _of(fitted, came, price).price


@given(FITTED, st.integers(1, 270), st.integers(1, 20), PRICES)
def test_a_larger_video_of_the_same_shape_never_costs_less(fitted: Fitted, unit: int, more: int, price: int) -> None:
    width, height = (int(side) for side in fitted.aspect.value.split(":"))
    small = Came(width=width * unit, height=height * unit, duration_s=fitted.duration_s, has_audio=True)
    large = replace(small, width=width * (unit + more), height=height * (unit + more))
    assert _of(fitted, small, price).price <= _of(fitted, large, price).price


@given(FITTED, FILES, PRICES)
def test_a_dearer_order_never_costs_less(fitted: Fitted, came: Came, price: int) -> None:
    assert _of(fitted, came, price).price <= _of(fitted, came, price + 1).price


@given(FITTED, FILES)
def test_sound_that_nobody_wanted_or_looked_for_is_not_missed(fitted: Fitted, came: Came) -> None:
    silent = judged(fitted, replace(came, has_audio=False), price=9, wants_sound=False)
    unknown = _of(fitted, replace(came, has_audio=None), 9)
    for found in (silent, unknown):
        assert Lacking.SOUND not in [each.what for each in found.shortfalls]


@pytest.mark.parametrize(
    ("width", "height", "size", "shape"),
    [
        (1920, 1080, "1080p", "16:9"),
        (1080, 1920, "1080p", "9:16"),
        (1470, 630, "720p", "21:9"),
        (960, 960, "720p", "1:1"),
        (720, 720, "720p", "1:1"),
        (3840, 2160, "4K", "16:9"),
        (1366, 768, "768p", "16:9"),
        (832, 480, "480p", "16:9"),
        (1000, 200, "1000 × 200", "5.00:1"),
        (1112, 834, "720p", "4:3"),
    ],
)
def test_size_and_shape_of_a_file_are_said_as_people_say_them(width: int, height: int, size: str, shape: str) -> None:
    came = Came(width=width, height=height, duration_s=5, has_audio=None)
    assert (size_of(came), shape_of(came)) == (size, shape)
    assert lines(came) >= min(width, height)


def _ordered(seconds: int = 10, lines_: int = 1000, aspect: Aspect = Aspect.WIDE, *, framed: bool = False) -> Fitted:
    return Fitted(duration_s=seconds, lines=lines_, aspect=aspect, audio=True, framed=framed)


def _file(seconds: float = 10.0, width: int = 1778, height: int = 1000, *, has_audio: bool | None = True) -> Came:
    return Came(width=width, height=height, duration_s=seconds, has_audio=has_audio)


@pytest.mark.parametrize(
    ("fitted", "came", "lacks", "price"),
    [
        # Length: 95 % is whole, and so is what a quarter of a second is missing of.
        (_ordered(), _file(9.5), [], 200),
        (_ordered(), _file(9.499), ["length"], 189),
        (_ordered(2), _file(1.75), [], 200),
        (_ordered(2), _file(1.749), ["length"], 174),
        (_ordered(), _file(4.5), ["length"], 90),
        (_ordered(), _file(4.499), ["length"], None),
        (_ordered(), _file(20.0), [], 200),
        (_ordered(), _file(20.001), [], None),
        # Size: nine tenths of the lines are whole, four tenths are the least.
        (_ordered(), _file(width=1600, height=900), [], 200),
        (_ordered(), _file(width=1597, height=898), ["size"], 179),
        (_ordered(), _file(width=711, height=400), ["size"], 80),
        (_ordered(), _file(width=708, height=398), ["size"], None),
        # Shape: nine tenths are alike; what lies across is worth half, unless a picture gave the shape.
        (_ordered(), _file(width=1601, height=1000), [], 200),
        (_ordered(), _file(width=1595, height=1000), ["shape"], 179),
        (_ordered(), _file(width=1000, height=1778), ["shape"], 100),
        (_ordered(framed=True), _file(width=1000, height=1778), [], 200),
        # Sound: missing is worth two thirds; unknown is not missing.
        (_ordered(), _file(has_audio=False), ["sound"], 133),
        (_ordered(), _file(has_audio=None), [], 200),
        # Several together: what is left is the product, and under a quarter it is not what was ordered.
        (_ordered(), _file(7.5, has_audio=False), ["length", "sound"], 100),
        (_ordered(), _file(5.0, width=1000, height=1778), ["length", "shape"], 50),
        (_ordered(), _file(4.9, width=1000, height=1778), ["length", "shape"], None),
    ],
)
def test_every_limit_at_it_and_just_beyond(fitted: Fitted, came: Came, lacks: list[str], price: int | None) -> None:
    found = _of(fitted, came, 200)
    assert [each.what.value for each in found.shortfalls] == lacks
    assert (found.is_usable, found.price) == (price is not None, price or 0)


@pytest.mark.parametrize(
    ("width", "height", "said"),
    [
        (256, 144, "144p"), (426, 240, "240p"), (640, 360, "360p"), (854, 480, "480p"), (960, 540, "540p"),
        (1024, 576, "576p"), (1280, 720, "720p"), (1366, 768, "768p"), (1920, 1080, "1080p"), (2560, 1440, "1440p"),
        (3840, 2160, "4K"), (1250, 692, "720p"), (1229, 691, "1229 × 691"), (2663, 1499, "2663 × 1499"),
        (2660, 1497, "1440p"),
    ],
)  # fmt: skip
def test_a_size_is_named_within_four_hundredths_of_one_that_has_a_name(width: int, height: int, said: str) -> None:
    assert size_of(_file(width=width, height=height)) == said


def test_the_words_of_what_lacks_are_those_of_the_rows() -> None:
    assert [each.value for each in Lacking] == ["length", "size", "shape", "sound"]


LINES_OF_NAMES = {
    "144p": (139, 149), "240p": (231, 249), "360p": (346, 374), "480p": (461, 499), "540p": (519, 558),
    "576p": (559, 599), "720p": (692, 744), "768p": (745, 798), "1080p": (1037, 1123), "1440p": (1383, 1497),
    "4K": (2074, 2246),
}  # fmt: skip


def test_each_named_size_has_a_least_and_a_most() -> None:
    def said(height: int) -> str:
        return size_of(_file(width=round(height * 16 / 9), height=height))

    named = [name for bounds in LINES_OF_NAMES.values() for name in map(said, bounds)]
    assert named == [name for name in LINES_OF_NAMES for _ in range(2)]
    for least, most in LINES_OF_NAMES.values():
        assert said(least - 1) != said(least)
        assert said(most + 1) != said(most)


@pytest.mark.parametrize(
    ("width", "height", "said"),
    [
        (1000, 5000, "1:5.00"), (5000, 1000, "5.00:1"), (0, 0, "1:1"), (0, 3, "1:3.00"), (3, 0, "3.00:1"),
        (1, 1, "1:1"),
        (1040, 1000, "1:1"), (1042, 1000, "1.04:1"), (962, 1000, "1:1"), (961, 1000, "1:1.04"), (2244, 1000, "21:9"),
        (2243, 1000, "2.24:1"), (1282, 1000, "1.28:1"), (1283, 1000, "4:3"), (1386, 1000, "4:3"),
        (1390, 1000, "1.39:1"),
    ],
)  # fmt: skip
def test_a_shape_is_named_within_four_hundredths_of_one_that_has_a_name(width: int, height: int, said: str) -> None:
    assert shape_of(_file(width=width, height=height)) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (7.89, "7.9 s"), (7.91, "8 s"), (8, "8 s"), (8.09, "8 s"), (8.11, "8.1 s"), (4.5, "4.5 s")],
)
def test_a_length_is_whole_within_a_tenth_of_a_second(seconds: float, said: str) -> None:
    assert length(_file(seconds)) == said


def test_what_has_no_length_or_no_size_is_worth_nothing() -> None:
    for seconds in (0.0, -1.0):
        (short,) = _of(_ordered(), _file(seconds), 200).shortfalls
        assert (short.what, short.share) == (Lacking.LENGTH, 0)
    small = _of(_ordered(aspect=Aspect.SQUARE), _file(width=1, height=1), 200)
    assert [(each.what, each.share, each.asked, each.got) for each in small.shortfalls] == [
        (Lacking.SIZE, Fraction(1, 1000), "1000p", "1 × 1"),
    ]  # fmt: skip
    empty = _of(_ordered(aspect=Aspect.SQUARE), _file(width=0, height=0), 200)
    assert [(each.what, each.share) for each in empty.shortfalls] == [(Lacking.SIZE, 0)]


def test_each_shortfall_says_what_was_asked_what_came_and_what_it_is_worth() -> None:
    came = _file(7.5, width=750, height=1000, has_audio=False)
    said = [(each.what.value, each.asked, each.got, each.share) for each in _of(_ordered(), came, 200).shortfalls]
    assert said == [
        ("length", "10 s", "7.5 s", Fraction(3, 4)), ("size", "1000p", "768p", Fraction(3, 4)),
        ("shape", "16:9", "3:4", Fraction(1, 2)), ("sound", "with sound", "silent", Fraction(2, 3)),
    ]  # fmt: skip
    assert lines(_file(width=1600, height=900)) == 900
    assert [lines(_file(width=w, height=h)) for w, h in ((960, 960), (1470, 630), (1280, 720))] == [960, 722, 720]
    assert [size_named(n) for n in (1080, 2159, 2160)] == ["1080p", "2159p", "4K"]
