"""Credits: taken, settled, given back and granted by the ledger's SQL functions, each exactly once for its key.

Every call is one statement. Money says no with a status; misuse (an amount of zero) is SQLSTATE ND001, a broken
invariant ND002. A transaction moves the credits of one team. Reading is in `statements`, limits in `budgets`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from core.db.pool import Connection
from core.domain.credits.money import Funds, MoneyStatus, Moved, Returned
from core.domain.ids import MemberId, TeamId

GRANT_PRIORITY = 100
"""Lots are burned by priority, low first; free credits have 10."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumeRequest:
    """One consume of a batch."""

    key: UUID
    amount: int
    member: MemberId | None
    channel: str | None
    note: str | None = None


async def consume(
    conn: Connection,
    *,
    team_id: TeamId,
    key: UUID,
    amount: int,
    member: MemberId | None,
    channel: str | None,
    note: str | None = None,
) -> Moved:
    """Take credits from a team and hold them, once for each key. Repeating a key takes nothing more."""
    # Not SELECT * FROM: the server would put its one row into a table first, some 2 % of the call.
    row = await conn.fetchval(
        "SELECT consume_credits_atomic($1, $2, $3, $4, $5, $6)", team_id, key, amount, member, channel, note
    )
    return _moved(row)


async def consume_approved(
    conn: Connection,
    *,
    team_id: TeamId,
    key: UUID,
    amount: int,
    member: MemberId | None,
    channel: str | None,
    approver: MemberId,
    note: str | None = None,
) -> Moved:
    """The same for a generation that an admin let go: only the approval threshold is passed over."""
    row = await conn.fetchrow(
        "SELECT * FROM consume_credits_approved($1, $2, $3, $4, $5, $6, $7)",
        team_id,
        key,
        amount,
        member,
        channel,
        note,
        approver,
    )
    return _moved(row)


async def consume_batch(conn: Connection, *, team_id: TeamId, asked: Sequence[ConsumeRequest]) -> dict[UUID, Moved]:
    """Consume up to 1000 keys of one team in one transaction: the way past the limit of one busy wallet."""
    rows = await conn.fetch(
        "SELECT * FROM consume_credits_batch($1, $2, $3, $4, $5, $6)",
        team_id,
        [one.key for one in asked],
        [one.amount for one in asked],
        [one.member for one in asked],
        [one.channel for one in asked],
        [one.note for one in asked],
    )
    return {row["key"]: _moved(row) for row in rows}


async def settle(conn: Connection, *, key: UUID, actual: int, note: str | None = None) -> Returned:
    """The generation is over: keep `actual` of what was held, give the rest back. 0 gives everything back."""
    row = await conn.fetchrow("SELECT * FROM settle_credits($1, $2, $3)", key, actual, note)
    return _returned(row)


async def refund(
    conn: Connection, *, key: UUID, n: int, amount: int, actor: MemberId | None = None, note: str | None = None
) -> Returned:
    """The n-th correction (from 1) of a settled generation, once for each key and n, never of more than it costs.

    Args:
        actor: the admin who decided it; None for the system.
    """
    row = await conn.fetchrow("SELECT * FROM refund_credits($1, $2, $3, $4, $5)", key, n, amount, actor, note)
    return _returned(row)


async def grant(
    conn: Connection,
    *,
    team_id: TeamId,
    key: UUID,
    amount: int,
    source: str,
    priority: int = GRANT_PRIORITY,
    expires_at: datetime | None = None,
    actor: MemberId | None = None,
    note: str | None = None,
) -> Moved:
    """Give credits to a team, once for each key.

    Args:
        source: where they come from, in a word: `admin`, `operator`, `shop`.
        expires_at: when what is left of them lapses; None for never.
        actor: the admin who gave them; None for the operator or a shop.
    """
    row = await conn.fetchrow(
        "SELECT * FROM grant_credits($1, $2, $3, $4, $5, $6, $7, $8)",
        team_id,
        key,
        amount,
        source,
        priority,
        expires_at,
        actor,
        note,
    )
    return _moved(row)


async def balance(conn: Connection, *, team_id: TeamId) -> Funds:
    """What a team can spend now, with what lapsed or was granted by itself counted in.

    Raises:
        LookupError: there is no such team.
    """
    row = await conn.fetchrow("SELECT * FROM credit_balance($1)", team_id)
    if row is None:
        raise LookupError(f"no team {team_id}")
    return Funds(team_id=TeamId(row["team_id"]), balance=row["balance"], held=row["held"], frozen=row["frozen"])


def _moved(row: asyncpg.Record | None) -> Moved:
    assert row is not None  # noqa: S101 - a function with OUT parameters answers exactly one row
    return Moved(status=MoneyStatus(row["status"]), balance=row["balance"], held=row["held"])


def _returned(row: asyncpg.Record | None) -> Returned:
    assert row is not None  # noqa: S101 - a function with OUT parameters answers exactly one row
    return Returned(
        status=MoneyStatus(row["status"]),
        balance=row["balance"],
        held=row["held"],
        given_back=row["given_back"],
    )
