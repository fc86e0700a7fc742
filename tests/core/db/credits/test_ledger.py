"""Consume, settle, refund, grant: what each answers and what it moves."""

from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import uuid4

import asyncpg
import pytest

from core.db.credits import budgets, ledger
from core.domain.credits.money import MoneyStatus, Moved, Returned
from core.domain.ids import MemberId, TeamId

NOBODY = TeamId(999_999)


async def test_a_consume_takes_and_holds(bank):
    await bank.open(100)
    assert await bank.consume(30) == Moved(status=MoneyStatus.OK, balance=70, held=30)
    assert await bank.entries() == [("grant", 100, 0), ("consume", -30, 30)]
    await bank.assert_clean()


async def test_a_replayed_consume_answers_as_before_and_moves_nothing(bank):
    await bank.open(100)
    key = uuid4()
    first = await bank.consume(30, key)
    await bank.consume(50)
    again = await bank.consume(30, key)
    assert (again.status, again.balance, again.held) == (MoneyStatus.REPLAYED, first.balance, first.held)
    assert await bank.left() == 20
    await bank.assert_clean()


async def test_a_replay_is_answered_even_when_it_could_not_be_afforded_again(bank):
    await bank.open(30)
    key = uuid4()
    await bank.consume(30, key)
    await budgets.freeze(bank.conn, team_id=bank.team)
    assert (await bank.consume(30, key)).status is MoneyStatus.REPLAYED


@pytest.mark.parametrize("other", ["amount", "member", "channel", "team"])
async def test_a_key_with_other_values_is_a_conflict_and_moves_nothing(bank, other):
    await bank.open(100)
    key = uuid4()
    await bank.consume(30, key)
    changed = {"member": bank.ben} if other == "member" else {"channel": "random"} if other == "channel" else {}
    if other == "team":
        await bank.open(100)
        changed = {"member": None}
    before = await bank.left()
    answer = await bank.consume(31 if other == "amount" else 30, key, **changed)
    assert (answer.status, answer.balance) == (MoneyStatus.KEY_CONFLICT, before)
    assert await bank.left() == before
    await bank.assert_clean()


@pytest.mark.parametrize("credits_left", [0, 29])
async def test_a_taken_key_brings_nothing_to_a_team_that_could_not_pay_for_it(bank, credits_left):
    await bank.open(100)
    key = await bank.hold(30)
    await bank.open(credits_left)
    answer = await bank.consume(30, key, member=None)
    assert (answer.status, answer.balance, answer.held) == (MoneyStatus.KEY_CONFLICT, credits_left, 0)
    assert (await bank.left(), await bank.held()) == (credits_left, 0)
    await bank.assert_clean()


async def test_a_grants_key_cannot_be_consumed_with(bank):
    await bank.open()
    key = uuid4()
    await bank.grant(100, key)
    assert (await bank.consume(100, key)).status is MoneyStatus.KEY_CONFLICT
    assert (await bank.settle(key, 0)).status is MoneyStatus.UNKNOWN_HOLD


async def test_more_than_the_balance_is_refused_and_the_same_key_works_after_a_grant(bank):
    await bank.open(20)
    key = uuid4()
    assert await bank.consume(21, key) == Moved(status=MoneyStatus.INSUFFICIENT, balance=20, held=0)
    await bank.grant(1)
    assert await bank.consume(21, key) == Moved(status=MoneyStatus.OK, balance=0, held=21)
    await bank.assert_clean()


async def test_a_team_that_does_not_exist_is_unknown_to_every_movement(bank):
    await bank.open()
    for answer in (await bank.consume(1, team_id=NOBODY), await bank.grant(1, team_id=NOBODY)):
        assert answer == Moved(status=MoneyStatus.UNKNOWN_TEAM, balance=0, held=0)
    with pytest.raises(LookupError):
        await ledger.balance(bank.conn, team_id=NOBODY)
    assert not await budgets.freeze(bank.conn, team_id=NOBODY)


