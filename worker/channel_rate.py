"""Keeps the pace of every channel that this process writes to: whose turn it is, and what gives way.

The budget is this process's own. Where several workers write to one channel each keeps to it, and the platform's "wait"
does the rest.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.domain.chat import pacing
from core.domain.chat.pacing import ChannelBudget, MessageRate
from core.domain.ids import PlatformName

_KNOWN_MAX = 10_000
"""Channels that are remembered; then those that nothing is owed to are forgotten."""


@dataclass(slots=True)
class ChannelRates:
    """The budgets of all channels, and the turns that deliveries wait for."""

    _budgets: dict[tuple[PlatformName, str], ChannelBudget] = field(default_factory=dict)
    _turns: dict[int, datetime] = field(default_factory=dict)

    def message_wait_s(
        self, platform: PlatformName, channel: str, pace: MessageRate, *, delivery: int, now: datetime
    ) -> float:
        """Seconds until this message's turn; 0: it is now, and the turn is taken."""
        budget = self._budget(platform, channel, now)
        turn = self._turns.get(delivery)
        if turn is None or (turn <= now < budget.closed_until):
            turn, budget = pacing.with_turn(budget, pace, now=now)
            self._budgets[platform, channel] = budget
        if turn > now:
            self._turns[delivery] = turn
            return (turn - now).total_seconds()
        self._turns.pop(delivery, None)
        return 0.0

    def edit_wait_s(self, platform: PlatformName, channel: str, pace: MessageRate, *, now: datetime) -> float:
        """Seconds until there may be room for an edit; 0: there is now, and it is taken."""
        budget = self._budget(platform, channel, now)
        at = pacing.edit_at(budget, pace, now=now)
        if at > now:
            return (at - now).total_seconds()
        self._budgets[platform, channel] = pacing.with_edit(budget, pace, now=now)
        return 0.0

    def close(
        self, platform: PlatformName, channel: str, *, for_s: float, everywhere: bool, was_edit: bool, now: datetime
    ) -> None:
        """The platform said to wait.

        Args:
            everywhere: it meant all its channels.
            was_edit: it said so to an edit. Those are counted apart: messages need not wait for them.
        """
        until = now + timedelta(seconds=for_s)
        self._budget(platform, channel, now)
        for key, budget in self._budgets.items():
            if key == (platform, channel) or (everywhere and key[0] == platform):
                hold = pacing.without_edits if was_edit and not everywhere else pacing.closed
                self._budgets[key] = hold(budget, until=until)

    def _budget(self, platform: PlatformName, channel: str, now: datetime) -> ChannelBudget:
        if len(self._budgets) > _KNOWN_MAX:
            self._budgets = {key: known for key, known in self._budgets.items() if not _is_idle(known, now)}
            self._turns = {delivery: turn for delivery, turn in self._turns.items() if turn > now}
        return self._budgets.setdefault((platform, channel), pacing.fresh(now))


def _is_idle(budget: ChannelBudget, now: datetime) -> bool:
    return max(budget.spent_until, budget.closed_until, budget.no_edits_until) <= now
