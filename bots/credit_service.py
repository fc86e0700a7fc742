"""What a bot does about credits, on every platform: /credits with all its words, and the buttons of approval.

Each command is answered with a card that only the person sees.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from bots.run_use_case import run_use_case
from core.domain.chat.principal import Principal
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
)
from core.domain.credits.money import BudgetScope, TeamLimits
from core.domain.ids import ChannelId, Thread
from core.replies.chat.card import Card, Channel, Person, Word
from core.replies.chat.words import ELSEWHERE
from core.replies.credits import balance as credit_cards
from core.replies.credits import budgets as budget_cards
from core.replies.credits import history as history_cards
from core.replies.credits import workspace_links as link_cards
from core.replies.credits.month import ChartImage, drawn, month, table
from core.replies.generations import approval as approval_cards
from core.replies.languages.say import later, say
from core.runtime import Runtime
from core.usecases.credits import budgets, link
from core.usecases.credits.balance import balance
from core.usecases.credits.gift import gift
from core.usecases.credits.link import StillAdmin
from core.usecases.credits.statement import history, last_days
from core.usecases.requests.approve import approve, decline


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The commands as people type them on one platform, for the cards that explain them.

    Args:
        more: the words of /credits, in one line; None where a menu offers them.
        budget, limits: examples of setting them, one a line; empty where a form asks.
        unlink: the command that ends a link between workspaces.
        channel: reads the channel from a place that this platform wrote.
        has_tables: the month is shown as a table, because the platform cannot show a picture to one person alone.
    """

    more: str | None
    budget: tuple[str, ...]
    limits: tuple[str, ...]
    unlink: str
    channel: Callable[[Thread], str]
    has_tables: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The person who gives a command about credits, the place, and the platform's id of the command.

    Args:
        event: the platform's own id of the command; a redelivery has the same one.
    """

    principal: Principal
    channel: ChannelId
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The answer: a card, and where there is a chart, the chart as a picture or as a table."""

    card: Card
    picture: ChartImage | None = None
    table: tuple[tuple[str, ...], ...] = ()


