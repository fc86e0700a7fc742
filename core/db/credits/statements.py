"""Reading the ledger: statement, use by day and member, and the check that it is whole."""

from datetime import datetime

import asyncpg

from core.db.pool import Connection
from core.domain.credits.money import EntryKind, Finding, MemberUsage, StatementLine
from core.domain.ids import MemberId, TeamId

PAGE = 20


async def statement(
    conn: Connection, *, team_id: TeamId, before: int | None = None, limit: int = PAGE
) -> list[StatementLine]:
    """A page of a team's own statement, newest line first.

    Args:
        before: the `seq` of the last line of the page before; None for the newest lines.
    """
    rows = await conn.fetch("SELECT * FROM credit_statement($1, $2, $3)", team_id, before, limit)
    return [_line(row) for row in rows]


async def first_since(conn: Connection, *, team_id: TeamId, since: datetime) -> int:
    """A line's number: nothing before it was booked since then."""
    seq: int = await conn.fetchval("SELECT entry_seq_since($1, $2)", team_id, since)
    return seq


async def use(conn: Connection, *, team_id: TeamId, start: datetime, end: datetime) -> list[MemberUsage]:
    """What the generations that were asked for in [start, end) cost, by day (UTC), member and note."""
    rows = await conn.fetch("SELECT * FROM credit_use($1, $2, $3)", team_id, start, end)
    return [
        MemberUsage(
            day=row["day"],
            member_id=_member(row["member_id"]),
            note=row["note"],
            generations=row["generations"],
            spent=row["spent"],
        )
        for row in rows
    ]


async def check(conn: Connection, *, team_id: TeamId | None = None) -> list[Finding]:
    """Every team whose ledger is not whole, and what is wrong with it. Empty: all is well."""
    rows = await conn.fetch("SELECT * FROM check_ledger($1)", team_id)
    return [Finding(team_id=TeamId(row["team_id"]), wrong=tuple(row["wrong"])) for row in rows]


def _member(value: int | None) -> MemberId | None:
    return None if value is None else MemberId(value)


def _line(row: asyncpg.Record) -> StatementLine:
    return StatementLine(
        seq=row["seq"],
        at=row["at"],
        kind=EntryKind(row["kind"]),
        key=row["key"],
        member_id=_member(row["member_id"]),
        actor_id=_member(row["actor_id"]),
        channel=row["channel"],
        note=row["note"],
        taken=row["taken"],
        given_back=row["given_back"],
        amount=row["amount"],
        held=row["held"],
        balance_after=row["balance_after"],
        settled_at=row["settled_at"],
        why=row["why"],
        booked=row["booked"],
    )
