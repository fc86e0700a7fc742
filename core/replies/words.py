"""Numbers, times and lists as people read them."""

from collections.abc import Sequence


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


def cut(text: str, length: int) -> str:
    """At most so many characters; an ellipsis stands for the rest."""
    return text if len(text) <= length else text[: max(0, length - 1)] + "…"[:length]


def listed(words: Sequence[str], *, last: str = "and") -> str:
    """a; a and b; a, b and c."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