class CreditService:
    """The use cases about credits, for one process.

    Args:
        still_admin: asks whether the person who made a link's code is still an admin of that workspace.
    """

    def __init__(self, runtime: Runtime, *, still_admin: StillAdmin) -> None:
        self._runtime = runtime
        self._pool = runtime.pool
        self._terms = runtime.terms
        self._labels = {name: offer.label for name, offer in runtime.terms.offers.items()}
        self._still_admin = still_admin

    async def carry_out(self, command: CreditCommand, asking: Asking, phrases: Phrases) -> Said:
        """Do what the command says; a refusal is a card as well."""
        if isinstance(command, ShowMonth):
            return await self._month(asking, phrases)
        return Said(card=await self._card(command, asking, phrases))

    async def approve(self, generation_id: UUID, *, by: Principal) -> Card:
        """Approve a waiting generation; the card is for the admin who pressed."""
        done = await run_use_case(approve(generation_id, by=by, pool=self._pool, terms=self._terms), what="approve")
        if isinstance(done, Card):
            return done
        await self._runtime.hints.hint(done.generation_id, version=done.version)
        return approval_cards.approved(credits_held=done.credits_held, credits_left=done.credits_left)

    async def decline(self, generation_id: UUID, *, by: Principal) -> Card:
        """End a waiting generation; the card is for the admin who pressed."""
        done = await run_use_case(decline(generation_id, by=by, pool=self._pool, terms=self._terms), what="decline")
        if isinstance(done, Card):
            return done
        await self._runtime.hints.hint(done.id, version=done.version)
        return approval_cards.declined()

    async def limits(self, asking: Asking) -> TeamLimits | Card:
        """The limits besides budgets, to fill a form in with them."""
        found = budgets.limits(asking.principal, None, pool=self._pool, terms=self._terms)
        return await run_use_case(found, what="limits")

    @property
    def topup_url(self) -> str | None:
        """The address where an admin adds credits."""
        return self._runtime.settings.topup_url

    async def _card(self, command: CreditCommand, asking: Asking, phrases: Phrases) -> Card:
        match command:
            case SetBudget():
                return await run_use_case(self._set_budget(command, asking), what="budget")
            case SetLimits():
                return await run_use_case(self._limits(command, asking, phrases), what="limits")
            case Give():
                return await run_use_case(self._gift(command, asking), what="gift")
            case ShowCode() | Join() | Part():
                return await run_use_case(self._linking(command, asking, phrases), what="link")
            case _:
                return await run_use_case(self._shown(command, asking, phrases), what="credits")

    async def _shown(
        self,
        command: ShowBalance | ShowHistory | ShowMonth | ShowBudgets | ShowLimits,
        asking: Asking,
        phrases: Phrases,
    ) -> Card:
        match command:
            case ShowBalance():
                return await self._balance(asking, phrases)
            case ShowHistory(before):
                return await self._history(asking, before)
            case ShowMonth():
                return (await self._month(asking, phrases)).card
            case ShowBudgets():
                return await self._budgets(asking, phrases)
            case ShowLimits():
                return await self._limits(None, asking, phrases)
            case _:
                assert_never(command)

    async def _balance(self, asking: Asking, phrases: Phrases) -> Card:
        found = await balance(asking.principal, channel=asking.channel, pool=self._pool, terms=self._terms)
        return credit_cards.balance(
            found,
            reader=asking.principal,
            prices=self._terms.tier_prices(),
            topup_url=self.topup_url,
            more=phrases.more,
        )

    async def _history(self, asking: Asking, before: int | None) -> Card:
        page = await history(asking.principal, before=before, pool=self._pool, terms=self._terms)
        return history_cards.history(page, reader=asking.principal, labels=self._labels)

    async def _month(self, asking: Asking, phrases: Phrases) -> Said:
        found = await run_use_case(last_days(asking.principal, pool=self._pool, terms=self._terms), what="credits")
        if isinstance(found, Card):
            return Said(card=found)
        if phrases.has_tables:
            return Said(card=month(found), table=table(found))
        return Said(card=month(found), picture=await asyncio.to_thread(drawn, found))

    async def _budgets(self, asking: Asking, phrases: Phrases) -> Card:
        found = await budgets.overview(asking.principal, pool=self._pool, terms=self._terms)
        return budget_cards.overview(found.budgets, people=found.people, reader=asking.principal, usage=phrases.budget)

    async def _set_budget(self, command: SetBudget, asking: Asking) -> Card:
        budget = await budgets.set_budget(asking.principal, command, pool=self._pool, terms=self._terms)
        return budget_cards.changed(budget, whose=_named(command.whose), period=command.period)

    async def _limits(self, command: SetLimits | None, asking: Asking, phrases: Phrases) -> Card:
        found = await budgets.limits(asking.principal, command, pool=self._pool, terms=self._terms)
        alerts_in = _alerts_in(found, reader=asking.principal, phrases=phrases)
        if command is None:
            return budget_cards.limits(found, alerts_in=alerts_in, usage=phrases.limits)
        return budget_cards.limits(found, alerts_in=alerts_in, title=say("The limits are set"))

    async def _gift(self, command: Give, asking: Asking) -> Card:
        giver = await gift(asking.principal, command, event=asking.event, pool=self._pool, terms=self._terms)
        return budget_cards.given(command.amount, giver=Person(giver), receiver=Person(command.receiver))

    async def _linking(self, command: ShowCode | Join | Part, asking: Asking, phrases: Phrases) -> Card:
        match command:
            case ShowCode():
                made = await link.code(asking.principal, pool=self._pool, terms=self._terms)
                return link_cards.code(made)
            case Join(code):
                redeemed = await link.join(
                    asking.principal, code, still_admin=self._still_admin, pool=self._pool, terms=self._terms
                )
                return link_cards.joined(moved=redeemed.moved, unlink=phrases.unlink)
            case Part():
                await link.part(asking.principal, pool=self._pool, terms=self._terms)
                return link_cards.parted()
            case _:
                assert_never(command)


_WHOSE = {
    BudgetScope.TEAM: later("Your team"),
    BudgetScope.MEMBER: later("Each member"),
    BudgetScope.CHANNEL: later("Each channel"),
}


def _named(whose: Whose) -> tuple[Word, ...]:
    if whose.user is not None:
        return (Person(whose.user),)
    if whose.channel is not None:
        return (Channel(whose.channel),)
    return (say(_WHOSE[whose.scope]),)


def _alerts_in(found: TeamLimits, *, reader: Principal, phrases: Phrases) -> Word | None:
    """The name of the alerts' channel, for a reader on another platform, which may not know that channel."""
    if found.alert_channel is None:
        return None
    if (found.alert_platform, found.alert_installation) == (reader.platform, reader.installation):
        return Channel(phrases.channel(Thread(found.alert_channel)))
    return say(ELSEWHERE)
