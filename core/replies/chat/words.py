"""Numbers, times and lists as people read them."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from core.replies.languages.say import date_in_words, later, say, say_count

ELSEWHERE = later("a channel of a linked workspace")
"""Stands for a channel that has no name on the reader's platform."""


def count(number: int, thing: str) -> str:
    """1 video, 2 videos: for an operator, who reads English."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def video_count(number: int) -> str:
    return say_count("{n} video", "{n} videos", number)


def credit_count(number: int) -> str:
    return say_count("{n} credit", "{n} credits", number)


def clock(duration_s: float) -> str:
    """Seconds as 0:07, 2:05 or 1:02:05."""
    minutes, seconds = divmod(int(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def span(duration_s: float) -> str:
    """A length of time in the largest unit that is exact enough: 24 hours, 96 minutes, 1 minute."""
    minutes = max(1, round(duration_s / 60))
    if minutes < 100:
        return say_count("{n} minute", "{n} minutes", minutes)
    return say_count("{n} hour", "{n} hours", round(minutes / 60))


def days(number: int) -> str:
    return say_count("{n} day", "{n} days", number)


def brief(duration_s: float) -> str:
    """A length of time as one short number: 8 s, 4 min, 3 h, 2 days."""
    whole = max(1, round(duration_s))
    if whole < 90:
        return say("{n} s", n=whole)
    if whole < 90 * 60:
        return say("{n} min", n=round(whole / 60))
    return say("{n} h", n=round(whole / 3600)) if whole < 36 * 3600 else days(round(whole / 86_400))


def cut(text: str, length: int) -> str:
    """At most so many characters; an ellipsis stands for the rest."""
    return text if len(text) <= length else text[: max(0, length - 1)] + "…"[:length]


def listed(words: Sequence[str]) -> str:
    """a; a and b; a, b and c."""
    return _joined(words, say("{first} and {last}"))


def either(words: Sequence[str]) -> str:
    """a; a or b; a, b or c."""
    return _joined(words, say("{first} or {last}"))


def _joined(words: Sequence[str], last_two: str) -> str:
    if len(words) < 2:
        return "".join(words)
    return last_two.format(first=", ".join(words[:-1]), last=words[-1])


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th; 11th, 12th, 13th; 21st; in German 1., 2., 3."""
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return {"st": say("{n}st", n=number), "nd": say("{n}nd", n=number), "rd": say("{n}rd", n=number)}.get(
        ending, say("{n}th", n=number)
    )


def minutes(duration_s: float) -> str:
    """A time that need not be exact, in whole minutes, rounded up: 1 min, 27 min."""
    return say("{n} min", n=max(1, math.ceil(duration_s / 60)))


def between(least_s: float, most_s: float) -> str:
    """A range of two times that are not exact: 2–4 min, or 4 min if both are the same."""
    least, most = max(1, math.floor(least_s / 60)), max(1, math.ceil(most_s / 60))
    return say("{n} min", n=most) if least >= most else say("{n} min", n=f"{least}–{most}")


def day_and_time(at: datetime) -> str:
    """22 November, 14:05 UTC; in German 22. November, 14:05 UTC."""
    at = at.astimezone(UTC)
    return f"{date_in_words(at, skeleton='dMMMM')}, {at:%H:%M} UTC"
