"""Random interleavings of everything that moves credits, over several sessions, with and without sessions being killed.

Whatever happens: no deadlock, no balance below zero, each key once, and the check finds nothing.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.db.credits import budgets, ledger, statements, workspace_links
from core.db.people import teams
from core.domain.credits.money import BudgetPeriod, BudgetScope, MoneyStatus
from core.domain.ids import ChannelId, UserId
from tests.quick import examples
from tests.rows import one_row

TEAMS = 3
SESSIONS = 4
KEYS = 6
START = datetime(2026, 1, 30, 22, tzinfo=UTC)

_team = st.integers(0, TEAMS - 1)
_key = st.integers(0, KEYS - 1)
_amount = st.integers(1, 60)
_whose = st.sampled_from(["member", "*", "channel", "team"])
_channel = st.sampled_from(["red", "blue"])

OPERATION = st.one_of(
    st.tuples(st.just("consume"), _team, _key, _amount, _channel),
    st.tuples(st.just("consume"), _team, _key, st.just(10), st.just("red")),
    st.tuples(st.just("settle"), _key, st.integers(0, 60)),
    st.tuples(st.just("settle"), _key, st.just(4)),
    st.tuples(st.just("refund"), _key, st.integers(1, 3), st.integers(1, 20)),
    st.tuples(st.just("grant"), _team, _key, _amount, st.integers(1, 3), st.sampled_from([None, 1, 20])),
    st.tuples(st.just("batch"), _team, st.dictionaries(_key, _amount, min_size=1, max_size=4)),
    st.tuples(st.just("approved"), _team, _key, _amount, _channel),
    st.tuples(st.just("budget"), _team, _whose, st.sampled_from(BudgetPeriod), st.sampled_from([None, 30, 100])),
    st.tuples(st.just("gift"), _team, _key, st.integers(1, 20)),
    st.tuples(st.just("approval"), _team, st.sampled_from([None, 40])),
    st.tuples(st.just("freeze"), _team),
    st.tuples(st.just("thaw"), _team),
    st.tuples(st.just("alerts"), _team),
    st.tuples(st.just("read"), _team),
    st.tuples(st.just("join"), _team, _team),
    st.tuples(st.just("part"), _team),
)  # fmt: skip
PHASES = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 26, 24 * 16, 24 * 40]),  # hours that pass before
        st.lists(st.lists(OPERATION, max_size=6), min_size=SESSIONS, max_size=SESSIONS),
    ),
    min_size=1,
    max_size=4,
)
_world = count(1)


@dataclass
class World:
    """A few teams with a key space of their own, and everything a session can do to them."""

    number: int
    keys: dict[tuple[str, int], UUID] = field(default_factory=dict)
    team: list[Any] = field(default_factory=list)
    ana: list[Any] = field(default_factory=list)
    ben: list[Any] = field(default_factory=list)
    acknowledged: dict[UUID, int] = field(default_factory=dict)

    async def open(self, conn: asyncpg.Connection) -> None:
        for number in range(TEAMS):
            for name, members in (("ana", self.ana), ("ben", self.ben)):
                made = await teams.ensure(conn, **self.place(number), user=UserId(name), free_credits=50)
                members.append(made.member_id)
            self.team.append(made.team_id)
            await ledger.grant(conn, team_id=made.team_id, key=uuid4(), amount=100, source="admin")
            await budgets.set_alerts(
                conn, team_id=made.team_id, low_balance=40, **self.place(number), channel=ChannelId("money")
            )

    def place(self, number: int) -> dict[str, Any]:
        return {"platform": "test", "installation": f"{self.number}/{number}"}

    def key(self, family: str, number: int) -> UUID:
        return self.keys.setdefault((family, number), uuid4())

    async def do(self, conn: asyncpg.Connection, name: str, *values: Any) -> None:
        doing: Callable[..., Awaitable[None]] = getattr(self, f"do_{name}")
        await doing(conn, *values)

    async def do_consume(self, conn: Any, team: int, key: int, amount: int, channel: str) -> None:
        answer = await ledger.consume(
            conn, team_id=self.team[team], key=self.key("k", key), amount=amount, member=self.ana[team], channel=channel
        )
        self.took(answer, self.key("k", key), amount)

    async def do_approved(self, conn: Any, team: int, key: int, amount: int, channel: str) -> None:
        answer = await ledger.consume_approved(
            conn, team_id=self.team[team], key=self.key("k", key), amount=amount, member=self.ben[team],
            channel=channel, approver=self.ana[team],
        )  # fmt: skip
        self.took(answer, self.key("k", key), amount)

    async def do_batch(self, conn: Any, team: int, asked: dict[int, int]) -> None:
        ask = {self.key("k", key): amount for key, amount in asked.items()}
        answers = await ledger.consume_batch(
            conn,
            team_id=self.team[team],
            asked=[
                ledger.ConsumeRequest(key=key, amount=ask[key], member=self.ben[team], channel="red") for key in ask
            ],
        )
        assert answers.keys() == ask.keys()
        for key, answer in answers.items():
            self.took(answer, key, ask[key])

    def took(self, answer: Any, key: UUID, amount: int) -> None:
        assert answer.balance >= 0
        assert answer.held >= 0
        if answer.status is MoneyStatus.OK:
            assert self.acknowledged.setdefault(key, amount) == amount

    async def do_settle(self, conn: Any, key: int, actual: int) -> None:
        answer = await ledger.settle(conn, key=self.key("k", key), actual=actual)
        assert min(answer.balance, answer.held, answer.given_back) >= 0

    async def do_refund(self, conn: Any, key: int, n: int, amount: int) -> None:
        await ledger.refund(conn, key=self.key("k", key), n=n, amount=amount)

    async def do_grant(self, conn: Any, team: int, key: int, amount: int, priority: int, days: int | None) -> None:
        expires = None if days is None else START + timedelta(days=days)
        await ledger.grant(
            conn, team_id=self.team[team], key=self.key("g", key), amount=amount, source="admin", priority=priority,
            expires_at=expires,
        )  # fmt: skip

    async def do_budget(self, conn: Any, team: int, whose: str, period: BudgetPeriod, cap: int | None) -> None:
        scope, subject = {
            "member": ("member", str(self.ana[team])),
            "*": ("member", "*"),
            "channel": ("channel", "red"),
            "team": ("team", ""),
        }[whose]
        await budgets.set_budget(
            conn, team_id=self.team[team], scope=BudgetScope(scope), subject=subject, period=period, cap=cap
        )

    async def do_gift(self, conn: Any, team: int, key: int, amount: int) -> None:
        await budgets.gift(
            conn, team_id=self.team[team], key=self.key("gift", key), giver=self.ana[team], receiver=self.ben[team],
            amount=amount,
        )  # fmt: skip

    async def do_approval(self, conn: Any, team: int, above: int | None) -> None:
        await budgets.set_approval(conn, team_id=self.team[team], above=above)

    async def do_freeze(self, conn: Any, team: int) -> None:
        await budgets.freeze(conn, team_id=self.team[team])

    async def do_thaw(self, conn: Any, team: int) -> None:
        await budgets.thaw(conn, team_id=self.team[team])

    async def do_alerts(self, conn: Any, team: int) -> None:
        await budgets.due_alerts(conn, team_id=self.team[team])

    async def do_read(self, conn: Any, team: int) -> None:
        assert (await ledger.balance(conn, team_id=self.team[team])).balance >= 0
        await statements.statement(conn, team_id=self.team[team])
        assert await statements.check(conn, team_id=self.team[team]) == []

    async def do_join(self, conn: Any, host: int, guest: int) -> None:
        host_team = (await teams.ensure(conn, **self.place(host), user=UserId("ana"))).team_id
        with contextlib.suppress(LookupError):  # another session joined the host meanwhile
            code = await workspace_links.link(conn, team_id=host_team, member=self.ana[host])
            await workspace_links.redeem(conn, code=code.code, **self.place(guest), member=self.ana[guest])

    async def do_part(self, conn: Any, team: int) -> None:
        await workspace_links.unlink(conn, **self.place(team), member=self.ana[team])

    async def verify(self, conn: asyncpg.Connection) -> None:
        """The check is clean, and sums that do not go through it agree."""
        assert await statements.check(conn) == []
        for team in self.team:
            row = await one_row(
                conn,
                """SELECT w.balance, w.held, sum(e.delta) AS delta, sum(e.held_delta) AS held_delta, count(*) AS lines,
                          max(e.seq) AS seq, min(e.balance_after) AS lowest FROM wallet w JOIN entry e USING (team_id)
                    WHERE team_id = $1 GROUP BY w.balance, w.held""",
                team,
            )
            assert (row["balance"], row["held"]) == (row["delta"], row["held_delta"])
            assert row["lines"] == row["seq"]
            assert row["lowest"] >= 0
            told = await statements.statement(conn, team_id=team, limit=1000)
            pending = sum(line.amount for line in told if not line.booked)
            assert sum(line.amount for line in told) == row["balance"] + pending
            assert sum(line.held for line in told) == row["held"]
        rows = await conn.fetch("SELECT key, -delta AS amount FROM entry WHERE kind = 'consume'")
        taken = {row["key"]: row["amount"] for row in rows}
        assert self.acknowledged.items() <= taken.items()


KILLED = (
    asyncpg.AdminShutdownError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # asyncpg 0.32, when the end of an idle session is noticed while a statement begins
    OSError,
)


@dataclass
class Sessions:
    """Sessions that outlive an example, each opened again when it was killed."""

    dsn: str
    open: dict[int, asyncpg.Connection] = field(default_factory=dict)

    async def get(self, number: int, now: datetime) -> asyncpg.Connection:
        conn = self.open.get(number)
        if conn is None or conn.is_closed():
            conn = self.open[number] = await asyncpg.connect(self.dsn)
        await conn.execute("SELECT set_config('neverdark.now', $1, false)", now.isoformat())
        return conn

    async def run(self, world: World, number: int, now: datetime, operations: list[Any]) -> None:
        """Every operation to its end; one whose session was killed is done again."""
        for operation in operations:
            for _ in range(100):
                try:
                    await world.do(await self.get(number, now), *operation)
                    break
                except KILLED:
                    self.open.pop(number).terminate()
            else:
                raise AssertionError("killed a hundred times")

    async def kill(self, gaps: list[int], now: datetime) -> None:
        """Ends one session after the other, with so many milliseconds between."""
        for number, gap in enumerate(gaps):
            await asyncio.sleep(gap / 1000)
            victim = self.open.get(number % SESSIONS)
            if victim is not None and not victim.is_closed():
                killer = await self.get(SESSIONS, now)
                await killer.execute("SELECT pg_terminate_backend($1)", victim.get_server_pid())

    async def play(self, phases: list[Any], gaps: list[int]) -> None:
        """A world of its own through all its phases; the sessions of a phase share one clock and race."""
        world, now = World(next(_world)), START
        await world.open(await self.get(SESSIONS, now))
        for hours, sessions in phases:
            now += timedelta(hours=hours)
            racing = (self.run(world, number, now, operations) for number, operations in enumerate(sessions))
            await asyncio.wait_for(asyncio.gather(self.kill(gaps, now), *racing), timeout=30)
        await world.verify(await self.get(SESSIONS, now))

    async def close(self) -> None:
        for conn in self.open.values():
            conn.terminate()


@pytest.fixture
def play(database: str) -> Iterator[Callable[[list[Any], list[int]], None]]:
    sessions = Sessions(database)
    with asyncio.Runner() as runner:
        yield lambda phases, gaps: runner.run(sessions.play(phases, gaps))
        runner.run(sessions.close())


_SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@settings(_SETTINGS, max_examples=examples(50))
@given(phases=PHASES)
def test_any_interleaving_leaves_the_ledger_whole(play: Any, phases: list[Any]) -> None:
    play(phases, [])


@settings(_SETTINGS, max_examples=examples(15))
@given(phases=PHASES, gaps=st.lists(st.integers(0, 12), min_size=1, max_size=6))
def test_sessions_that_are_killed_in_the_middle_leave_nothing_half_done(
    play: Any, phases: list[Any], gaps: list[int]
) -> None:
    play(phases, gaps)
