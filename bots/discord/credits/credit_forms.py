"""The forms about credits: budgets, limits, gifts, a code. A sent form is read as a credit command.

A form can be sent after a restart of the process that showed it: its signed id says which form it is.
"""

import re
from collections.abc import Iterator
from enum import StrEnum

import discord

from bots.discord.api.places import Place
from bots.discord.drawing.buttons import signer
from bots.discord.rules.panels import LABEL_MAX, component
from core.domain.credits.credit_commands import (
    CreditCommand,
    Give,
    Join,
    SetBudget,
    SetLimits,
    Whose,
    amount_named,
    cap_named,
)
from core.domain.credits.money import BudgetPeriod, BudgetScope, TeamLimits
from core.domain.ids import ChannelId, UserId
from core.domain.requests.refusals import NotOnePlace
from core.domain.rules.panels import Filled
from core.replies.chat.community_actions import CommunityAction
from core.replies.chat.words import cut
from core.replies.languages.say import later, say
from core.replies.rules.fields import ChannelsField, ChoiceField, PanelField, PeopleField, TextField

FORM_ID = re.compile(r"nd:credits:(?P<name>\w+):(?P<signature>[\w-]+)")


class CreditForm(StrEnum):
    """One of the forms."""

    BUDGET = "budget"
    LIMITS = "limits"
    LIMITS_ELSEWHERE = "limits_elsewhere"
    """The form for limits where alerts go to another workspace: an empty channel leaves them there."""
    GIFT = "gift"
    GIFT_FROM = "gift_from"
    """For admins, who may move credits from another member."""
    CODE = "code"


_TITLES = {
    CreditForm.BUDGET: later("Set a budget"),
    CreditForm.LIMITS: later("Approval and alerts"),
    CreditForm.LIMITS_ELSEWHERE: later("Approval and alerts"),
    CreditForm.GIFT: later("Give to a member"),
    CreditForm.GIFT_FROM: later("Give to a member"),
    CreditForm.CODE: later("Join another workspace"),
}
_SPOKEN_IN = (discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.voice)
_SCOPES = {"members": BudgetScope.MEMBER, "channels": BudgetScope.CHANNEL, "team": BudgetScope.TEAM}


def modal(name: CreditForm, *, limits: TeamLimits | None = None, alerts_in: int | None = None) -> discord.ui.Modal:
    """A form as Discord draws it.

    Args:
        limits: the present limits, for the form about limits.
        alerts_in: the channel of this server that gets alerts now.
    """
    signature = signer().sign(CommunityAction.CREDITS.value, name.value)
    drawn = discord.ui.Modal(title=say(_TITLES[name]), custom_id=f"nd:credits:{name.value}:{signature}")
    for each in _fields(name, limits, alerts_in):
        hint = getattr(each, "hint", "")
        drawn.add_item(
            discord.ui.Label(
                text=cut(each.label, LABEL_MAX),
                description=hint or None,
                component=component(each, channels=_SPOKEN_IN),
            )
        )
    drawn.stop()  # discord.py need not remember it
    return drawn


def read(name: CreditForm, given: Filled, *, guild: int | None) -> CreditCommand:
    """The credit command that a sent form says.

    Raises:
        NotOnePlace, WrongAmount
    """
    match name:
        case CreditForm.BUDGET:
            return _budget(given)
        case CreditForm.LIMITS | CreditForm.LIMITS_ELSEWHERE:
            return _limits(given, guild=guild, is_elsewhere=name is CreditForm.LIMITS_ELSEWHERE)
        case CreditForm.GIFT | CreditForm.GIFT_FROM:
            giver = _one(given, "giver")
            return Give(
                receiver=UserId(_one(given, "member")),
                amount=amount_named(_one(given, "amount")),
                giver=UserId(giver) if giver else None,
            )
        case CreditForm.CODE:
            return Join(_one(given, "code"))


def _fields(name: CreditForm, limits: TeamLimits | None, alerts_in: int | None) -> Iterator[PanelField]:
    match name:
        case CreditForm.BUDGET:
            yield PeopleField(name="member", label=say("For one member"), most=1)
            yield ChannelsField(name="channel", label=say("For one channel"), most=1)
            yield ChoiceField(name="whose", label=say("Or for"), options=_everybody())
            yield TextField(name="amount", label=say("Credits"), hint=say("A number, or off for none"), required=True)
            yield ChoiceField(
                name="period",
                label=say("How long"),
                options=((BudgetPeriod.MONTH.value, say("a month")), (BudgetPeriod.DAY.value, say("a day"))),
                chosen=(BudgetPeriod.MONTH.value,),
                required=True,
            )
        case CreditForm.LIMITS | CreditForm.LIMITS_ELSEWHERE:
            above = limits.approval_above if limits is not None else None
            yield TextField(
                name="approval",
                label=say("An admin approves a video above"),
                value="" if above is None else str(above),
                hint=say("Credits; empty: never"),
            )
            yield TextField(
                name="low",
                label=say("The balance is low below"),
                value="" if limits is None else str(limits.low_balance),
                hint=say("Credits; then there is an alert"),
            )
            yield ChannelsField(
                name="channel",
                label=say("Alerts go to") if name is CreditForm.LIMITS else say("Alerts go elsewhere; better to"),
                chosen=() if alerts_in is None else (str(alerts_in),),
                most=1,
            )
        case CreditForm.GIFT | CreditForm.GIFT_FROM:
            yield PeopleField(name="member", label=say("Who gets it"), most=1, required=True)
            yield TextField(name="amount", label=say("Credits"), hint=say("Of this month's budget"), required=True)
            if name is CreditForm.GIFT_FROM:
                yield PeopleField(name="giver", label=say("Who gives, if not you"), most=1)
        case CreditForm.CODE:
            yield TextField(
                name="code", label=say("The code"), hint=say("An admin of the other workspace has it"), required=True
            )


def _everybody() -> tuple[tuple[str, str], ...]:
    return (
        ("members", say("Each member")),
        ("channels", say("Each channel")),
        ("team", say("The whole team")),
    )


def _budget(given: Filled) -> SetBudget:
    member, channel, whose = (_one(given, field) for field in ("member", "channel", "whose"))
    if sum(map(bool, (member, channel, whose))) != 1:
        raise NotOnePlace
    if member:
        about = Whose(scope=BudgetScope.MEMBER, user=UserId(member))
    elif channel:
        about = Whose(scope=BudgetScope.CHANNEL, channel=ChannelId(channel))
    else:
        about = Whose(scope=_SCOPES[whose])
    return SetBudget(whose=about, period=BudgetPeriod(_one(given, "period")), cap=cap_named(_one(given, "amount")))


def _limits(given: Filled, *, guild: int | None, is_elsewhere: bool) -> SetLimits:
    approval, low, channel = (_one(given, field) for field in ("approval", "low", "channel"))
    above = cap_named(approval) if approval else None
    return SetLimits(
        approval_above=above,
        asks_nobody=above is None,
        low_balance=(cap_named(low) or 0) if low else 0,
        alerts_to=Place(channel=int(channel), guild=guild).packed() if channel.isdigit() else None,
        alerts_in=ChannelId(channel) if channel.isdigit() else None,
        no_alerts=not channel and not is_elsewhere,
    )


def _one(given: Filled, field: str) -> str:
    return "".join(given.get(field, ())[:1]).strip()
