"""Many at once: never below zero, once for each key, no deadlock, and nothing half done when a session dies."""

import asyncio
from collections import Counter
from uuid import uuid4

import asyncpg
import pytest

from core.db.credits import ledger
from core.domain.credits.money import MoneyStatus

CONFLICT, INSUFFICIENT, OK, REPLAYED = (
    MoneyStatus.KEY_CONFLICT,
    MoneyStatus.INSUFFICIENT,
    MoneyStatus.OK,
    MoneyStatus.REPLAYED,
)


async def test_a_thousand_consumes_of_credit_for_a_hundred_take_a_hundred(bank, database):
    await bank.open(60)
    await bank.grant(40, priority=1)
    async with asyncpg.create_pool(database, min_size=25, max_size=25) as pool:

        async def one() -> MoneyStatus:
            async with pool.acquire() as conn:
                answer = await ledger.consume(
                    conn, team_id=bank.team, key=uuid4(), amount=1, member=bank.ana, channel="x"
                )
                assert answer.balance >= 0
                return answer.status

        answers = Counter(await asyncio.gather(*(one() for _ in range(1000))))
    assert answers == {OK: 100, INSUFFICIENT: 900}
    assert await bank.left() == 0
    await bank.assert_clean()


@pytest.mark.parametrize("budgeted", [False, True])
async def test_the_same_key_from_fifty_sessions_moves_once(bank, database, budgeted):
    await bank.open(100)
    if budgeted:
        await bank.budget("team", "", "month", 100)
    key = uuid4()
    async with asyncpg.create_pool(database, min_size=50, max_size=50) as pool:

        async def one(amount: int) -> tuple[MoneyStatus, int, int]:
            async with pool.acquire() as conn:
                answer = await ledger.consume(
                    conn, team_id=bank.team, key=key, amount=amount, member=bank.ana, channel="x"
                )
                return answer.status, answer.balance, answer.held

        answers = Counter(await asyncio.gather(*(one(30) for _ in range(50))))
        assert answers == {(OK, 70, 30): 1, (REPLAYED, 70, 30): 49}
        assert Counter(await asyncio.gather(*(one(31) for _ in range(50)))) == {(CONFLICT, 70, 30): 50}
    assert len(await bank.entries()) == 2
    await bank.assert_clean()


async def test_one_key_for_two_teams_at_once_is_one_teams(bank, database):
    first = await bank.open(1000)
    second = await bank.open(1000)
    async with asyncpg.create_pool(database, min_size=8, max_size=8) as pool:

        async def one(team, key) -> MoneyStatus:
            async with pool.acquire() as conn:
                return (await ledger.consume(conn, team_id=team, key=key, amount=1, member=None, channel=None)).status

        for _ in range(25):
            key = uuid4()
            answers = await asyncio.gather(*(one(team, key) for team in [first, second] * 4))
            assert sorted(answers) == [CONFLICT] * 4 + [OK] + [REPLAYED] * 3
    assert await bank.left(first) + await bank.left(second) == 2000 - 25
    await bank.assert_clean()


async def test_a_settlement_and_its_replays_at_once_give_back_once(bank):
    await bank.open(100)
    key = await bank.hold(60)

    async def one(actual: int) -> MoneyStatus:
        async with bank.pool.acquire() as conn:
            return (await ledger.settle(conn, key=key, actual=actual)).status

    answers = Counter(await asyncio.gather(*(one(20) for _ in range(20))))
    assert answers == {OK: 1, REPLAYED: 19}
    assert await bank.left() == 80
    await bank.assert_clean()


async def test_racing_corrections_never_give_back_more_than_was_kept(bank):
    await bank.open(100)
    key = await bank.hold(60)
    await bank.settle(key, 50)

    async def one(n: int) -> MoneyStatus:
        async with bank.pool.acquire() as conn:
            return (await ledger.refund(conn, key=key, n=n, amount=15)).status

    answers = Counter(await asyncio.gather(*(one(n) for n in range(1, 21))))
    assert answers == {OK: 3, MoneyStatus.EXCEEDS_KEPT: 17}
    assert await bank.left() == 95
    await bank.assert_clean()


async def test_a_consume_that_waits_for_a_lock_decides_on_what_it_finds_then(bank, database):
    await bank.open(10)
    other = await asyncpg.connect(database)
    try:
        block = other.transaction()
        await block.start()
        ask = {"team_id": bank.team, "amount": 8, "member": None, "channel": None}
        await ledger.consume(other, key=uuid4(), **ask)
        waiting = asyncio.create_task(ledger.consume(bank.conn, key=uuid4(), **ask))
        await bank.until_blocked(other)
        await block.commit()
        answer = await waiting
        assert (answer.status, answer.balance, answer.held) == (INSUFFICIENT, 2, 8)
    finally:
        await other.close()


