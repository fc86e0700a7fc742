"""Alerts on their way into a team's channel: written down once, claimed, said. When one is due, the ledger knows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import asyncpg
import structlog

from core.db.errors import LEAVE_S
from core.db.pool import Connection, seconds
from core.domain.credits.history import ApprovalVerdict, WaitingVideo
from core.domain.credits.money import BudgetPeriod, BudgetScope
from core.domain.ids import GenerationId, Installation, MessageId, PlatformName, TeamId, Thread, UserId

log = structlog.get_logger()

LEASE_S = 60.0


class QueuedAlertKind(StrEnum):
    BUDGET = "budget"
    LOW_BALANCE = "low_balance"
    APPROVAL = "approval"
    UNDELIVERED = "undelivered"
    PERMISSIONS = "permissions"
    REPORTED = "reported"
    GALLERY = "gallery"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedAlert:
    """One message for a team's alert channel.

    Args:
        cap: the budget's, the balance below which the team wants to know, what a waiting video would take, or what one
            had taken that could not be delivered.
        spent: of the budget.
        balance: the team's, when it was written down.
        generation_id: what waits for an admin, or could not be delivered, or was reported.
        detail: what is missing, and where.
        message: the one that stands there, and is to say something else now.
    """

    id: int
    key: UUID
    kind: QueuedAlertKind
    scope: BudgetScope | None
    period: BudgetPeriod | None
    cap: int
    spent: int | None
    balance: int
    generation_id: GenerationId | None
    platform: PlatformName
    place: Thread
    tries: int
    fence: int
    created_at: datetime
    detail: str | None = None
    message: MessageId | None = None


async def teams_due(conn: Connection, *, limit: int) -> list[TeamId]:
    """Teams of which something may have to be noted."""
    rows = await conn.fetch("SELECT * FROM teams_to_alert($1) AS id", limit)
    return [TeamId(row["id"]) for row in rows]


async def waiting(conn: Connection, generation_id: UUID) -> WaitingVideo | None:
    """What an admin is asked about, and how it was decided."""
    row = await conn.fetchrow(
        """
        SELECT g.user_id, g.channel, g.request ->> 'prompt' AS prompt, g.thread, m.user_id AS decided_by,
               CASE WHEN g.reason ->> 'approval' IN ('declined', 'lapsed') THEN g.reason ->> 'approval'
                    WHEN g.consumed > 0 THEN 'approved'
                    WHEN g.state <> 'asking' OR g.cancel_requested_at IS NOT NULL THEN 'cancelled' END AS verdict
          FROM generations g LEFT JOIN member m ON m.id = g.decided_by WHERE g.id = $1
        """,
        generation_id,
    )
    if row is None or row["prompt"] is None:
        return None
    return WaitingVideo(
        user=row["user_id"],
        channel=row["channel"],
        prompt=row["prompt"],
        thread=Thread(row["thread"]) if row["thread"] is not None else None,
        verdict=ApprovalVerdict(row["verdict"]) if row["verdict"] is not None else None,
        decided_by=UserId(row["decided_by"]) if row["decided_by"] is not None else None,
    )


async def note(conn: Connection, team_id: TeamId) -> int:
    """Write down what is due of a team, once for ever. Returns how many alerts that are."""
    noted: int = await conn.fetchval("SELECT note_alerts($1)", team_id)
    return noted


async def note_undelivered(conn: Connection, generation_id: GenerationId) -> None:
    """Tell the team's alert channel that the last word of this could be said nowhere; asking twice is asking once."""
    await conn.execute("SELECT note_undelivered($1)", generation_id)


async def note_permissions(
    conn: Connection, *, platform: PlatformName, installation: Installation, detail: str
) -> None:
    """Tell the team's alert channel what is missing where; the same once a day."""
    await conn.execute("SELECT note_missing_permissions($1, $2, $3)", platform, installation, detail)


async def note_gallery_lost(conn: Connection, *, platform: PlatformName, installation: Installation) -> None:
    """Tell the team's alert channel that its gallery takes nothing; once a day."""
    await conn.execute("SELECT note_gallery_lost($1, $2)", platform, installation)


async def claim_due(conn: Connection, *, limit: int) -> list[QueuedAlert]:
    """Take what is due to be said; nobody else takes it for a minute. What only a newer worker understands is left."""
    rows = await conn.fetch("SELECT * FROM claim_alerts($1, $2)", limit, seconds(LEASE_S))
    return [alert for row in rows if (alert := await _claimed(conn, row)) is not None]


async def _claimed(conn: Connection, row: asyncpg.Record) -> QueuedAlert | None:
    try:
        return _alert(row)
    except (KeyError, TypeError, ValueError) as error:
        log.warning("alert.newer", alert=row["id"], error=str(error))
        await conn.execute(
            "UPDATE alert SET tries = greatest(0, tries - 1), wake_at = nd_now() + $3 WHERE id = $1 AND fence = $2",
            row["id"],
            row["fence"],
            seconds(LEAVE_S),
        )
        return None


async def said(conn: Connection, alert: QueuedAlert, *, message_id: MessageId) -> bool:
    """It is up. False: somebody else has claimed it meanwhile, and will find the message."""
    status = await conn.execute(
        "UPDATE alert SET state = 'said', message_id = $3 WHERE id = $1 AND fence = $2",
        alert.id,
        alert.fence,
        message_id,
    )
    return status == "UPDATE 1"


async def put_off(conn: Connection, alert: QueuedAlert, *, in_s: float) -> None:
    """Try again later."""
    await conn.execute(
        "UPDATE alert SET wake_at = nd_now() + $3 WHERE id = $1 AND fence = $2", alert.id, alert.fence, seconds(in_s)
    )


async def give_up(conn: Connection, alert: QueuedAlert) -> None:
    """It cannot be said there."""
    await conn.execute("UPDATE alert SET state = 'gone' WHERE id = $1 AND fence = $2", alert.id, alert.fence)


def _alert(row: asyncpg.Record) -> QueuedAlert:
    return QueuedAlert(
        id=row["id"],
        key=row["key"],
        kind=QueuedAlertKind(row["kind"]),
        scope=BudgetScope(row["scope"]) if row["scope"] else None,
        period=BudgetPeriod(row["period"]) if row["period"] else None,
        cap=row["cap"],
        spent=row["spent"],
        balance=row["balance"],
        generation_id=GenerationId(row["generation_id"]) if row["generation_id"] else None,
        platform=PlatformName(row["platform"]),
        place=Thread(row["place"]),
        tries=row["tries"],
        fence=row["fence"],
        created_at=row["created_at"],
        detail=row["detail"],
        message=MessageId(row["message_id"]) if row["message_id"] is not None else None,
    )
