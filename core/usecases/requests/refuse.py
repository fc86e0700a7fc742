"""Why the ledger took nothing, as a refusal."""

from typing import NoReturn

from core.domain.credits.money import MoneyStatus
from core.domain.requests.refusals import Insufficient, OverBudget, TeamFrozen


def refuse(status: MoneyStatus, *, needed: int, balance: int, affordable: tuple[tuple[str, int], ...]) -> NoReturn:
    """Say why the ledger took nothing.

    Raises:
        Refused
    """
    match status:
        case MoneyStatus.INSUFFICIENT:
            raise Insufficient(needed=needed, balance=balance, affordable=affordable)
        case MoneyStatus.OVER_MEMBER_BUDGET:
            raise OverBudget(whose="member", needed=needed)
        case MoneyStatus.OVER_CHANNEL_BUDGET:
            raise OverBudget(whose="channel", needed=needed)
        case MoneyStatus.OVER_TEAM_BUDGET:
            raise OverBudget(whose="team", needed=needed)
        case MoneyStatus.FROZEN:
            raise TeamFrozen
        case _:
            raise RuntimeError(f"consume answered {status}")
