"""One team against a model of it in plain Python: every answer, the balance before and after booking, lot by lot."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.db.credits import ledger, statements
from core.db.people import teams
from core.domain.credits.money import MoneyStatus as Status
from core.domain.ids import UserId
from tests.places import workspace
from tests.quick import examples

FREE = 50
START = datetime(2026, 1, 30, 22, tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)
KEYS = 5

OPERATION = st.one_of(
    st.tuples(st.just("consume"), st.integers(0, KEYS - 1), st.integers(1, 70)),
    st.tuples(st.just("settle"), st.integers(0, KEYS - 1), st.integers(0, 70)),
    st.tuples(st.just("refund"), st.integers(0, KEYS - 1), st.integers(1, 3), st.integers(1, 30)),
    st.tuples(
        st.just("grant"), st.integers(1, 40), st.sampled_from([5, 10, 20]), st.sampled_from([None, 1, 3, 20, 40])
    ),
    st.tuples(st.just("pass"), st.sampled_from([1, 24, 24 * 10, 24 * 40])),
)


@dataclass
class Lot:
    priority: int
    expires: datetime
    born: int
    left: int


@dataclass
class Hold:
    amount: int
    draws: list[tuple[Lot, int]]
    settled: int | None = None
    refunds: dict[int, int] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        return (self.amount if self.settled is None else self.settled) - sum(self.refunds.values())


@dataclass
class Model:
    """What the ledger promises, without locks, lanes or lots in hand."""

    now: datetime = START
    lots: list[Lot] = field(default_factory=list)
    holds: dict[int, Hold] = field(default_factory=dict)
    answers: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    born: Iterator[int] = field(default_factory=count)
    month: tuple[int, int] = (0, 0)

    def catch_up(self) -> None:
        if (self.now.year, self.now.month) != self.month:
            self.month = (self.now.year, self.now.month)
            first = self.now.replace(day=1, hour=0)
            self.add(FREE, 10, (first + timedelta(days=32)).replace(day=1))
        self.lots = [lot for lot in self.lots if lot.expires > self.now and lot.left]

    def add(self, amount: int, priority: int, expires: datetime) -> None:
        self.lots.append(Lot(priority, expires, next(self.born), amount))

    @property
    def balance(self) -> int:
        return sum(lot.left for lot in self.lots)

    @property
    def held(self) -> int:
        return sum(hold.amount for hold in self.holds.values() if hold.settled is None)

    def consume(self, key: int, amount: int) -> tuple[Status, int, int]:
        if hold := self.holds.get(key):
            if hold.amount == amount:
                return (Status.REPLAYED, *self.answers[key, 0])
            return Status.KEY_CONFLICT, self.balance, self.held
        if self.balance < amount:
            return Status.INSUFFICIENT, self.balance, self.held
        hold, rest = Hold(amount, []), amount
        for lot in sorted(self.lots, key=lambda one: (one.priority, one.expires, one.born)):
            if take := min(lot.left, rest):
                lot.left -= take
                rest -= take
                hold.draws.append((lot, take))
        self.holds[key] = hold
        return Status.OK, *self.answer(key, 0)

    def answer(self, key: int, leg: int) -> tuple[int, int]:
        return self.answers.setdefault((key, leg), (self.balance, self.held))

    def give_back(self, hold: Hold, amount: int) -> None:
        for place in reversed(range(len(hold.draws))):
            lot, taken = hold.draws[place]
            share = min(taken, amount)
            hold.draws[place] = (lot, taken - share)
            amount -= share
            if share and lot.expires <= self.now:
                self.add(share, lot.priority, self.now + timedelta(days=14))
            elif share:
                lot.left += share
                if not any(one is lot for one in self.lots):
                    self.lots.append(lot)

    def settle(self, key: int, actual: int) -> tuple[Status, int, int, int]:
        hold = self.holds.get(key)
        if hold is None:
            return Status.UNKNOWN_HOLD, 0, 0, 0
        if hold.settled is not None:
            status = Status.REPLAYED if hold.settled == actual else Status.ALREADY_SETTLED
            return status, *self.answers[key, 1], hold.amount - hold.settled
        if actual > hold.amount:
            return Status.EXCEEDS_HOLD, self.balance, self.held, 0
        hold.settled = actual
        self.give_back(hold, hold.amount - actual)
        return Status.OK, *self.answer(key, 1), hold.amount - actual

    def refund(self, key: int, n: int, amount: int) -> tuple[Status, int, int, int]:
        hold = self.holds.get(key)
        if hold is None:
            return Status.UNKNOWN_HOLD, 0, 0, 0
        if n in hold.refunds:
            status = Status.REPLAYED if hold.refunds[n] == amount else Status.KEY_CONFLICT
            return status, *self.answers[key, 1 + n], hold.refunds[n]
        if hold.settled is None:
            return Status.NOT_SETTLED, self.balance, self.held, 0
        if amount > hold.kept:
            return Status.EXCEEDS_KEPT, self.balance, self.held, 0
        hold.refunds[n] = amount
        self.give_back(hold, amount)
        return Status.OK, *self.answer(key, 1 + n), amount


async def _play(conn: asyncpg.Connection, operations: list[Any]) -> None:
    model, keys = Model(), {number: uuid4() for number in range(KEYS)}

    async def clock() -> None:
        await conn.execute("SELECT set_config('neverdark.now', $1, false)", model.now.isoformat())
        model.catch_up()

    await clock()
    team = (await teams.ensure(conn, **workspace("test", str(uuid4())), user=UserId("ana"), free_credits=FREE)).team_id
    for operation in operations:
        if operation[0] == "pass":
            model.now += timedelta(hours=operation[1])
            await clock()
            assert (await ledger.balance(conn, team_id=team)).balance == model.balance, "not booked yet, but right"
            continue
        await _both(conn, team, model, keys, operation)
        funds = await ledger.balance(conn, team_id=team)
        assert (funds.balance, funds.held) == (model.balance, model.held)
    lines = await statements.statement(conn, team_id=team, limit=1000)
    assert sum(line.amount for line in lines) == model.balance
    told = {line.key: (line.taken - line.given_back, line.held) for line in lines}
    for number, hold in model.holds.items():
        assert told[keys[number]] == (hold.kept, hold.amount if hold.settled is None else 0)
    assert await statements.check(conn, team_id=team) == []


async def _both(conn: Any, team: Any, model: Model, keys: dict[int, UUID], operation: Any) -> None:
    """Does one thing to the ledger and to the model, which must answer alike."""
    name, *values = operation
    match name:
        case "consume":
            number, amount = values
            answer = await ledger.consume(
                conn, team_id=team, key=keys[number], amount=amount, member=None, channel=None
            )
            assert (answer.status, answer.balance, answer.held) == model.consume(number, amount)
        case "settle":
            number, actual = values
            back = await ledger.settle(conn, key=keys[number], actual=actual)
            assert (back.status, back.balance, back.held, back.given_back) == model.settle(number, actual)
        case "refund":
            number, n, amount = values
            back = await ledger.refund(conn, key=keys[number], n=n, amount=amount)
            assert (back.status, back.balance, back.held, back.given_back) == model.refund(number, n, amount)
        case "grant":
            amount, priority, days = values
            expires = None if days is None else model.now + timedelta(days=days)
            model.add(amount, priority, expires or NEVER)
            answer = await ledger.grant(
                conn, team_id=team, key=uuid4(), amount=amount, source="admin", priority=priority, expires_at=expires
            )
            assert (answer.status, answer.balance, answer.held) == (Status.OK, model.balance, model.held)


@pytest.fixture
def play(database: str) -> Iterator[Callable[[list[Any]], None]]:
    with asyncio.Runner() as runner:
        conn = runner.run(asyncpg.connect(database))
        yield lambda operations: runner.run(_play(conn, operations))
        runner.run(conn.close())


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=st.lists(OPERATION, max_size=30))
def test_the_ledger_answers_as_its_model_does(play: Any, operations: list[Any]) -> None:
    play(operations)
