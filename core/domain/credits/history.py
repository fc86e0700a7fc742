"""What a team reads about its credits: balance, history, use. Money's own words are in `money`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.domain.credits.money import Budget, StatementLine
from core.domain.errors import ErrorClass
from core.domain.generations.generation import Outcome
from core.domain.ids import ChannelId, Installation, MemberId, PlatformName, ProviderName, Thread, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """Who a member is. `user_id` is None once they were erased."""

    platform: PlatformName
    installation: Installation
    user_id: UserId | None


People = Mapping[MemberId, Name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Generations, and what they cost: what is still held counts in full."""

    videos: int
    credits: int

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(videos=self.videos + other.videos, credits=self.credits + other.credits)


NOTHING = Spent(videos=0, credits=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """A team's credits now.

    Args:
        held: what generations under way hold, beside what is left.
        running: how many of them there are.
        by_member, by_tier: this month's use, dearest first.
        budgets: those that bound the person who asked; for an admin all.
        is_low: under the mark that the team's admins have set.
    """

    credits_left: int
    held: int
    running: int
    is_low: bool = False
    is_frozen: bool = False
    by_member: tuple[tuple[MemberId | None, Spent], ...] = ()
    by_tier: tuple[tuple[str, Spent], ...] = ()
    budgets: tuple[Budget, ...] = ()
    people: People

    @property
    def month(self) -> Spent:
        return sum((spent for _, spent in self.by_tier), NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """What a generation's line tells besides its money.

    Args:
        prompt: None where the reader has no business with it.
        maker: who delivered it.
    """

    prompt: str | None
    outcome: Outcome | None
    error_class: ErrorClass | None
    maker: ProviderName | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """A line of the ledger and what it is about.

    Args:
        video: of a generation.
        gift: of a gift between budgets, who got how much.
        source: of a grant, where it came from.
    """

    booked: StatementLine
    video: Video | None = None
    gift: tuple[MemberId, int] | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """Some lines of a team's history, newest first. `older` and `newer` say where the next pages begin, if any."""

    lines: tuple[HistoryLine, ...]
    people: People
    older: int | None
    newer: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageByDay:
    """What was spent on each of the last days, the oldest first, by tier; days and tiers without use have nothing."""

    days: tuple[tuple[date, Mapping[str, int]], ...]
    total: Spent
    credits_left: int

    @property
    def by_tier(self) -> dict[str, int]:
        """What each tier took in all."""
        tiers: dict[str, int] = {}
        for _, spent in self.days:
            for tier, amount in spent.items():
                tiers[tier] = tiers.get(tier, 0) + amount
        return tiers


class ApprovalVerdict(StrEnum):
    """How it ended that a video waited for an admin."""

    APPROVED = "approved"
    DECLINED = "declined"
    LAPSED = "lapsed"
    """Nobody decided in time."""
    CANCELLED = "cancelled"
    """Its person wanted it no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingVideo:
    """A video that waits for an admin, or did: who asked where, and for what.

    Args:
        thread: where it is talked about; None where none has opened yet.
        verdict: None: it waits.
        decided_by: the admin; None where there was none, or they are forgotten.
    """

    user: UserId | None
    channel: ChannelId | None
    prompt: str
    thread: Thread | None = None
    verdict: ApprovalVerdict | None = None
    decided_by: UserId | None = None
