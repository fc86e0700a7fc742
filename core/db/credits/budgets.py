"""Limits: budgets, gifts between them, the approval threshold, alerts, freezing.

They are decided inside `credits.consume`. A team that was joined to another is answered for by that one.
"""

from uuid import UUID

import asyncpg

from core.db.pool import Connection
from core.domain.credits.money import AlertKind, Budget, BudgetPeriod, BudgetScope, DueAlert, MoneyStatus, TeamLimits
from core.domain.ids import ChannelId, Installation, MemberId, PlatformName, TeamId

EVERYBODY = "*"
"""The subject of a budget that each member, or each channel, has who has none of their own."""


async def set_budget(
    conn: Connection,
    *,
    team_id: TeamId,
    scope: BudgetScope,
    subject: str,
    period: BudgetPeriod,
    cap: int | None,
) -> MoneyStatus:
    """Set the cap of a budget, which counts what its day or month has spent already.

    Args:
        subject: a member's number, a channel, "" for the team, or EVERYBODY.
        cap: None takes the budget away.
    """
    status = await conn.fetchval("SELECT set_budget($1, $2, $3, $4, $5)", team_id, scope, subject, period, cap)
    return MoneyStatus(status)


async def budgets(
    conn: Connection, *, team_id: TeamId, member: MemberId | None = None, channel: str | None = None
) -> list[Budget]:
    """A team's budgets and what is spent of them; with a member or channel, those that bound them."""
    rows = await conn.fetch("SELECT * FROM budget_list($1, $2, $3)", team_id, member, channel)
    return [
        Budget(
            scope=BudgetScope(row["scope"]),
            subject=row["subject"],
            period=BudgetPeriod(row["period"]),
            cap=row["cap"],
            spent=row["spent"],
            starts_at=row["starts_at"],
        )
        for row in rows
    ]


async def gift(
    conn: Connection,
    *,
    team_id: TeamId,
    key: UUID,
    giver: MemberId,
    receiver: MemberId,
    amount: int,
    actor: MemberId | None = None,
    note: str | None = None,
) -> MoneyStatus:
    """Move what is left of a member's budget of this month to another member's, once for each key."""
    status = await conn.fetchval(
        "SELECT gift_budget($1, $2, $3, $4, $5, $6, $7)", team_id, key, giver, receiver, amount, actor, note
    )
    return MoneyStatus(status)


async def limits(conn: Connection, *, team_id: TeamId) -> TeamLimits:
    """What the team's admins set besides budgets.

    Raises:
        LookupError: there is no such team.
    """
    row = await conn.fetchrow("SELECT * FROM team WHERE id = team_spends_as($1)", team_id)
    if row is None:
        raise LookupError(f"no team {team_id}")
    return TeamLimits(
        approval_above=row["approval_above"],
        low_balance=row["low_balance"],
        alert_platform=row["alert_platform"],
        alert_installation=row["alert_installation"],
        alert_channel=row["alert_channel"],
    )


async def set_approval(conn: Connection, *, team_id: TeamId, above: int | None) -> bool:
    """Generations that hold more than this ask an admin; None: none does. False: no such team."""
    found: bool = await conn.fetchval("SELECT set_approval($1, $2)", team_id, above)
    return found


async def set_alerts(
    conn: Connection,
    *,
    team_id: TeamId,
    low_balance: int,
    platform: PlatformName,
    installation: Installation,
    channel: ChannelId | None,
) -> bool:
    """Where the team's alerts go (None: nowhere) and below which balance one is due. False: no such team."""
    found: bool = await conn.fetchval(
        "SELECT set_alerts($1, $2, $3, $4, $5)", team_id, low_balance, platform, installation, channel
    )
    return found


async def due_alerts(conn: Connection, *, team_id: TeamId) -> list[DueAlert]:
    """The alerts that are due and were not given yet. They count as given when this transaction commits."""
    rows = await conn.fetch("SELECT * FROM due_alerts($1)", team_id)
    return [_alert(row) for row in rows]


async def freeze(conn: Connection, *, team_id: TeamId) -> bool:
    """Stop a team from spending; what it holds can still be settled. False: no such team."""
    found: bool = await conn.fetchval("SELECT freeze_team($1)", team_id)
    return found


async def thaw(conn: Connection, *, team_id: TeamId) -> bool:
    """Let a frozen team spend again. False: no such team."""
    found: bool = await conn.fetchval("SELECT thaw_team($1)", team_id)
    return found


def _alert(row: asyncpg.Record) -> DueAlert:
    return DueAlert(
        kind=AlertKind(row["kind"]),
        scope=BudgetScope(row["scope"]) if row["scope"] else None,
        subject=row["subject"],
        period=BudgetPeriod(row["period"]) if row["period"] else None,
        cap=row["cap"],
        spent=row["spent"],
        balance=row["balance"],
        platform=PlatformName(row["platform"]),
        installation=Installation(row["installation"]),
        channel=ChannelId(row["channel"]),
    )
