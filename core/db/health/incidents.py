"""What the public is told: how each route did day by day, and incidents, which operators may put into better words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from core.db.health.health_history import BAD_CLASSES
from core.db.pool import Connection
from core.domain.ids import ProviderName, RouteKey

DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteDay:
    """One route on one day, UTC.

    Args:
        ok: videos that came.
        bad: attempts that failed for the provider's own reasons.
        work_s: what the videos took, together.
    """

    route: RouteKey
    day: date
    ok: int
    bad: int
    work_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Trouble at a provider.

    Args:
        worst: its routes that were in trouble at the worst moment; worst_held: those of them that were held.
        title, words: the operator's own, where there are any.
        is_hidden: not for the public.
    """

    id: int
    provider: ProviderName
    worst: tuple[RouteKey, ...]
    worst_held: tuple[RouteKey, ...]
    began_at: datetime
    ended_at: datetime | None
    title: str | None
    words: str | None
    is_hidden: bool


async def route_days(conn: Connection, routes: Sequence[RouteKey], *, days: int) -> list[RouteDay]:
    """How these routes did on each of the last days that saw anything of them; today is one of the days."""
    rows = await conn.fetch("SELECT * FROM route_days($1, $2, $3)", list(routes), days, BAD_CLASSES)
    return [
        RouteDay(route=RouteKey(r["route"]), day=r["day"], ok=r["ok"], bad=r["bad"], work_s=r["seconds"]) for r in rows
    ]


async def incidents(conn: Connection, *, hidden: bool = False, limit: int = 50) -> list[Incident]:
    """Those of the last days, the newest first."""
    rows = await conn.fetch(
        "SELECT id, provider, worst, worst_held, began_at, ended_at, title, words, is_hidden FROM incidents "
        "WHERE coalesce(ended_at, nd_now()) > nd_now() - make_interval(days => $1) AND (NOT is_hidden OR $2) "
        "ORDER BY began_at DESC LIMIT $3",
        DAYS,
        hidden,
        limit,
    )
    return [
        Incident(
            id=row["id"],
            provider=ProviderName(row["provider"]),
            worst=tuple(row["worst"]),
            worst_held=tuple(row["worst_held"]),
            began_at=row["began_at"],
            ended_at=row["ended_at"],
            title=row["title"],
            words=row["words"],
            is_hidden=row["is_hidden"],
        )
        for row in rows
    ]


async def edit(conn: Connection, incident: int, *, title: str, words: str, hidden: bool, actor: str) -> bool:
    """Set an operator's own words; an empty field gets the automatic words again. False: there is no such incident."""
    done: bool | None = await conn.fetchval(
        "UPDATE incidents SET title = nullif($2, ''), words = nullif($3, ''), is_hidden = $4, edited_at = nd_now(), "
        "edited_by = $5 WHERE id = $1 RETURNING true",
        incident,
        title,
        words,
        hidden,
        actor,
    )
    return bool(done)
