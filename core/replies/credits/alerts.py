"""The messages in a team's alert channel. Everybody in the channel reads them, so no person is named."""

from collections.abc import Mapping

from core.domain.credits.history import ApprovalVerdict, WaitingVideo
from core.domain.credits.money import BudgetPeriod, BudgetScope
from core.replies.chat.card import (
    Action,
    Button,
    Card,
    Channel,
    LinkButton,
    ListLine,
    Part,
    Person,
    Progress,
    QuotedText,
    SmallPrint,
    Text,
    Tone,
    Word,
)
from core.replies.chat.words import credit_count, cut
from core.replies.credits.balance import TOPUP
from core.replies.generations.approval import buttons
from core.replies.languages.say import amount, later, say

PROMPT_MAX = 200

_WHOSE = {
    BudgetScope.MEMBER: later("One member has"),
    BudgetScope.CHANNEL: later("One channel has"),
    BudgetScope.TEAM: later("Your team has"),
}
_WHEN = {BudgetPeriod.DAY: later("today's"), BudgetPeriod.MONTH: later("this month's")}
SEE = later("Show credits")


def budget(*, scope: BudgetScope, period: BudgetPeriod, cap: int, spent: int, key: str) -> Card:
    """At 80 % of a budget.

    Args:
        key: of the alert; its button carries it.
    """
    used = round(spent * 100 / cap) if cap > 0 else 100
    left = max(cap - spent, 0)
    return Card(
        title=say(
            "{whose} used {used} % of {when} budget", whose=say(_WHOSE[scope]), used=used, when=say(_WHEN[period])
        ),
        tone=Tone.WARNING,
        parts=(
            Progress(min(spent / cap, 1.0) if cap > 0 else 1.0),
            Text(
                say(
                    "{spent} of {credits} are spent or reserved, {left} left. Admins see whose with /credits.",
                    spent=amount(spent),
                    credits=credit_count(cap),
                    left=amount(left),
                )
            ),
            Button(Action.BALANCE, say(SEE), key),
        ),
    )


def low_balance(*, balance: int, mark: int, topup_url: str | None, key: str) -> Card:
    """The balance has fallen below the team's mark.

    Args:
        topup_url: where credits are added, if the operator has named a place.
    """
    parts: list[Part] = [
        Text(
            say("Your team wants to know below {credits}. At 0 no more videos can be made.", credits=credit_count(mark))
        ),
        Button(Action.BALANCE, say(SEE), key),
    ]
    if topup_url is not None:
        parts.append(LinkButton(say(TOPUP), topup_url))
    return Card(title=say("{credits} left", credits=credit_count(balance)), tone=Tone.WARNING, parts=tuple(parts))


def approval(
    *, needed: int, generation_id: str, key: str, waits: WaitingVideo | None = None, link: str | None = None
) -> Card:
    """A video waits, or has waited, for an admin's approval.

    Args:
        waits: the person, the place, the request and the decision; None where they were deleted.
        link: opens its thread.
    """
    see = (LinkButton(say("Open its thread"), link),) if link is not None else ()
    if waits is not None and waits.verdict is not None:
        title, tone = _VERDICTS[waits.verdict]
        return Card(
            title=say(title, credits=credit_count(needed)), tone=tone, parts=(*_asked(waits), *_decided(waits), *see)
        )
    return Card(
        title=say("A video waits for an admin: it takes up to {credits}", credits=credit_count(needed)),
        tone=Tone.WARNING,
        parts=(
            *_asked(waits),
            Text(say("Nothing is taken until an admin approves.")),
            *buttons(generation_id),
            *see,
            Button(Action.BALANCE, say(SEE), key),
        ),
    )


_VERDICTS: Mapping[ApprovalVerdict, tuple[str, Tone]] = {
    ApprovalVerdict.APPROVED: (later("Approved: it takes up to {credits}"), Tone.GOOD),
    ApprovalVerdict.DECLINED: (later("Declined: nothing was taken"), Tone.QUIET),
    ApprovalVerdict.LAPSED: (later("No admin decided in time: nothing was taken"), Tone.QUIET),
    ApprovalVerdict.CANCELLED: (later("Cancelled before an admin decided: nothing was taken"), Tone.QUIET),
}
_BY = {ApprovalVerdict.APPROVED: later("Approved by"), ApprovalVerdict.DECLINED: later("Declined by")}


def _decided(waits: WaitingVideo) -> tuple[Part, ...]:
    if waits.verdict not in _BY:
        return ()
    who: Word = Person(waits.decided_by) if waits.decided_by is not None else say("somebody who left")
    return (ListLine(say(_BY[waits.verdict]), (who,)),)


def _asked(waits: WaitingVideo | None) -> tuple[Part, ...]:
    if waits is None:
        return ()
    who: Word = Person(waits.user) if waits.user is not None else ""
    where: tuple[Word, ...] = (" · ", Channel(waits.channel)) if waits.channel is not None else ()
    return (ListLine("", (who, *where)), QuotedText(cut(waits.prompt, PROMPT_MAX)))


def undelivered(*, paid: int, generation_id: str, key: str) -> Card:
    """A result, or the message that there is none, could not be posted anywhere."""
    told = say(
        "Neither the thread, the channel nor a direct message took it. Check that I may post and attach files "
        "where people ask for videos."
    )
    if paid:
        told += " " + say("The {credits} it had taken are back.", credits=credit_count(paid))
    return Card(
        title=say("The answer to a /video command could not be delivered"),
        tone=Tone.WARNING,
        parts=(
            Text(told),
            SmallPrint(say("For the people who run this bot: generation {generation_id}", generation_id=generation_id)),
            Button(Action.BALANCE, say(SEE), key),
        ),
    )


def permissions(*, detail: str, key: str) -> Card:
    """People asked for videos where the bot may not post. `detail`: the missing permissions and the channel."""
    return Card(
        title=say("I need {detail}", detail=detail),
        tone=Tone.WARNING,
        parts=(
            Text(say("Somebody asked for a video there. Until I may do that, I take no requests in that channel.")),
            Button(Action.BALANCE, say(SEE), key),
        ),
    )


def gallery_lost(*, key: str) -> Card:
    """The gallery takes nothing any more."""
    return Card(
        title=say("I cannot post in the gallery"),
        tone=Tone.WARNING,
        parts=(
            Text(
                say(
                    "Its channel was deleted, or I may not write there. Videos still come where they were asked for. "
                    "/community gallery opens another one."
                )
            ),
            Button(Action.BALANCE, say(SEE), key),
        ),
    )
