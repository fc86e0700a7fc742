"""What a workspace has used in a month, video by video, and the sums that managers look at. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
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
    name: str
    videos: int
    credits: int


def sums(lines: Iterable[UsageLine], by: UsageBy) -> list[UsageSum]:
    """By name, the dearest first."""
    found: dict[str, tuple[int, int]] = {}
    for line in lines:
        name = str(getattr(line, by.value))
        videos, cost = found.get(name, (0, 0))
        found[name] = (videos + 1, cost + line.credits)
    rows = [UsageSum(name=name, videos=videos, credits=cost) for name, (videos, cost) in found.items()]
    return sorted(rows, key=lambda row: (-row.credits, -row.videos, row.name))
