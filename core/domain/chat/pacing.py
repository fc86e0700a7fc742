"""How often one channel is written to: a budget that results spend before anything else, and edits from what is left.

Platforms count per channel and forgive short bursts. What does not fit gets a later turn, and keeps it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRate:
    """What a platform takes in one channel: `burst` messages at once, and one more every `every_s` seconds."""

    burst: int
    every_s: float

    @property
    def kept(self) -> int:
        """How much of a burst edits leave alone, so that a result finds room at once."""
        return self.burst // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelBudget:
    """One channel's.

    Args:
        spent_until: when all that was written, or has its turn, is forgotten by the platform.
        closed_until: the platform wants nothing at all before then.
        no_edits_until: it wants no edits before then; they are counted by themselves.
    """

    spent_until: datetime
    closed_until: datetime
    no_edits_until: datetime


def fresh(now: datetime) -> ChannelBudget:
    """The budget of a channel that nothing is known of."""
    return ChannelBudget(spent_until=now, closed_until=now, no_edits_until=now)


def with_turn(budget: ChannelBudget, pace: MessageRate, *, now: datetime) -> tuple[datetime, ChannelBudget]:
    """The turn of one more message, now or later, and the budget without it."""
    spent_until = max(budget.spent_until, budget.closed_until, now)
    turn = max(now, budget.closed_until, spent_until - timedelta(seconds=(pace.burst - 1) * pace.every_s))
    return turn, replace(budget, spent_until=max(spent_until, turn) + timedelta(seconds=pace.every_s))


def edit_at(budget: ChannelBudget, pace: MessageRate, *, now: datetime) -> datetime:
    """From when on there is room for an edit, if nothing else comes in between."""
    spare = timedelta(seconds=(pace.burst - 1 - pace.kept) * pace.every_s)
    return max(now, budget.closed_until, budget.no_edits_until, budget.spent_until - spare)


def with_edit(budget: ChannelBudget, pace: MessageRate, *, now: datetime) -> ChannelBudget:
    """The budget after an edit."""
    return replace(budget, spent_until=max(budget.spent_until, now) + timedelta(seconds=pace.every_s))


def closed(budget: ChannelBudget, *, until: datetime) -> ChannelBudget:
    """The budget of a channel whose platform said to wait, after a message: nothing goes before then."""
    return replace(budget, closed_until=max(budget.closed_until, until))


def without_edits(budget: ChannelBudget, *, until: datetime) -> ChannelBudget:
    """The same after an edit: messages are counted apart, and a result need not wait for it."""
    return replace(budget, no_edits_until=max(budget.no_edits_until, until))
