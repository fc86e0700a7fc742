"""Budgets are decided in the consume, counted once, and given back to the period they were spent in."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from core.db.credits import budgets, ledger
from core.db.credits.budgets import EVERYBODY
from core.domain.credits.money import MoneyStatus

OK, REPLAYED = MoneyStatus.OK, MoneyStatus.REPLAYED
OVER_MEMBER = MoneyStatus.OVER_MEMBER_BUDGET


async def _spent(bank) -> dict[tuple[str, str], tuple[int, int]]:
    """{(subject, period): (spent, cap)}."""
    found = await budgets.budgets(bank.conn, team_id=bank.team)
    return {(one.subject, str(one.period)): (one.spent, one.cap) for one in found}


@pytest.mark.parametrize(
    ("scope", "subject", "status"),
    [
        ("member", "ana", MoneyStatus.OVER_MEMBER_BUDGET),
        ("member", EVERYBODY, MoneyStatus.OVER_MEMBER_BUDGET),
        ("channel", "general", MoneyStatus.OVER_CHANNEL_BUDGET),
        ("channel", EVERYBODY, MoneyStatus.OVER_CHANNEL_BUDGET),
        ("team", "", MoneyStatus.OVER_TEAM_BUDGET),
    ],
)
@pytest.mark.parametrize("period", ["day", "month"])
async def test_a_budget_bounds_what_it_is_about_to_the_credit(bank, scope, subject, status, period):
    await bank.open(1000)
    assert await bank.budget(scope, bank.ana if subject == "ana" else subject, period, 100) is OK
    assert (await bank.consume(60)).status is OK
    assert (await bank.consume(41)).status is status
    assert (await bank.consume(40)).status is OK
    assert (await bank.consume(1)).status is status
    other = await bank.consume(50, member=bank.ben, channel="random")
    assert other.status is (status if scope == "team" else OK)
    await bank.assert_clean()


async def test_a_refusal_names_the_nearest_budget_and_moves_nothing(bank):
    await bank.open(10)
    await bank.budget("team", "", "month", 5)
    await bank.budget("channel", "general", "month", 5)
    await bank.budget("member", bank.ana, "day", 5)
    for expected, gone in (
        (MoneyStatus.OVER_MEMBER_BUDGET, ("member", bank.ana, "day")),
        (MoneyStatus.OVER_CHANNEL_BUDGET, ("channel", "general", "month")),
        (MoneyStatus.OVER_TEAM_BUDGET, ("team", "", "month")),
    ):
        answer = await bank.consume(6)
        assert (answer.status, answer.balance, answer.held) == (expected, 10, 0)
        await bank.budget(*gone, None)
    assert (await bank.consume(6)).status is OK
    assert await _spent(bank) == {}
    await bank.assert_clean()


async def test_a_replay_is_not_refused_by_the_budget_it_counted_against(bank):
    await bank.open(100)
    await bank.budget("member", bank.ana, "month", 10)
    key = uuid4()
    assert (await bank.consume(10, key)).status is OK
    assert (await bank.consume(10, key)).status is REPLAYED
    assert await _spent(bank) == {(str(bank.ana), "month"): (10, 10)}


async def test_a_new_budget_counts_what_the_month_already_spent(bank):
    await bank.at("2026-01-31T20:00")
    await bank.open(1000)
    await bank.hold(500)
    await bank.at("2026-02-01T08:00")
    await bank.settle(await bank.hold(50), 30)
    await bank.hold(15, member=bank.ben)
    await bank.hold(5, channel="random")
    await bank.at("2026-02-02T08:00")
    await bank.hold(1)
    await bank.budget("member", bank.ana, "month", 100)
    await bank.budget("member", bank.ana, "day", 100)
    await bank.budget("channel", "random", "month", 100)
    await bank.budget("team", "", "month", 100)
    assert await _spent(bank) == {
        (str(bank.ana), "month"): (36, 100),
        (str(bank.ana), "day"): (1, 100),
        ("random", "month"): (5, 100),
        ("", "month"): (51, 100),
    }
    await bank.assert_clean()


async def test_what_comes_back_is_given_back_to_the_month_it_was_spent_in_only(bank):
    await bank.at("2026-01-31T20:00")
    await bank.open(1000)
    await bank.budget("member", bank.ana, "month", 100)
    await bank.budget("team", "", "day", 100)
    january = await bank.hold(90)
    await bank.settle(january, 80)
    assert (await _spent(bank))[str(bank.ana), "month"] == (80, 100)
    await bank.at("2026-02-01T08:00")
    assert (await _spent(bank))[str(bank.ana), "month"] == (0, 100)
    february = await bank.hold(30)
    await ledger.refund(bank.conn, key=january, n=1, amount=80)
    assert (await _spent(bank))[str(bank.ana), "month"] == (30, 100)
    await bank.settle(february, 10)
    await ledger.refund(bank.conn, key=february, n=1, amount=4)
    assert await _spent(bank) == {(str(bank.ana), "month"): (6, 100), ("", "day"): (6, 100)}
    await bank.assert_clean()


async def test_a_new_day_and_a_new_month_begin_at_midnight_utc(bank):
    await bank.conn.execute("SET timezone = 'Asia/Tokyo'")
    await bank.at("2026-01-31T23:59:59")
    await bank.open(1000)
    await bank.budget("member", bank.ana, "day", 10)
    await bank.budget("member", bank.ana, "month", 15)
    await bank.hold(10)
    assert (await bank.consume(1)).status is OVER_MEMBER
    await bank.at("2026-02-01T00:00")
    await bank.hold(10)
    await bank.at("2026-02-02T00:00")
    assert (await bank.consume(6)).status is OVER_MEMBER
    await bank.hold(5)
    await bank.assert_clean()


async def test_everybodys_budget_is_each_members_own_and_their_own_wins(bank):
    await bank.open(1000)
    await bank.hold(7)
    await bank.budget("member", EVERYBODY, "month", 20)
    await bank.budget("member", bank.ben, "month", 50)
    assert (await bank.consume(14)).status is OVER_MEMBER, "seven were spent before"
    assert (await bank.consume(13)).status is OK
    assert (await bank.consume(50, member=bank.ben)).status is OK
    mine = await budgets.budgets(bank.conn, team_id=bank.team, member=bank.ana)
    assert [(one.subject, one.cap, one.spent, one.left) for one in mine] == [(str(bank.ana), 20, 20, 0)]
    cy = (await bank.member("cy")).member_id
    theirs = await budgets.budgets(bank.conn, team_id=bank.team, member=cy, channel="general")
    assert [(one.subject, one.cap, one.spent) for one in theirs] == [(str(cy), 20, 0)]
    await bank.budget("member", bank.ben, "month", None)
    assert (await bank.consume(1, member=bank.ben)).status is OVER_MEMBER, "back to everybody's"
    await bank.budget("member", EVERYBODY, "month", None)
    assert (await bank.consume(100)).status is OK
    await bank.assert_clean()


async def test_a_cap_may_be_zero_and_may_change(bank):
    await bank.open(100)
    await bank.budget("channel", "general", "month", 0)
    assert (await bank.consume(1)).status is MoneyStatus.OVER_CHANNEL_BUDGET
    await bank.budget("channel", "general", "month", 5)
    await bank.hold(5)
    await bank.budget("channel", "general", "month", 3)
    assert (await _spent(bank))["general", "month"] == (5, 3)
    listed = await budgets.budgets(bank.conn, team_id=bank.team)
    assert listed[0].left == 0


@pytest.mark.parametrize(
    ("scope", "subject", "cap"), [("member", "ana", 1), ("channel", "", 1), ("team", "x", 1), ("team", "", -1)]
)
async def test_a_budget_of_nothing_is_misuse(bank, scope, subject, cap):
    await bank.open()
    with pytest.raises(asyncpg.PostgresError) as error:
        await bank.budget(scope, subject, "month", cap)
    assert error.value.sqlstate == "ND001"


async def test_racing_consumes_never_overrun_a_budget(bank):
    await bank.open(1000)
    await bank.budget("member", bank.ana, "month", 50)
    await bank.budget("team", "", "day", 70)

    async def one(member) -> MoneyStatus:
        async with bank.pool.acquire() as conn:
            return (
                await ledger.consume(conn, team_id=bank.team, key=uuid4(), amount=5, member=member, channel="x")
            ).status

    answers = await asyncio.gather(*(one(member) for member in [bank.ana, bank.ben] * 20))
    assert answers[::2].count(OK) <= 10
    assert answers.count(OK) == 14
    await bank.assert_clean()


async def test_a_gift_moves_what_is_left_of_one_members_month_to_another(bank):
    await bank.at("2026-01-10T00:00")
    await bank.open(1000)
    key = uuid4()

    async def give(amount: int, **more) -> MoneyStatus:
        ask = {"key": key, "giver": bank.ana, "receiver": bank.ben, "amount": amount} | more
        return await budgets.gift(bank.conn, team_id=bank.team, actor=bank.ana, **ask)

    assert await give(30) is MoneyStatus.NO_BUDGET
    await bank.budget("member", EVERYBODY, "month", 100)
    await bank.hold(60)
    assert await give(41) is MoneyStatus.EXCEEDS_BUDGET
    assert await give(30) is OK
    assert await give(30) is REPLAYED
    assert await give(29) is MoneyStatus.KEY_CONFLICT
    assert await give(1, key=uuid4(), receiver=999_999) is MoneyStatus.UNKNOWN_MEMBER
    assert (await bank.consume(11)).status is OVER_MEMBER
    assert (await bank.consume(130, member=bank.ben)).status is OK
    assert (await bank.entries())[-2][0] == "gift"
    await bank.at("2026-02-01T00:00")
    assert {cap for _, cap in (await _spent(bank)).values()} == {100}, "a gift ends with its month"
    assert (await bank.consume(100)).status is OK
    await bank.assert_clean()