async def test_a_frozen_team_spends_nothing_but_settles_and_receives(bank):
    await bank.open(100)
    key = await bank.hold(40)
    assert await budgets.freeze(bank.conn, team_id=bank.team)
    assert await bank.consume(1) == Moved(status=MoneyStatus.FROZEN, balance=60, held=40)
    assert (await ledger.balance(bank.conn, team_id=bank.team)).frozen
    assert (await bank.settle(key, 10)).status is MoneyStatus.OK
    assert (await bank.grant(5)).balance == 95
    await budgets.thaw(bank.conn, team_id=bank.team)
    assert (await bank.consume(95)).balance == 0


async def test_a_dear_generation_asks_an_admin_and_the_ledger_names_who_let_it_go(bank):
    await bank.open(100)
    await budgets.set_approval(bank.conn, team_id=bank.team, above=50)
    key = uuid4()
    assert (await bank.consume(50)).status is MoneyStatus.OK
    assert await bank.consume(51, key) == Moved(status=MoneyStatus.INSUFFICIENT, balance=50, held=50)
    await bank.grant(50)
    assert await bank.consume(51, key) == Moved(status=MoneyStatus.NEEDS_APPROVAL, balance=100, held=50)
    ask = {"team_id": bank.team, "key": key, "amount": 51, "member": bank.ana, "channel": "general"}
    assert (await ledger.consume_approved(bank.conn, approver=bank.ben, **ask)).balance == 49
    assert await bank.conn.fetchval("SELECT actor_id FROM entry WHERE key = $1", key) == bank.ben
    assert (await ledger.consume_approved(bank.conn, approver=bank.ben, **ask)).status is MoneyStatus.REPLAYED
    assert (await bank.consume(51, key)).status is MoneyStatus.REPLAYED
    await bank.assert_clean()
    await budgets.set_approval(bank.conn, team_id=bank.team, above=None)
    await bank.grant(100)
    assert (await bank.consume(149)).status is MoneyStatus.OK


async def test_a_settlement_keeps_the_price_and_gives_the_rest_back(bank):
    await bank.open(100)
    key = await bank.hold(60)
    assert await bank.settle(key, 45) == Returned(status=MoneyStatus.OK, balance=55, held=0, given_back=15)
    assert (await bank.entries())[-1] == ("settle", 15, -60)
    await bank.assert_clean()


@pytest.mark.parametrize(("actual", "left"), [(0, 100), (60, 40)])
async def test_a_settlement_may_give_back_all_or_nothing(bank, actual, left):
    await bank.open(100)
    key = await bank.hold(60)
    assert await bank.settle(key, actual) == Returned(
        status=MoneyStatus.OK, balance=left, held=0, given_back=60 - actual
    )
    await bank.assert_clean()


async def test_a_second_settlement_moves_nothing(bank):
    await bank.open(100)
    key = await bank.hold(60)
    first = await bank.settle(key, 45)
    await bank.consume(5)
    again = await bank.settle(key, 45)
    assert (again.status, again.balance, again.given_back) == (MoneyStatus.REPLAYED, first.balance, 15)
    assert (await bank.settle(key, 44)).status is MoneyStatus.ALREADY_SETTLED
    assert await bank.left() == 50
    await bank.assert_clean()


async def test_a_settlement_of_nothing_or_of_too_much_is_refused(bank):
    await bank.open(100)
    key = await bank.hold(60)
    assert await bank.settle(key, 61) == Returned(status=MoneyStatus.EXCEEDS_HOLD, balance=40, held=60, given_back=0)
    assert await bank.settle(uuid4(), 0) == Returned(status=MoneyStatus.UNKNOWN_HOLD, balance=0, held=0, given_back=0)


async def test_corrections_give_back_what_was_kept_and_never_more(bank):
    await bank.open(100)
    key = await bank.hold(60)

    async def refund(n: int, amount: int) -> MoneyStatus:
        return (await ledger.refund(bank.conn, key=key, n=n, amount=amount, actor=bank.ben, note="file lost")).status

    assert await refund(1, 10) is MoneyStatus.NOT_SETTLED
    await bank.settle(key, 45)
    assert await refund(1, 20) is MoneyStatus.OK
    assert await refund(1, 20) is MoneyStatus.REPLAYED
    assert await refund(1, 21) is MoneyStatus.KEY_CONFLICT
    assert await refund(3, 26) is MoneyStatus.EXCEEDS_KEPT
    assert await refund(3, 25) is MoneyStatus.OK
    assert await refund(4, 1) is MoneyStatus.EXCEEDS_KEPT
    assert await bank.left() == 100
    assert [kind for kind, _, _ in await bank.entries()] == ["grant", "consume", "settle", "refund", "refund"]
    missing = await ledger.refund(bank.conn, key=uuid4(), n=1, amount=1)
    assert missing.status is MoneyStatus.UNKNOWN_HOLD
    await bank.assert_clean()


