"""Budgets, limits and gifts, as people read them."""

from collections.abc import Iterator, Sequence

from core.domain.chat.principal import Principal
from core.domain.credits.history import People
from core.domain.credits.money import Budget, BudgetPeriod, BudgetScope, TeamLimits
from core.domain.ids import MemberId
from core.replies.chat.card import Card, Channel, Fact, ListLine, Part, SmallPrint, Text, Word, bar
from core.replies.chat.people import named
from core.replies.chat.words import credit_count
from core.replies.languages.say import amount, later, say

EVERYBODY = "*"
BAR = 8
SHOWN, ALL_SHOWN = 6, 30
_WHEN = {BudgetPeriod.DAY: later("today"), BudgetPeriod.MONTH: later("this month")}
_EACH = {BudgetPeriod.DAY: later("a day"), BudgetPeriod.MONTH: later("a month")}


def lines(budgets: Sequence[Budget], *, people: People, reader: Principal) -> Iterator[Part]:
    """The budgets that limit a person now, with the rest of each; empty without budgets."""
    own = sorted((budget for budget in budgets if budget.subject != EVERYBODY), key=_used, reverse=True)
    if not own:
        return
    yield Text(
        say("Budgets:") if len(own) <= SHOWN else say("Budgets, the {n} most used of {all}:", n=SHOWN, all=len(own))
    )
    for budget in own[:SHOWN]:
        yield ListLine(
            "",
            (
                *subject(budget, people=people, reader=reader),
                f" {say(_WHEN[budget.period])}: {state(budget)}",
            ),
        )


def state(budget: Budget) -> str:
    """▰▰▰▱ 380 of 500 spent, 120 left."""
    told = say(
        "{spent} of {cap} spent, {left} left",
        spent=amount(budget.spent),
        cap=credit_count(budget.cap),
        left=amount(budget.left),
    )
    return f"{bar(_used(budget), width=BAR)} {told}"


def _used(budget: Budget) -> float:
    return budget.spent / budget.cap if budget.cap > 0 else 1.0


def subject(budget: Budget, *, people: People, reader: Principal) -> tuple[Word, ...]:
    """The owner of a budget: a member, a channel or the team."""
    match budget.scope, budget.subject:
        case BudgetScope.TEAM, _:
            return (say("Your team"),)
        case BudgetScope.MEMBER, "*":
            return (say("Each member"),)
        case BudgetScope.CHANNEL, "*":
            return (say("Each channel"),)
        case BudgetScope.MEMBER, number:
            return (named(MemberId(int(number)), people, reader=reader),)
        case _, channel:
            return (Channel(channel),)


def overview(budgets: Sequence[Budget], *, people: People, reader: Principal, usage: Sequence[str]) -> Card:
    """The answer to an admin who asks for the budgets."""
    if not budgets:
        parts: list[Part] = [Text(say("Your team has no budgets: whoever is in it may spend what there is."))]
    else:
        parts = [
            ListLine(
                "",
                (
                    *subject(each, people=people, reader=reader),
                    f" {say(_EACH[each.period])}: {_full(each)}",
                ),
            )
            for each in budgets[:ALL_SHOWN]
        ]
        if len(budgets) > ALL_SHOWN:
            parts.append(SmallPrint(say("And {n} more.", n=len(budgets) - ALL_SHOWN)))
    if usage:
        parts.append(Text("\n".join(usage)))
    parts.append(
        SmallPrint(
            say("Days and months begin at midnight UTC. What is reserved counts; what comes back is given back.")
        )
    )
    return Card(title=say("Budgets"), parts=tuple(parts))


def _full(budget: Budget) -> str:
    return credit_count(budget.cap) if budget.subject == EVERYBODY else state(budget)


def changed(budget: Budget | None, *, whose: tuple[Word, ...], period: BudgetPeriod) -> Card:
    """A budget was set or removed."""
    if budget is None:
        return Card(
            title=say("The budget is gone"),
            parts=(ListLine("", (*whose, say(" {each}: no limit", each=say(_EACH[period])))),),
        )
    line = ListLine("", (*whose, f" {say(_EACH[period])}: {_full(budget)}"))
    return Card(title=f"{credit_count(budget.cap)} {say(_EACH[period])}", parts=(line,))


def limits(found: TeamLimits, *, alerts_in: Word | None, title: str | None = None, usage: Sequence[str] = ()) -> Card:
    """The limits besides budgets, after an admin has set them.

    Args:
        alerts_in: the channel that gets alerts, as the reader's platform names it; None if there is none.
    """
    threshold = (
        say("never")
        if found.approval_above is None
        else say("above {credits}", credits=credit_count(found.approval_above))
    )
    parts: list[Part] = [
        Fact(say("An admin approves a video"), threshold),
        Fact(say("The balance is low"), say("below {credits}", credits=credit_count(found.low_balance))),
        ListLine(say("Alerts go"), (say("nowhere"),) if alerts_in is None else (say("to "), alerts_in)),
    ]
    if usage:
        parts.append(Text("\n".join(usage)))
    parts.append(SmallPrint(say("Alerts come at 80 % of a budget and when the balance is low, once each.")))
    return Card(title=title or say("Limits"), parts=tuple(parts))


def given(amount: int, *, giver: Word, receiver: Word) -> Card:
    """A gift from one member's budget to another's."""
    return Card(
        title=say("{credits} of this month's budget given", credits=credit_count(amount)),
        parts=(
            ListLine("", (say("from "), giver, say(" to "), receiver)),
            SmallPrint(say("No credits moved: what one may spend less this month, the other may spend more.")),
        ),
    )
