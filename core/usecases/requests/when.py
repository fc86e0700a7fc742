"""Reads when a video is to be made: “tomorrow 9:00” on the person's own clock, “in 2 hours”, or “when cheap”."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dateparser  # type: ignore[import-untyped]  # it has no types

from core.domain.requests.refusals import NoSuchTime
from core.domain.text import NAME_MAX, clean

LEAST, MOST = timedelta(minutes=1), timedelta(days=60)
CHEAP_WITHIN = timedelta(days=1)
LANGUAGES = ["en", "de", "fr", "es"]
_CHEAP = re.compile(r"(?:when(?:ever)?\s+)?(?:it(?:'s| is)\s+)?cheap(?:er|est)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """When it begins; with `cheap`, when it is given up."""

    at: datetime
    cheap: bool = False


def read_when(typed: str, *, now: datetime, zone: str) -> When:
    """What was typed.

    Args:
        zone: the person's time zone; an unknown one is UTC.

    Raises:
        NoSuchTime
    """
    text = clean(typed, length=NAME_MAX)
    if _CHEAP.fullmatch(text):
        return When(at=now + CHEAP_WITHIN, cheap=True)
    here = zone_of(zone)
    found = dateparser.parse(
        _plain(text),
        languages=LANGUAGES,
        settings={
            "PREFER_DATES_FROM": "future",
            "TIMEZONE": here.key,
            "RETURN_AS_TIMEZONE_AWARE": True,
            "RELATIVE_BASE": now.astimezone(here).replace(tzinfo=None),
        },
    )
    if found is None or not LEAST <= found - now <= MOST:
        raise NoSuchTime(typed=text)
    return When(at=found)


def _plain(text: str) -> str:
    """Hours as dateparser reads them: 9 Uhr, 9h30 and 9.30 Uhr are none for it (1.2, 2026-11-30)."""
    hours = re.sub(r"\b(\d{1,2})(?:[:.h](\d\d))?\s*(?:uhr|h)?\b(?=$|\s)", _clock, text, count=1, flags=re.IGNORECASE)
    return re.sub(r"\b(?:at|um|à|a las)\s+(?=\d)|^at\s+", "", hours, flags=re.IGNORECASE)


def _clock(found: re.Match[str]) -> str:
    bare = found[0].strip().isdigit()
    return found[0] if bare else f"{found[1]}:{found[2] or '00'}"


def zone_of(zone: str) -> ZoneInfo:
    """A zone by its name."""
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
