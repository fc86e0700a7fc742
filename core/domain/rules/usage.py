"""What a workspace has used in a month, video by video, and the sums that managers look at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class UsageBy(StrEnum):
    """What is summed up; each names a field of a line."""

    MEMBER = "member"
    CHANNEL = "channel"
    TIER = "tier"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageLine:
    """One video. What nobody can name is empty.

    Args:
        credits: what it has cost, or what is held for it.
    """

    asked_at: datetime
    member: str
    channel: str
    tier: str
    provider: str
    outcome: str
    credits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSum:
    """What one member, channel, tier or provider has used. `name`: empty for what nobody can name."""

    name: str
    videos: int
    credits: int


def dearest_first(sums: Iterable[UsageSum]) -> tuple[UsageSum, ...]:
    """In the order in which managers read them."""
    return tuple(sorted(sums, key=lambda each: (-each.credits, -each.videos, each.name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthSums:
    """A month summed up; the database does it, so that the largest month costs a bot no more than the smallest.

    Args:
        by: each sorted by `dearest_first`.
        days: credits by tier on each day (UTC) that had any.
    """

    videos: int
    credits: int
    by: Mapping[UsageBy, tuple[UsageSum, ...]]
    days: Mapping[date, Mapping[str, int]]
