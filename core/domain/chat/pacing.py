"""How often a platform is called: budgets that messages spend before anything else, and progress from what is left.

Platforms count by method or route, workspace and channel, and forgive short bursts. A message that does not fit gets a
later turn, and keeps it; a progress message, or an edit of one, that does not fit is not sent. All processes share the
budgets: `take_turn` in SQL says the same, and a test holds the two together.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class ChatCall(StrEnum):
    """What a platform is asked to do, as far as its limits care."""

    POST = "post"
    UPLOAD = "upload"
    EDIT = "edit"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRate:
    """What a platform takes: `burst` calls at once, and one more every `every_s` seconds."""

    burst: int
    every_s: float

    @property
    def kept(self) -> int:
        """How much of a burst ordinary edits leave alone, so that what matters more finds room at once."""
        return self.burst // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One of a platform's limits, with what it counts by as its key: a method in a workspace, a route of a channel."""

    key: str
    pace: MessageRate


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelBudget:
    """What has been spent of one limit.

    Args:
        spent_until: when all that was sent, or has its turn, is forgotten by the platform.
        closed_until: the platform wants nothing before then.
    """

    spent_until: datetime
    closed_until: datetime


def fresh(now: datetime) -> ChannelBudget:
    """The budget of a limit that nothing is known of."""
    return ChannelBudget(spent_until=now, closed_until=now)


def room_at(budget: ChannelBudget, pace: MessageRate, *, kept: int, now: datetime) -> datetime:
    """From when on there is room for one more call that leaves `kept` of a burst alone."""
    spent_until = max(budget.spent_until, budget.closed_until, now)
    return max(now, budget.closed_until, spent_until - timedelta(seconds=(pace.burst - 1 - kept) * pace.every_s))


def spent(budget: ChannelBudget, pace: MessageRate, *, at: datetime) -> ChannelBudget:
    """The budget without the call that has its turn at this time."""
    spent_until = max(budget.spent_until, budget.closed_until, at)
    return replace(budget, spent_until=spent_until + timedelta(seconds=pace.every_s))


def closed(budget: ChannelBudget, *, until: datetime) -> ChannelBudget:
    """The budget of a limit that the platform has called: nothing goes before then."""
    return replace(budget, closed_until=max(budget.closed_until, until))
