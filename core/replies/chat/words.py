"""Numbers, times and lists as people read them."""

import math
from collections.abc import Sequence

ELSEWHERE = "a channel of a linked workspace"
"""Stands for a channel that has no name on the reader's platform."""


def count(amount: int, thing: str) -> str:
    """1 video, 2 videos."""
    return f"{amount} {thing}" if amount == 1 else f"{amount} {thing}s"


def credit_count(amount: int) -> str:
    return count(amount, "credit")


def clock(duration_s: float) -> str:
    """Seconds as 0:07, 2:05 or 1:02:05."""
    minutes, seconds = divmod(int(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def span(duration_s: float) -> str:
    """How long, in the largest unit that says it roughly: 24 hours, 96 minutes, 1 minute."""
    minutes = max(1, round(duration_s / 60))
    return count(minutes, "minute") if minutes < 100 else count(round(minutes / 60), "hour")


def brief(duration_s: float) -> str:
    """A while in one figure: 8 s, 4 min, 3 h, 2 days."""
    whole = max(1, round(duration_s))
    if whole < 90:
        return f"{whole} s"
    if whole < 90 * 60:
        return f"{round(whole / 60)} min"
    return f"{round(whole / 3600)} h" if whole < 36 * 3600 else count(round(whole / 86_400), "day")


def cut(text: str, length: int) -> str:
    """At most so many characters; an ellipsis stands for the rest."""
    return text if len(text) <= length else text[: max(0, length - 1)] + "…"[:length]


def listed(words: Sequence[str], *, last: str = "and") -> str:
    """a; a and b; a, b and c."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th; 11th, 12th, 13th; 21st."""
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def minutes(duration_s: float) -> str:
    """A time that need not be exact, in whole minutes, rounded up: 1 min, 27 min."""
    return f"{max(1, math.ceil(duration_s / 60))} min"


def between(least_s: float, most_s: float) -> str:
    """Between two times that are not exact: 2–4 min, or 4 min where that is the same."""
    least, most = max(1, math.floor(least_s / 60)), max(1, math.ceil(most_s / 60))
    return f"{most} min" if least >= most else f"{least}–{most} min"
