"""What the operators' console lists besides generations: messages that found no place, and what vendors were paid."""

from dataclasses import dataclass
from datetime import date, datetime

from core.db.pool import Connection
from core.domain.ids import GenerationId, PlatformName, RouteKey, TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadMessage:
    """A message that nobody took, of a generation that is over."""

    generation_id: GenerationId
    kind: str
    platform: PlatformName
    team_id: TeamId
    tries: int
    why: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """What one route was paid on one day, UTC, in millionths of a US dollar; waste is what no team paid for."""

    day: date
    route: RouteKey
    videos: int
    usd_micros: int
    waste_usd_micros: int


async def dead_messages(conn: Connection, *, limit: int) -> list[DeadMessage]:
    """The newest of the last 30 days."""
    rows = await conn.fetch(
        "SELECT d.generation_id, d.kind, g.platform, g.team_id, d.tries, d.memory ->> 'why' AS why, d.created_at "
        "  FROM deliveries d JOIN generations g ON g.id = d.generation_id "
        " WHERE d.state = 'gone' AND d.kind IN ('result', 'root', 'extra') "
        "   AND d.created_at > nd_now() - interval '30 days' "
        " ORDER BY d.created_at DESC LIMIT $1",
        limit,
    )
    return [DeadMessage(**dict(row)) for row in rows]


async def spend(conn: Connection, *, days: int) -> list[Spend]:
    """By day and route, the newest first; today is one of the days."""
    rows = await conn.fetch(
        "SELECT (ended_at AT TIME ZONE 'UTC')::date AS day, route, count(*) AS videos, "
        "       sum(cost_usd_micros)::bigint AS usd_micros, "
        "       coalesce(sum(cost_usd_micros) FILTER (WHERE is_waste), 0)::bigint AS waste_usd_micros "
        "  FROM vendor_costs WHERE ended_at >= ((nd_now() AT TIME ZONE 'UTC')::date - $1::int + 1) AT TIME ZONE 'UTC' "
        " GROUP BY 1, 2 ORDER BY 1 DESC, 4 DESC",
        days,
    )
    return [Spend(**dict(row)) for row in rows]
