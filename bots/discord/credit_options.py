"""Reads the options of /credits as an order."""

from dataclasses import dataclass
from enum import StrEnum

from bots.discord.places import Place
from core.domain.credits.credit_commands import (
    Give,
    Join,
    Order,
    Part,
    SetBudget,
    SetLimits,
    ShowBalance,
    ShowBudgets,
    ShowCode,
    ShowHistory,
    ShowLimits,
    ShowMonth,
    Whose,
    amount_named,
    cap_named,
)
from core.domain.credits.money import BudgetPeriod, BudgetScope
from core.domain.ids import ChannelId, UserId
from core.domain.requests.refusals import Incomplete

MORE = "More with view: history, month, grant, budget, limits, link, unlink"
BUDGET = (
    "/credits view: budget member: @ana amount: 500",
    "/credits view: budget whose: members amount: 100 period: day",
    "/credits view: budget channel: #general amount: 2000",
    "/credits view: budget whose: team amount: 10000",
    "/credits view: budget member: @ana amount: off",
)
LIMITS = (
    "/credits view: limits approval: 400",
    "/credits view: limits low: 500",
    "/credits view: limits channel: #general (for alerts)",
    "/credits view: limits whose: nobody (for no alerts)",
)
GRANT = ("/credits view: grant member: @ben amount: 100", "/credits view: grant member: @ben amount: 100 giver: @ana")

NOBODY = "nobody"
WHOSE = {
    "members": "each member",
    "channels": "each channel",
    "team": "the whole team",
    NOBODY: "nobody: no alerts",
}
_SCOPES = {"members": BudgetScope.MEMBER, "channels": BudgetScope.CHANNEL, "team": BudgetScope.TEAM}


class View(StrEnum):
    """What /credits shows or does."""

    BALANCE = "balance"
    HISTORY = "history"
    MONTH = "month"
    GRANT = "grant"
    BUDGET = "budget"
    LIMITS = "limits"
    LINK = "link"
    UNLINK = "unlink"

    @classmethod
    def named(cls) -> dict["View", str]:
        """As the menu shows them."""
        return {
            cls.BALANCE: "balance: what is left, and this month's use",
            cls.HISTORY: "history: every video and every credit",
            cls.MONTH: "month: a picture of the last 30 days",
            cls.GRANT: "grant: give budget to another member",
            cls.BUDGET: "budget: for admins, who may spend how much",
            cls.LIMITS: "limits: for admins, approval and alerts",
            cls.LINK: "link: for admins, share credits with another workspace",
            cls.UNLINK: "unlink: for admins, stop sharing",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The options as Discord gave them."""

    view: View
    amount: str | None = None
    member: str | None = None
    giver: str | None = None
    channel: int | None = None
    whose: str | None = None
    period: BudgetPeriod = BudgetPeriod.MONTH
    approval: str | None = None
    low: str | None = None
    code: str | None = None
    guild: int | None = None


def read(given: Given) -> Order:
    """What was ordered.

    Raises:
        Incomplete, WrongAmount
    """
    match given.view:
        case View.BUDGET:
            return _budget(given)
        case View.LIMITS:
            return _limits(given)
        case View.GRANT:
            if given.member is None or given.amount is None:
                raise Incomplete(usage=GRANT)
            giver = UserId(given.giver) if given.giver is not None else None
            return Give(receiver=UserId(given.member), amount=amount_named(given.amount), giver=giver)
        case View.LINK:
            return ShowCode() if given.code is None else Join(given.code)
        case _:
            plain: dict[View, Order] = {
                View.BALANCE: ShowBalance(),
                View.HISTORY: ShowHistory(),
                View.MONTH: ShowMonth(),
                View.UNLINK: Part(),
            }
            return plain[given.view]


def _budget(given: Given) -> ShowBudgets | SetBudget:
    named = sum(each is not None for each in (given.member, given.channel, given.whose))
    if not named and given.amount is None:
        return ShowBudgets()
    if named != 1 or given.amount is None or given.whose == NOBODY:
        raise Incomplete(usage=BUDGET)
    if given.member is not None:
        whose = Whose(scope=BudgetScope.MEMBER, user=UserId(given.member))
    elif given.channel is not None:
        whose = Whose(scope=BudgetScope.CHANNEL, channel=ChannelId(str(given.channel)))
    else:
        whose = Whose(scope=_SCOPES[given.whose or ""])
    return SetBudget(whose=whose, period=given.period, cap=cap_named(given.amount))


def _limits(given: Given) -> ShowLimits | SetLimits:
    if given.whose not in {None, NOBODY} or given.member is not None or given.amount is not None:
        raise Incomplete(usage=LIMITS)
    if all(each is None for each in (given.approval, given.low, given.channel, given.whose)):
        return ShowLimits()
    above = cap_named(given.approval) if given.approval is not None else None
    return SetLimits(
        approval_above=above,
        asks_nobody=given.approval is not None and above is None,
        low_balance=(cap_named(given.low) or 0) if given.low is not None else None,
        alerts_to=Place(channel=given.channel, guild=given.guild).packed() if given.channel is not None else None,
        no_alerts=given.whose == NOBODY,
    )