async def test_a_grant_counts_once_for_its_key(bank):
    await bank.open()
    key, soon = uuid4(), datetime.now(UTC) + timedelta(days=1)
    assert (await bank.grant(50, key, expires_at=soon)).balance == 50
    await bank.consume(10)
    again = await bank.grant(50, key, expires_at=soon)
    assert (again.status, again.balance) == (MoneyStatus.REPLAYED, 50)
    for changed in ({"amount": 51}, {"expires_at": None}, {"source": "shop"}, {"priority": 5}):
        ask = {"amount": 50, "expires_at": soon} | changed
        assert (await bank.grant(ask.pop("amount"), key, **ask)).status is MoneyStatus.KEY_CONFLICT
    assert await bank.left() == 40
    await bank.assert_clean()


async def test_a_grant_that_would_have_lapsed_is_refused(bank):
    await bank.open(1)
    past = datetime.now(UTC) - timedelta(seconds=1)
    assert (await bank.grant(50, expires_at=past)).status is MoneyStatus.EXPIRED
    assert await bank.left() == 1


@pytest.mark.parametrize("amount", [0, -1, None])
async def test_misuse_is_an_exception_of_our_own_and_the_connection_stays_usable(bank, amount):
    await bank.open(10)
    key = await bank.hold(1)
    for call in (
        lambda: bank.consume(amount),
        lambda: bank.grant(amount),
        lambda: bank.settle(key, -1 if amount == 0 else amount),
        lambda: ledger.refund(bank.conn, key=key, n=1, amount=amount),
        lambda: ledger.consume_approved(
            bank.conn,
            team_id=bank.team,
            key=key,
            amount=1,
            member=None,
            channel=None,
            approver=cast("MemberId", None),
        ),
    ):
        with pytest.raises(asyncpg.PostgresError) as error:
            await call()
        assert error.value.sqlstate == "ND001"
    assert await bank.left() == 9


async def test_a_consume_needs_neither_member_nor_channel(bank):
    await bank.open(10)
    assert (await bank.consume(1, member=None, channel=None)).status is MoneyStatus.OK
    await bank.assert_clean()


async def test_what_spans_lots_goes_back_last_drawn_first(bank):
    await bank.open()
    for amount, priority in ((10, 1), (20, 2), (30, 3)):
        await bank.grant(amount, priority=priority)
    key = await bank.hold(45)
    drawn = await bank.conn.fetch("SELECT amount FROM draw WHERE team_id = $1 ORDER BY n", bank.team)
    assert [row["amount"] for row in drawn] == [10, 20, 15]
    await bank.settle(key, 25)  # 15 to the third, 5 to the second
    await ledger.refund(bank.conn, key=key, n=1, amount=18)  # 15 to the second, 3 to the first
    await bank.assert_clean()
    assert await _lots(bank) == [3, 20, 30]


async def test_a_lot_that_is_burned_sooner_comes_first_from_its_grant_on(bank):
    await bank.open(50, priority=100)
    await bank.consume(10)
    await bank.grant(50, priority=10)
    await bank.consume(30)
    assert await _lots(bank) == [20, 40]
    await bank.assert_clean()


async def test_balances_hold_more_than_32_bits(bank):
    await bank.open(10**15)
    assert (await bank.consume(10**15 - 1, member=MemberId(2**40))).balance == 1
    await bank.assert_clean()


async def _lots(bank) -> list[int]:
    """What each lot holds, in burn order, the one in hand included."""
    rows = await bank.conn.fetch(
        """SELECT l.remaining + CASE WHEN w.lot_id = l.id THEN w.lot_left ELSE 0 END AS holds
             FROM lot l JOIN wallet w USING (team_id) WHERE team_id = $1 ORDER BY l.priority, l.expires_at, l.id""",
        bank.team,
    )
    return [row["holds"] for row in rows]
