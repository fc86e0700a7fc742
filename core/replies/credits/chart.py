"""Draws the use of the last days as a picture: a bar for each day, stacked by tier, the dearest tier at the bottom.

The picture has its own dark background, so it looks the same in a light and in a dark chat. Sizes are in points; a
point is two pixels. Shapes are drawn larger and scaled down, which gives smooth edges; text is drawn in its own size.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from core.domain.credits.history import UsageByDay
from core.domain.requests.tiers import TierName
from core.replies.chat.tier_names import label
from core.replies.chat.words import video_count
from core.replies.languages.say import amount, date_in_words, say

WIDTH, HEIGHT, POINT = 760, 430, 2
FINE = 2
"""The factor by which shapes are drawn larger."""
MARGIN = 32
LEFT, RIGHT, TOP, BOTTOM = 64, 32, 162, 48
RADIUS, BAR_RADIUS, GAP = 18, 4, 1.5
BAR_SHARE = 0.66
MARK_HEIGHT = 3

GROUND, LINE, FAINT = "#15172a", "#262a45", "#33385a"
BRIGHT, SOFT, DIM = "#f5f6ff", "#b4b9d9", "#868cb3"
COLOURS: dict[str, str] = {
    TierName.DEFAULT: "#7b8cff",
    TierName.ULTRA: "#ff7ab8",
    TierName.PRO: "#ffc148",
    TierName.STANDARD: "#33d1b2",
    TierName.DRAFT: "#9db4cc",
}
OTHER = "#6a7096"

Box = tuple[float, float, float, float]
_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def chart(use: UsageByDay) -> bytes:
    """A PNG of WIDTH × HEIGHT points."""
    tiers = [tier for tier, _ in sorted(use.by_tier.items(), key=lambda item: -item[1])]
    sums = [sum(spent.values()) for _, spent in use.days]
    top, step = scale(max(sums, default=0))
    picture = _shapes(use.days, tiers, use.by_tier, top=top, step=step)
    paper = ImageDraw.Draw(picture)
    _heading(paper, use)
    _legend(paper, use.by_tier, tiers)
    _axes(paper, use.days, top=top, step=step)
    _peak(paper, sums, top=top)
    out = io.BytesIO()
    picture.save(out, "PNG", dpi=(72 * POINT, 72 * POINT))
    return out.getvalue()


def scale(most: int) -> tuple[int, int]:
    """The end of the axis and the distance of its three to five lines, at round numbers."""
    for magnitude in range(10):
        for leading in (1, 2, 5):
            step = leading * 10**magnitude
            if step * 4 >= most:
                return step * max(3, -(-most // step)), step
    return most, most


def _shapes(
    days: Sequence[tuple[date, Mapping[str, int]]],
    tiers: Sequence[str],
    by_tier: Mapping[str, int],
    *,
    top: int,
    step: int,
) -> Image.Image:
    """Draw everything but the text."""
    big = Image.new("RGBA", (WIDTH * POINT * FINE, HEIGHT * POINT * FINE), (0, 0, 0, 0))
    pen = ImageDraw.Draw(big)
    pen.rounded_rectangle(_fine((0, 0, WIDTH, HEIGHT)), RADIUS * POINT * FINE, fill=GROUND)
    for value in range(0, top + 1, step):
        y = _height(value, top=top)
        pen.rectangle(_fine((LEFT, y - 0.5, WIDTH - RIGHT, y + 0.5)), fill=FAINT if value == 0 else LINE)
    for n, (_, spent) in enumerate(days):
        left, right = _bar(n, len(days))
        if not any(spent.values()):
            floor = _height(0, top=top)
            pen.rounded_rectangle(_fine((left, floor - MARK_HEIGHT, right, floor)), POINT * FINE, fill=FAINT)
            continue
        stack = [(tier, spent[tier]) for tier in tiers if spent.get(tier)]
        _stack(big, (left, right), stack, top=top)
    for tier, x in _places(tiers, by_tier):
        pen.rounded_rectangle(_fine((x, 117, x + 10, 127)), 3 * POINT * FINE, fill=COLOURS.get(tier, OTHER))
    return big.reduce(FINE)


def _stack(big: Image.Image, sides: tuple[float, float], spent: Sequence[tuple[str, int]], *, top: int) -> None:
    """Draw one day: its tiers above each other with a thin gap between them, and round upper corners."""
    whole = sum(taken for _, taken in spent)
    left, head, right, floor = _fine((sides[0], _height(whole, top=top), sides[1], _height(0, top=top)))
    size = (round(right - left), max(round(floor - head), FINE * POINT))
    column = Image.new("RGBA", size, GROUND)
    pen = ImageDraw.Draw(column)
    below = 0
    for n, (tier, taken) in enumerate(spent):
        low, high = (size[1] * (1 - value / whole) for value in (below, below + taken))
        low -= GAP * POINT * FINE if n else 0
        pen.rectangle((0, min(high, low - FINE), size[0], low), fill=COLOURS.get(tier, OTHER))
        below += taken
    shape = Image.new("L", size, 0)
    shoulders = min(BAR_RADIUS * POINT * FINE, size[1])
    ImageDraw.Draw(shape).rounded_rectangle(
        (0, 0, size[0] - 1, size[1] + shoulders), shoulders, fill=255, corners=(True, True, False, False)
    )
    big.paste(column, (round(left), round(floor) - size[1]), shape)


def _heading(paper: ImageDraw.ImageDraw, use: UsageByDay) -> None:
    first, last = use.days[0][0], use.days[-1][0]
    _write(paper, (MARGIN, 30), amount(use.total.credits), size=40, colour=BRIGHT, anchor="lt")
    wide = _width(amount(use.total.credits), size=40)
    _write(paper, (MARGIN + wide + 10, 62), say("credits"), size=18, colour=SOFT, anchor="ls")
    about = say(
        "{videos} in {days} days  ·  {first} to {last}",
        videos=video_count(use.total.videos),
        days=len(use.days),
        first=_day(first),
        last=_day(last),
    )
    _write(paper, (MARGIN, 80), about, size=14, colour=DIM, anchor="lt")
    _write(paper, (WIDTH - RIGHT, 62), amount(use.credits_left), size=22, colour=BRIGHT, anchor="rs")
    _write(paper, (WIDTH - RIGHT, 80), say("left now"), size=14, colour=DIM, anchor="rt")


def _legend(paper: ImageDraw.ImageDraw, by_tier: Mapping[str, int], tiers: Sequence[str]) -> None:
    for tier, x in _places(tiers, by_tier):
        _write(paper, (x + 16, 122), label(tier), size=13, colour=SOFT, anchor="lm")
        _write(
            paper,
            (x + 22 + _width(label(tier), size=13), 122),
            amount(by_tier[tier]),
            size=13,
            colour=BRIGHT,
            anchor="lm",
        )


def _places(tiers: Sequence[str], by_tier: Mapping[str, int]) -> Iterator[tuple[str, float]]:
    """The left edge of each tier in the legend."""
    x: float = MARGIN
    for tier in tiers:
        yield tier, x
        x += 44 + _width(label(tier), size=13) + _width(amount(by_tier[tier]), size=13)


def _axes(paper: ImageDraw.ImageDraw, days: Sequence[tuple[date, Mapping[str, int]]], *, top: int, step: int) -> None:
    for value in range(0, top + 1, step):
        _write(paper, (LEFT - 10, _height(value, top=top)), amount(value), size=12, colour=DIM, anchor="rm")
    for n, (day, _) in enumerate(days):
        is_last = n == len(days) - 1
        if is_last or (len(days) - 1 - n) % 5 == 0:
            left, right = _bar(n, len(days))
            words = say("today") if is_last else _day(day)
            colour = SOFT if is_last else DIM
            at, anchor = (right, "rt") if is_last else ((left + right) / 2, "mt")
            _write(paper, (at, HEIGHT - BOTTOM + 14), words, size=12, colour=colour, anchor=anchor)


def _peak(paper: ImageDraw.ImageDraw, sums: Sequence[int], *, top: int) -> None:
    """Draw the number above the highest bar."""
    most = max(sums, default=0)
    if not most:
        centre = ((LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2)
        _write(paper, centre, say("No videos in these days"), size=16, colour=DIM, anchor="mm")
        return
    left, right = _bar(sums.index(most), len(sums))
    middle, foot = (left + right) / 2, _height(most, top=top) - 5
    half = _width(amount(most), size=12) / 2 + 3
    paper.rectangle([side * POINT for side in (middle - half, foot - 11, middle + half, foot + 2)], fill=GROUND)
    _write(paper, (middle, foot), amount(most), size=12, colour=BRIGHT, anchor="ms")


def _bar(n: int, days: int) -> tuple[float, float]:
    """The left and the right edge of a day's bar."""
    room = (WIDTH - LEFT - RIGHT) / days
    middle = LEFT + room * (n + 0.5)
    return middle - room * BAR_SHARE / 2, middle + room * BAR_SHARE / 2


def _height(value: int, *, top: int) -> float:
    """The height of a value in the picture."""
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / max(top, 1)


def _fine(box: Box) -> Box:
    left, top, right, bottom = (side * POINT * FINE for side in box)
    return left, top, max(right - 1, left), max(bottom - 1, top)


def _day(day: date) -> str:
    return date_in_words(day, skeleton="MMMd")


def _write(
    paper: ImageDraw.ImageDraw, at: tuple[float, float], words: str, *, size: float, colour: str, anchor: str
) -> None:
    paper.text((at[0] * POINT, at[1] * POINT), words, font=_font(size), fill=colour, anchor=anchor)


def _width(words: str, *, size: float) -> float:
    return _font(size).getlength(words) / POINT


@cache
def _font(size: float) -> _Font:
    """Pillow's built-in font."""
    return ImageFont.load_default(size * POINT)
