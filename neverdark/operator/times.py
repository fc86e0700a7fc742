"""Times and spans as an operator types them: 2027-01-31, 2027-01-31T12:00, 30d, 12h."""

import re
from datetime import UTC, datetime, time, timedelta

from neverdark.errors import Misconfigured

_SPAN = re.compile(r"(\d{1,6})\s*([mhdw])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_YEAR_MOST = 9999
_LONGEST = timedelta(days=100 * 365)


def span(text: str) -> timedelta | None:
    """30m, 12h, 7d, 2w; None for anything else."""
    found = _SPAN.fullmatch(text.strip().lower())
    if found is None:
        return None
    length = int(found[1]) * _UNITS[found[2]]
    return length if length <= _LONGEST else None


def instant(text: str, *, option: str) -> datetime:
    """A day (its first moment) or a time. UTC, unless it says otherwise.

    Raises:
        Misconfigured: the text is neither.
    """
    at = _parsed(text)
    if at is None:
        raise Misconfigured(f"{option} wants a day such as 2027-01-31 or a time such as 2027-01-31T12:00, in UTC.")
    return at


def end(text: str, *, now: datetime, option: str) -> datetime:
    """The end of a period: the end of a day, a time, or after a span from now.

    Raises:
        Misconfigured: the text is none of these, or the time has passed.
    """
    length = span(text)
    at = _parsed(text) if length is None else now + length
    if at is None:
        raise Misconfigured(f"{option} wants a day such as 2027-01-31, a time such as 2027-01-31T12:00, or 30d or 12h.")
    if length is None and _is_day(text):
        at = datetime.combine(at.date() + timedelta(days=1), time(), tzinfo=UTC)
    if at <= now:
        raise Misconfigured(f"{option} wants a time to come: {at:%Y-%m-%d %H:%M} UTC has passed.")
    return at


def _parsed(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.strip())
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: the time is out of range in UTC
        return None
    return at if at.year < _YEAR_MOST else None


def _is_day(text: str) -> bool:
    return re.fullmatch(r"\d{4}-?\d{2}-?\d{2}", text.strip()) is not None
