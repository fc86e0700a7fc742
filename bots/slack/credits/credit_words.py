"""Reads what a person typed after /credits. Slack writes people as <@U1|ana> and channels as <#C1|general>."""

import re
from collections.abc import Sequence

from bots.slack.api.places import here as place_here
from core.domain.credits.credit_commands import (
    CreditCommand,
    Give,
    Join,
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
from core.domain.text import clean

MORE = "/credits history · month · gift — for admins: grant · budget · limits · link · unlink"
BUDGET = (
    "/credits budget @ana 500 a month",
    "/credits budget members 100 a day",
    "/credits budget #general 2000",
    "/credits budget team 10000",
    "/credits budget @ana off",
)
LIMITS = ("/credits limits approval 400", "/credits limits low 500", "/credits limits alerts here")
GIFT = ("/credits gift @ben 100", "/credits grant @ben 100 from @ana")
LINK = ("/credits link", "/credits link ABCDE-FGHJK", "/credits unlink")
EVERYTHING = ("/credits", "/credits history", "/credits month", *GIFT, *BUDGET, *LIMITS, *LINK)

_PERSON = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>")
_CHANNEL = re.compile(r"<#([A-Z0-9]+)(?:\|[^>]*)?>")
_EACH = {
    "members": BudgetScope.MEMBER,
    "everyone": BudgetScope.MEMBER,
    "everybody": BudgetScope.MEMBER,
    "channels": BudgetScope.CHANNEL,
    "team": BudgetScope.TEAM,
}
_PERIODS = {
    "day": BudgetPeriod.DAY,
    "daily": BudgetPeriod.DAY,
    "month": BudgetPeriod.MONTH,
    "monthly": BudgetPeriod.MONTH,
}
_FILLERS = frozenset({"a", "per", "each", "every", "of", "to", "for", "in"})


def parse(text: str, *, here: ChannelId) -> CreditCommand:
    """The credit command that the words say.

    Args:
        here: the channel in which it was typed.

    Raises:
        Incomplete, WrongAmount
    """
    # The names inside mentions are dropped first: they may contain blanks.
    text = clean(text)
    text = _CHANNEL.sub(r" <#\1> ", _PERSON.sub(r" <@\1> ", text))
    word, *rest = text.split() or [""]
    rest = [each for each in rest if each.lower() not in _FILLERS]
    match word.lower():
        case "" | "balance":
            return ShowBalance()
        case "history" | "statement":
            return ShowHistory()
        case "month" | "chart" | "use":
            return ShowMonth()
        case "budget" | "budgets":
            return _budget(rest) if rest else ShowBudgets()
        case "limits" | "limit":
            return _limits(rest, here=here) if rest else ShowLimits()
        case "gift" | "grant" | "give":
            return _gift(rest)
        case "link":
            return Join(" ".join(rest)) if rest else ShowCode()
        case "unlink":
            return Part()
        case _:
            raise Incomplete(usage=EVERYTHING)


def _budget(words: Sequence[str]) -> SetBudget:
    if len(words) not in {2, 3}:
        raise Incomplete(usage=BUDGET)
    period = _PERIODS.get(words[2].lower()) if len(words) == 3 else BudgetPeriod.MONTH
    if period is None:
        raise Incomplete(usage=BUDGET)
    return SetBudget(whose=_whose(words[0]), period=period, cap=cap_named(words[1]))


def _whose(word: str) -> Whose:
    if person := _PERSON.fullmatch(word):
        return Whose(scope=BudgetScope.MEMBER, user=UserId(person[1]))
    if channel := _CHANNEL.fullmatch(word):
        return Whose(scope=BudgetScope.CHANNEL, channel=ChannelId(channel[1]))
    scope = _EACH.get(word.lower())
    if scope is None:
        raise Incomplete(usage=BUDGET)
    return Whose(scope=scope)


def _limits(words: Sequence[str], *, here: ChannelId) -> SetLimits:
    if len(words) != 2:
        raise Incomplete(usage=LIMITS)
    name, value = words[0].lower(), words[1]
    match name:
        case "approval":
            above = cap_named(value)
            return SetLimits(approval_above=above, asks_nobody=above is None)
        case "low":
            return SetLimits(low_balance=cap_named(value) or 0)
        case "alerts":
            return _alerts(value, here=here)
        case _:
            raise Incomplete(usage=LIMITS)


def _alerts(value: str, *, here: ChannelId) -> SetLimits:
    if value.lower() in {"off", "nowhere", "none"}:
        return SetLimits(no_alerts=True)
    if value.lower() == "here":
        return SetLimits(alerts_to=place_here(here).packed(), alerts_in=here)
    if channel := _CHANNEL.fullmatch(value):
        return SetLimits(alerts_to=place_here(channel[1]).packed(), alerts_in=ChannelId(channel[1]))
    raise Incomplete(usage=LIMITS)


def _gift(words: Sequence[str]) -> Give:
    people = [UserId(found[1]) for word in words if (found := _PERSON.fullmatch(word))]
    others = [word for word in words if not _PERSON.fullmatch(word) and word.lower() != "from"]
    if len(others) != 1 or not 1 <= len(people) <= 2:
        raise Incomplete(usage=GIFT)
    giver = people[1] if len(people) == 2 else None
    return Give(receiver=people[0], amount=amount_named(others[0]), giver=giver)
