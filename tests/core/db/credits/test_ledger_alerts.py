"""Alerts are given once each: at 80 % of a budget, and when the balance is low."""

import asyncio
from uuid import uuid4

import asyncpg

from core.db.credits import budgets, ledger
from core.domain.credits.money import AlertKind, MoneyStatus
from core.domain.ids import ChannelId, Installation, PlatformName

OK = MoneyStatus.OK


async def test_alerts_are_given_once_each_at_eighty_percent_and_when_the_balance_is_low(bank):
    await bank.at("2026-01-10T00:00")
    await bank.open(1000)

    async def due() -> list[tuple[AlertKind, str | None, int | None]]:
        found = await budgets.due_alerts(bank.conn, team_id=bank.team)
        return [(one.kind, one.subject, one.spent) for one in found]

    async def listen(channel: str | None) -> None:
        await budgets.set_alerts(
            bank.conn,
            team_id=bank.team,
            low_balance=300,
            platform=PlatformName("test"),
            installation=Installation("T"),
            channel=ChannelId(channel) if channel else None,
        )

    await bank.budget("member", bank.ana, "month", 100)
    await bank.hold(79)
    await listen("money")
    assert await due() == []
    key = await bank.hold(1)
    await listen(None)
    assert await due() == [], "nobody would hear it"
    await listen("money")
    assert await due() == [(AlertKind.BUDGET, str(bank.ana), 80)]
    assert await due() == []
    await bank.settle(key, 0)
    await bank.hold(10)
    assert await due() == [], "once in this month"
    await bank.at("2026-02-01T00:00")
    await bank.hold(95)
    assert await due() == [(AlertKind.BUDGET, str(bank.ana), 95)]
    await bank.hold(515, member=None)
    assert await bank.left() == 301
    assert await due() == []
    await bank.hold(2, member=None)
    [low] = await budgets.due_alerts(bank.conn, team_id=bank.team)
    assert (low.kind, low.cap, low.balance, low.channel) == (AlertKind.LOW_BALANCE, 300, 299, "money")
    await bank.hold(1, member=None)
    assert await due() == []
    await bank.grant(100)
    await bank.hold(200, member=None)
    assert await due() == [(AlertKind.LOW_BALANCE, None, None)]
    limits = await budgets.limits(bank.conn, team_id=bank.team)
    assert (limits.low_balance, limits.alert_channel, limits.approval_above) == (300, "money", None)


async def test_asking_for_alerts_and_spending_in_one_transaction_does_not_deadlock(bank, database):
    await bank.open(100)
    await bank.budget("team", "", "month", 50)
    await bank.hold(45)
    await budgets.set_alerts(
        bank.conn,
        team_id=bank.team,
        low_balance=0,
        platform=PlatformName("test"),
        installation=Installation("T"),
        channel=ChannelId("money"),
    )
    other = await asyncpg.connect(database)
    try:
        async with bank.conn.transaction():
            assert len(await budgets.due_alerts(bank.conn, team_id=bank.team)) == 1
            ask = {"team_id": bank.team, "key": uuid4(), "amount": 1, "member": None, "channel": None}
            waiting = asyncio.create_task(ledger.consume(other, **ask))
            await bank.until_blocked(bank.conn)
            await bank.hold(1)
        assert (await waiting).status is OK
    finally:
        await other.close()
    await bank.assert_clean()


async def test_an_alert_is_given_to_one_of_many_who_ask_at_once(bank):
    await bank.open(100)
    await budgets.set_alerts(
        bank.conn,
        team_id=bank.team,
        low_balance=200,
        platform=PlatformName("test"),
        installation=Installation("T"),
        channel=ChannelId("money"),
    )

    async def ask() -> int:
        async with bank.pool.acquire() as conn:
            return len(await budgets.due_alerts(conn, team_id=bank.team))

    assert sum(await asyncio.gather(*(ask() for _ in range(20)))) == 1
