"""Asking for a video: priced, paid and written down together, and once however often it is delivered."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from core.db.credits import budgets, ledger
from core.db.errors import DatabaseAway
from core.db.generations import claims
from core.db.people import teams
from core.db.pool import Pool, open_pool
from core.domain.credits.money import BudgetPeriod, BudgetScope, Funds, Membership
from core.domain.errors import Refused
from core.domain.generations.generation import State
from core.domain.ids import Thread, UserId
from core.domain.requests.refusals import (
    DurationOutOfRange,
    Insufficient,
    NoProvider,
    OverBudget,
    PromptMissing,
    TeamFrozen,
)
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import WAN, TierName
from core.usecases.requests.submit import Submitted, VideoCommand, submit
from tests.core.terms import offers, terms

Ask = Callable[..., VideoCommand]
FREE = 1000


async def _submit(asked: VideoCommand, house: Pool, *, free: int = FREE, **changed: object) -> Submitted:
    return await submit(asked, pool=house, terms=terms(free_credits=free, **changed), owner="bot")


async def _membership(house: Pool, asked: VideoCommand) -> Membership:
    async with house.acquire() as conn:
        return await teams.ensure(
            conn, platform=asked.platform, installation=asked.installation, user=asked.user, free_credits=FREE
        )


async def _funds(house: Pool, asked: VideoCommand) -> Funds:
    team = (await _membership(house, asked)).team_id
    async with house.acquire() as conn:
        return await ledger.balance(conn, team_id=team)


async def _count(house: Pool, table: str) -> int:
    counted: int = await house.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - the tests' own words
    return counted


async def test_credits_generation_and_messages_are_written_together(house: Pool, asked: Ask) -> None:
    order = asked("  a red\nfox ")
    submitted = await _submit(order, house)
    quote = terms().quote(order.request)
    assert submitted.credits_held == quote.credits
    async with house.acquire() as conn:
        row = await claims.load(conn, submitted.generation_id)
    assert row is not None
    assert (row.state, row.consumed, row.request.prompt) == (State.QUEUED, quote.credits, "a red fox")
    assert (row.chain, row.prices) == (terms().chain(TierName.DEFAULT), dict(quote.by_provider))
    funds = await _funds(house, order)
    assert (funds.balance, funds.held) == (FREE - quote.credits, quote.credits)
    kinds = await house.fetch("SELECT kind, lease_owner FROM deliveries ORDER BY kind")
    assert [tuple(kind) for kind in kinds] == [("progress", None), ("root", "bot")]


async def test_the_root_message_is_the_bots_to_post_for_a_while(house: Pool, asked: Ask) -> None:
    submitted = await _submit(asked(), house)
    assert submitted.root is not None
    assert submitted.root is not None
    assert await house.fetchval("SELECT wake_at > nd_now() + interval '2 s' FROM deliveries WHERE kind = 'root'")


async def test_the_same_event_again_finds_its_generation_and_takes_nothing(house: Pool, asked: Ask) -> None:
    first = await _submit(asked(), house)
    again = await _submit(asked("another text entirely"), house, credits_per_usd=900)
    assert again.root is None
    assert (again.generation_id, again.credits_held) == (first.generation_id, first.credits_held)
    assert again.request.prompt == "a red fox"
    assert (await _funds(house, asked())).balance == FREE - first.credits_held
    assert await _count(house, "generations") == 1


async def test_twenty_deliveries_at_once_make_one_generation_and_one_charge(house: Pool, asked: Ask) -> None:
    await _membership(house, asked())  # a team that is known makes nobody wait before the ledger does
    all_of_them = await asyncio.gather(*(_submit(asked(), house) for _ in range(20)))
    assert len({each.generation_id for each in all_of_them}) == 1
    assert sum(each.root is not None for each in all_of_them) == 1
    assert await _count(house, "generations") == await _count(house, "entry WHERE kind = 'consume'") == 1
    assert (await _funds(house, asked())).balance == FREE - all_of_them[0].credits_held


async def test_racing_orders_cannot_spend_the_same_credits(house: Pool, asked: Ask) -> None:
    price = terms().quote(asked().request).credits
    orders = [_submit(asked(event=f"event-{n}"), house, free=price * 2) for n in range(6)]
    outcomes = await asyncio.gather(*orders, return_exceptions=True)
    assert sum(isinstance(outcome, Submitted) for outcome in outcomes) == 2
    assert sum(isinstance(outcome, Insufficient) for outcome in outcomes) == 4


async def test_what_cannot_be_written_down_is_not_charged(house: Pool, asked: Ask) -> None:
    with pytest.raises(Exception, match="Unicode"):
        await _submit(asked(place=Thread("\x00")), house)
    assert (await _funds(house, asked())).balance == FREE
    assert await _count(house, "generations") == 0


async def test_too_few_credits_say_what_is_there_and_what_it_is_enough_for(house: Pool, asked: Ask) -> None:
    prices = terms().tier_prices()
    free = prices[TierName.STANDARD]
    with pytest.raises(Insufficient) as refusal:
        await _submit(asked(), house, free=free)
    assert (refusal.value.needed, refusal.value.balance) == (prices[TierName.DEFAULT], free)
    assert refusal.value.affordable == (("standard", prices[TierName.STANDARD]), ("draft", prices[TierName.DRAFT]))
    assert await _count(house, "generations") == 0


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        (VideoRequest(prompt="  "), PromptMissing),
        (VideoRequest(prompt="a fox", duration_s=99), DurationOutOfRange),
    ],
)
async def test_what_cannot_be_made_is_refused_before_anything_is_asked(
    house: Pool, asked: Ask, request_: VideoRequest, refusal: type[Refused]
) -> None:
    with pytest.raises(refusal):
        await _submit(asked(request=request_), house)
    assert await _count(house, "team") == 0


async def test_a_tier_without_a_provider_is_refused(house: Pool, asked: Ask) -> None:
    order = asked(request=VideoRequest(prompt="a fox", tier=TierName.ULTRA))
    with pytest.raises(NoProvider):
        await _submit(order, house, offers={WAN: offers()[WAN]})


async def test_a_budget_is_a_no_with_its_owner(house: Pool, asked: Ask) -> None:
    member = await _membership(house, asked())
    async with house.acquire() as conn:
        await budgets.set_budget(
            conn,
            team_id=member.team_id,
            scope=BudgetScope.MEMBER,
            subject=str(member.member_id),
            cap=10,
            period=BudgetPeriod.MONTH,
        )
    with pytest.raises(OverBudget) as refusal:
        await _submit(asked(), house)
    assert refusal.value.whose == "member"
    assert await _count(house, "generations") == 0
    await _submit(asked(user=UserId("ben")), house)


async def test_a_frozen_team_spends_nothing(house: Pool, asked: Ask) -> None:
    member = await _membership(house, asked())
    async with house.acquire() as conn:
        await budgets.freeze(conn, team_id=member.team_id)
    with pytest.raises(TeamFrozen):
        await _submit(asked(), house)


async def test_without_postgres_nothing_is_taken_and_that_is_known(asked: Ask) -> None:
    async with open_pool("postgresql://nobody@127.0.0.1:1/nothing", size_max=1) as nowhere:
        with pytest.raises(DatabaseAway) as away:
            await _submit(asked(), nowhere)
    assert not away.value.unclear


RUDE = {
    "a \ud800 fox": "a fox", "a fox\0": "a fox", "a \u202efox\u202c": "a fox", "a\u2028fox": "a fox",
    "a \x9b2J fox": "a 2J fox",
    "\u3164": None, "\ud800\udfff"[::-1]: None, "\0": None, "\u200d": None, "fox\U000e0041\U000e0042": "fox",
}  # fmt: skip


@pytest.mark.parametrize("typed", RUDE, ids=ascii)
async def test_nothing_that_a_person_types_is_our_fault(typed: str, house: Pool, asked: Ask) -> None:
    """It goes through the real database, which stores no half characters and no NUL."""
    if RUDE[typed] is None:
        with pytest.raises(PromptMissing):
            await _submit(asked(typed), house)
        return
    order = asked(typed)
    submitted = await _submit(replace(order, request=replace(order.request, negative=typed)), house)
    async with house.acquire() as conn:
        row = await claims.load(conn, submitted.generation_id)
    assert row is not None
    assert (row.request.prompt, row.request.negative) == (RUDE[typed], RUDE[typed])
