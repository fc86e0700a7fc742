"""How long a finished video can be had from its vendor, and when its own address is the best that we can offer."""

from datetime import datetime, timedelta

from core.domain.generations.generation import Attempt
from core.domain.generations.state_reason import AtVendor
from core.domain.time_scale import REAL_TIME, TimeScale

LIFE = timedelta(hours=24)
"""Where the vendor does not say. The shortest that is known is an hour, the usual one a day (2026-11-22)."""
LEAST = timedelta(minutes=30)
"""An address that works no longer than that is of no use to a person who looks at the message later."""
PATIENCE = timedelta(minutes=30)
"""How long a person who could watch the video at the vendor waits for us to keep it."""


def ends(attempt: Attempt, *, now: datetime, time_scale: TimeScale = REAL_TIME) -> datetime:
    """When an attempt's video is gone from its vendor."""
    if attempt.result is not None and attempt.result.expires_at is not None:
        return attempt.result.expires_at
    return (attempt.ended_at or now) + _scaled(LIFE, time_scale)


def offered(
    attempt: Attempt, *, waiting_since: datetime, now: datetime, time_scale: TimeScale = REAL_TIME
) -> AtVendor | None:
    """The vendor's own address, once we have tried to keep the video for long enough, while it lives.

    None where it is too early or too late for that, or where the address is good for nobody but us.
    """
    clip, until = attempt.result, ends(attempt, now=now, time_scale=time_scale)
    if clip is None or clip.url is None or not clip.url.startswith("https://") or clip.needs_key:
        return None
    is_time = now >= min(waiting_since + _scaled(PATIENCE, time_scale), until - 2 * _scaled(LEAST, time_scale))
    return AtVendor(url=clip.url, until=until) if is_time and now < until else None


def _scaled(duration: timedelta, time_scale: TimeScale) -> timedelta:
    return timedelta(seconds=time_scale.scaled(duration.total_seconds()))