async def test_a_replay_that_waits_for_a_first_call_which_is_rolled_back_becomes_the_first(bank, database):
    await bank.open(10)
    key = uuid4()
    other = await asyncpg.connect(database)
    try:
        block = other.transaction()
        await block.start()
        ask = {"team_id": bank.team, "key": key, "amount": 8, "member": None, "channel": None}
        await ledger.consume(other, **ask)
        waiting = asyncio.create_task(ledger.consume(bank.conn, **ask))
        await bank.until_blocked(other)
        await block.rollback()
        assert (await waiting).status is OK
    finally:
        await other.close()
    await bank.assert_clean()


async def test_a_batch_answers_as_single_calls_do(bank):
    await bank.open(30)
    await bank.grant(30, priority=1)
    known, keys = await bank.hold(5), sorted(uuid4() for _ in range(6))
    asked = [ledger.ConsumeRequest(key=key, amount=10, member=bank.ana, channel="general") for key in keys]
    asked += [ledger.ConsumeRequest(key=known, amount=5, member=bank.ana, channel="general")]
    asked += [ledger.ConsumeRequest(key=known, amount=6, member=bank.ana, channel="general")]
    answers = await ledger.consume_batch(bank.conn, team_id=bank.team, asked=asked[:-1])
    assert answers[known].status is REPLAYED
    assert [answers[key].status for key in keys] == [OK] * 5 + [INSUFFICIENT]
    assert [answers[key].balance for key in keys] == [45, 35, 25, 15, 5, 5]
    again = await ledger.consume_batch(bank.conn, team_id=bank.team, asked=asked[:-2])
    assert [again[key].status for key in keys] == [REPLAYED] * 5 + [INSUFFICIENT]
    assert (await ledger.consume_batch(bank.conn, team_id=bank.team, asked=asked[-1:]))[known].status is CONFLICT
    await bank.assert_clean()


async def test_a_batch_out_of_one_lot_has_a_gapless_ledger(bank):
    await bank.open(100)
    asked = [ledger.ConsumeRequest(key=uuid4(), amount=amount, member=bank.ana, channel="x") for amount in range(1, 11)]
    answers = await ledger.consume_batch(bank.conn, team_id=bank.team, asked=asked)
    assert {one.status for one in answers.values()} == {OK}
    assert min(one.balance for one in answers.values()) == 45
    assert max(one.held for one in answers.values()) == 55
    for one in asked[::3]:
        await bank.settle(one.key, 0)
    await bank.assert_clean()


async def test_racing_batches_with_the_same_keys_take_each_once(bank):
    await bank.open(1000)
    keys = [uuid4() for _ in range(30)]

    async def one(start: int) -> int:
        asked = [
            ledger.ConsumeRequest(key=key, amount=3, member=None, channel=None) for key in keys[start : start + 10]
        ]
        async with bank.pool.acquire() as conn:
            answers = await ledger.consume_batch(conn, team_id=bank.team, asked=asked)
        return sum(answer.status is OK for answer in answers.values())

    assert sum(await asyncio.gather(*(one(start) for start in range(0, 21, 2)))) == 30
    assert await bank.left() == 910
    await bank.assert_clean()


async def test_a_batch_whose_key_another_team_takes_meanwhile_conflicts_for_that_key_only(bank, database):
    taken, free = uuid4(), uuid4()
    rival = await bank.open(10)
    await bank.open(100)
    other = await asyncpg.connect(database)
    try:
        block = other.transaction()
        await block.start()
        await ledger.consume(other, team_id=rival, key=taken, amount=1, member=None, channel=None)
        asked = [ledger.ConsumeRequest(key=key, amount=1, member=None, channel=None) for key in (taken, free)]
        waiting = asyncio.create_task(ledger.consume_batch(bank.conn, team_id=bank.team, asked=asked))
        await bank.until_blocked(other)
        await block.commit()
        answers = await waiting
    finally:
        await other.close()
    assert (answers[taken].status, answers[free].status) == (CONFLICT, OK)
    assert await bank.left() == 99
    await bank.assert_clean()


@pytest.mark.parametrize("count", [0, 1001])
async def test_a_batch_has_a_size(bank, count):
    await bank.open(10)
    asked = [ledger.ConsumeRequest(key=uuid4(), amount=1, member=None, channel=None) for _ in range(count)]
    with pytest.raises(asyncpg.PostgresError) as error:
        await ledger.consume_batch(bank.conn, team_id=bank.team, asked=asked)
    assert error.value.sqlstate == "ND001"
