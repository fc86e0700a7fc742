"""What a team's alert channel reads. Everybody in it does, so nobody is named."""

from core.domain.credits.money import BudgetPeriod, BudgetScope
from core.replies.chat.card import Action, Button, Card, LinkButton, Part, Progress, SmallPrint, Text, Tone
from core.replies.chat.words import credit_count
from core.replies.credits.balance import TOPUP
from core.replies.generations.approval import buttons

_WHOSE = {
    BudgetScope.MEMBER: "One member has",
    BudgetScope.CHANNEL: "One channel has",
    BudgetScope.TEAM: "Your team has",
}
_WHEN = {BudgetPeriod.DAY: "today's", BudgetPeriod.MONTH: "this month's"}
SEE = "Show credits"


def budget(*, scope: BudgetScope, period: BudgetPeriod, cap: int, spent: int, key: str) -> Card:
    """At 80 % of a budget.

    Args:
        key: of the alert; its button carries it.
    """
    used = round(spent * 100 / cap) if cap > 0 else 100
    left = max(cap - spent, 0)
    return Card(
        title=f"{_WHOSE[scope]} used {used} % of {_WHEN[period]} budget",
        tone=Tone.WARNING,
        parts=(
            Progress(min(spent / cap, 1.0) if cap > 0 else 1.0),
            Text(f"{spent} of {credit_count(cap)} are spent or reserved, {left} left. Admins see whose with /credits."),
            Button(Action.BALANCE, SEE, key),
        ),
    )


def low_balance(*, balance: int, mark: int, topup_url: str | None, key: str) -> Card:
    """The balance has fallen below the team's mark.

    Args:
        topup_url: where credits are added, if the operator has named a place.
    """
    parts: list[Part] = [
        Text(f"Your team wants to know below {credit_count(mark)}. At 0 no more videos can be made."),
        Button(Action.BALANCE, SEE, key),
    ]
    if topup_url is not None:
        parts.append(LinkButton(TOPUP, topup_url))
    return Card(title=f"{credit_count(balance)} left", tone=Tone.WARNING, parts=tuple(parts))


def approval(*, needed: int, generation_id: str, key: str) -> Card:
    """A video waits for an admin."""
    return Card(
        title=f"A video waits for an admin: it takes up to {credit_count(needed)}",
        tone=Tone.WARNING,
        parts=(
            Text("Its thread has the description. Nothing is taken until an admin approves."),
            *buttons(generation_id),
            Button(Action.BALANCE, SEE, key),
        ),
    )


def undelivered(*, paid: int, generation_id: str, key: str) -> Card:
    """A video, or the word that there is none, could be said nowhere."""
    back = f" The {credit_count(paid)} that it had taken are back." if paid else ""
    return Card(
        title="The answer to a /video command could not be delivered",
        tone=Tone.WARNING,
        parts=(
            Text(
                "Neither the thread, the channel nor a direct message took it. Check that I may post and attach files "
                f"where people ask for videos.{back}"
            ),
            SmallPrint(f"For whoever runs Neverdark: generation {generation_id}"),
            Button(Action.BALANCE, SEE, key),
        ),
    )


def permissions(*, detail: str, key: str) -> Card:
    """People ask for videos where the bot may not post them. `detail`: what is missing, and where."""
    return Card(
        title=f"I need {detail}",
        tone=Tone.WARNING,
        parts=(
            Text("Somebody asked for a video there. Until I may do that, I take no requests in that channel."),
            Button(Action.BALANCE, SEE, key),
        ),
    )
