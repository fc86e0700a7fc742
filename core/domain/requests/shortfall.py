"""Compares the video that came with the request: its cost, the notes on it, and when it counts as another video.

One pure function, `judged`. Its facts are those of the file. Examples: docs/money.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import sqrt

from core.domain.requests.pricing import Fitted
from core.domain.requests.request import Aspect

WHOLE_LENGTH = Fraction(95, 100)
"""A clip this much of the ordered length is whole: vendors cut at frames."""
LENGTH_SPARE_MS = 250
WHOLE_SIZE = Fraction(9, 10)
"""1072 lines for 1080, 704 for 720: vendors round to their own blocks."""
WHOLE_SHAPE = Fraction(9, 10)
SHAPE_LEAST = Fraction(1, 2)
"""A tall video for a wide one is worth half: all of it is there, and it does not fit."""
SILENT = Fraction(2, 3)
"""What a clip is worth whose sound is missing; vendors take about so much for silent ones."""

GROSS_LENGTH = Fraction(45, 100)
GROSS_SIZE = Fraction(4, 10)
GROSS = Fraction(1, 4)
"""Whatever is worth less than these is not what was ordered: the attempt has failed."""
TOO_LONG = 2
"""A clip more than so many times as long is somebody else's order."""

_WIDE_LINES = Fraction(9, 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """The facts of a file. Pixels, seconds; `has_audio` None where nobody has looked."""

    width: int
    height: int
    duration_s: float
    has_audio: bool | None


class Lacking(StrEnum):
    """In what a video falls short."""

    LENGTH = "length"
    SIZE = "size"
    SHAPE = "shape"
    SOUND = "sound"


_LEAST = {Lacking.LENGTH: GROSS_LENGTH, Lacking.SIZE: GROSS_SIZE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """One thing that is less than ordered, in words, and what share of the price is left for it."""

    what: Lacking
    asked: str
    got: str
    share: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a video costs.

    Args:
        price: in credits; 0 where it is not what was ordered.
        is_usable: it is what was ordered, or near enough to be delivered.
    """

    price: int
    shortfalls: tuple[Shortfall, ...] = ()
    is_usable: bool = True


def judged(fitted: Fitted, came: Came, *, price: int, wants_sound: bool) -> Judged:
    """What a video that came costs, and what it lacks.

    Args:
        fitted: what the vendor was asked for.
        price: of all of it, in credits.
        wants_sound: the person, or the tier, wanted sound; a model that always makes it is not held to that.
    """
    shortfalls = tuple(_shortfalls(fitted, came, wants_sound=wants_sound))
    worth = Fraction(1)
    for each in shortfalls:
        worth *= each.share
    is_usable = worth >= GROSS and all(each.share >= _LEAST.get(each.what, GROSS) for each in shortfalls)
    if not is_usable or _milliseconds(came.duration_s) > TOO_LONG * fitted.duration_s * 1000:
        return Judged(price=0, shortfalls=shortfalls, is_usable=False)
    return Judged(price=int(price * worth), shortfalls=shortfalls)


def _shortfalls(fitted: Fitted, came: Came, *, wants_sound: bool) -> Iterator[Shortfall]:
    asked_ms, got_ms = fitted.duration_s * 1000, _milliseconds(came.duration_s)
    if got_ms < asked_ms * WHOLE_LENGTH and got_ms < asked_ms - LENGTH_SPARE_MS:
        yield Shortfall(
            what=Lacking.LENGTH,
            asked=f"{fitted.duration_s} s",
            got=length(came),
            share=Fraction(got_ms, asked_ms),
        )
    if (size := Fraction(lines(came), fitted.lines)) < WHOLE_SIZE:
        yield Shortfall(what=Lacking.SIZE, asked=size_named(fitted.lines), got=size_of(came), share=size)
    shape = _shape(fitted.aspect, came)
    if not fitted.framed and shape < WHOLE_SHAPE:
        yield Shortfall(
            what=Lacking.SHAPE, asked=fitted.aspect.value, got=shape_of(came), share=max(SHAPE_LEAST, shape)
        )
    if wants_sound and fitted.audio and came.has_audio is False:
        yield Shortfall(what=Lacking.SOUND, asked="with sound", got="silent", share=SILENT)


def _milliseconds(duration_s: float) -> int:
    return max(0, round(duration_s * 1000))


def _shape(asked: Aspect, came: Came) -> Fraction:
    """How much of the smaller of two shapes, of the same height, the larger one has; 1 where they are alike."""
    width, height = (int(side) for side in asked.value.split(":"))
    wanted, got = Fraction(width, height), Fraction(max(1, came.width), max(1, came.height))
    return min(wanted / got, got / wanted)


def lines(came: Came) -> int:
    """The size as vendors count it: the short edge, or that of a wide picture with as many pixels."""
    return max(min(came.width, came.height), _lines_of_area(came))


def _lines_of_area(came: Came) -> int:
    return round(sqrt(came.width * came.height * _WIDE_LINES))


_NAMED = (144, 240, 360, 480, 540, 576, 720, 768, 1080, 1440, 2160)
_NEAR = 0.04


def size_named(line_count: int) -> str:
    """1080p, 4K."""
    return "4K" if line_count >= 2160 else f"{line_count}p"


def size_of(came: Came) -> str:
    """A file's size as people say it: 720p where it is near one that has a name, else its pixels."""
    for measure in (min(came.width, came.height), _lines_of_area(came)):
        named = min(_NAMED, key=lambda name: abs(name - measure))
        if abs(named - measure) <= _NEAR * named:
            return size_named(named)
    return f"{came.width} × {came.height}"


def shape_of(came: Came) -> str:
    """A file's shape: 16:9 where it is near one that has a name, else its own ratio."""
    ratio = max(1, came.width) / max(1, came.height)
    named = min(Aspect, key=lambda aspect: abs(aspect.ratio / ratio - 1))
    if abs(named.ratio / ratio - 1) <= _NEAR:
        return named.value
    return f"{ratio:.2f}:1" if ratio >= 1 else f"1:{1 / ratio:.2f}"


def length(came: Came) -> str:
    """A file's length: 8 s, 4.5 s."""
    whole = round(came.duration_s)
    return f"{whole} s" if abs(came.duration_s - whole) < 0.1 else f"{came.duration_s:.1f} s"
