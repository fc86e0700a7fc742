"""Helpers for tests of the ledger: teams with known credits, calls with short names, a clock that a test sets."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest_asyncio

from core.db.credits import budgets, ledger, statements
from core.db.people import teams
from core.db.pool import Connection, Pool
from core.domain.credits.money import BudgetPeriod, BudgetScope, Membership, MoneyStatus, Moved, Returned
from core.domain.ids import Installation, MemberId, PlatformName, TeamId, UserId

_workspace = count(1)


@dataclass
class Bank:
    """The ledger through one connection. `ana` and `ben` are members of the team that was made last."""

    conn: Connection
    pool: Pool
    team: TeamId = field(init=False)
    ana: MemberId = field(init=False)
    ben: MemberId = field(init=False)
    place: tuple[PlatformName, Installation] = field(init=False)
    code: str = field(init=False)

    async def open(self, credits_left: int = 0, *, free: int = 0, **grant: Any) -> TeamId:
        """Make a new team with these credits."""
        self.place = (PlatformName("test"), Installation(f"T{next(_workspace)}"))
        self.ana = (await self.member("ana", free=free)).member_id
        ben = await self.member("ben", free=free)
        self.team, self.ben = ben.team_id, ben.member_id
        if credits_left:
            await self.grant(credits_left, **grant)
        return self.team

    async def member(self, name: str, *, free: int = 0) -> Membership:
        platform, installation = self.place
        return await teams.ensure(
            self.conn, platform=platform, installation=installation, user=UserId(name), free_credits=free
        )

    async def at(self, moment: str) -> datetime:
        """Sets the clock of this connection, in UTC."""
        now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        await self.conn.execute("SELECT set_config('neverdark.now', $1, false)", now.isoformat())
        return now

    async def consume(self, amount: int, key: UUID | None = None, **more: Any) -> Moved:
        ask: dict[str, Any] = {"team_id": self.team, "member": self.ana, "channel": "general"} | more
        return await ledger.consume(self.conn, key=key or uuid4(), amount=amount, **ask)

    async def hold(self, amount: int, **more: Any) -> UUID:
        """A consume that must succeed, by its key."""
        key = uuid4()
        assert (await self.consume(amount, key, **more)).status is MoneyStatus.OK
        return key

    async def settle(self, key: UUID, actual: int) -> Returned:
        return await ledger.settle(self.conn, key=key, actual=actual, note="delivered")

    async def grant(self, amount: int, key: UUID | None = None, **more: Any) -> Moved:
        ask: dict[str, Any] = {"team_id": self.team, "source": "admin"} | more
        return await ledger.grant(self.conn, key=key or uuid4(), amount=amount, **ask)

    async def left(self, team: TeamId | None = None) -> int:
        return (await ledger.balance(self.conn, team_id=team or self.team)).balance

    async def held(self, team: TeamId | None = None) -> int:
        return (await ledger.balance(self.conn, team_id=team or self.team)).held

    async def budget(self, scope: str, subject: object, period: str, cap: int | None) -> MoneyStatus:
        return await budgets.set_budget(
            self.conn,
            team_id=self.team,
            scope=BudgetScope(scope),
            subject=str(subject),
            period=BudgetPeriod(period),
            cap=cap,
        )

    async def entries(self, team: TeamId | None = None) -> list[tuple[str, int, int]]:
        """(kind, delta, held_delta) of every line."""
        rows = await self.conn.fetch(
            "SELECT kind, delta, held_delta FROM entry WHERE team_id = $1 ORDER BY seq", team or self.team
        )
        return [(row["kind"], row["delta"], row["held_delta"]) for row in rows]

    async def assert_clean(self) -> None:
        """Assert that the ledger's own check passes, and that simple sums agree with it."""
        assert await statements.check(self.conn) == []
        wrong = await self.conn.fetch(
            """SELECT w.team_id FROM wallet w LEFT JOIN entry e USING (team_id) GROUP BY w.team_id
               HAVING w.balance <> coalesce(sum(e.delta), 0) OR w.held <> coalesce(sum(e.held_delta), 0)
                   OR min(e.balance_after) < 0 OR min(e.held_after) < 0"""
        )
        assert wrong == []

    async def until_blocked(self, conn: Connection) -> None:
        """Return when another session of this database waits for a lock."""
        for _ in range(1000):
            if await conn.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ):
                return
            await asyncio.sleep(0.005)
        raise AssertionError("nobody waits for a lock")


@pytest_asyncio.fixture
async def bank(pool: asyncpg.Pool) -> AsyncIterator[Bank]:
    async with pool.acquire() as conn:
        yield Bank(conn=conn, pool=pool)
