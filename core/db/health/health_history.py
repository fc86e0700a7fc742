"""What became of the routes over time: transitions with their evidence, success rates, and what may be forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.db.health.route_health_rows import transition_from
from core.db.pool import Connection, seconds
from core.domain.errors import ErrorClass
from core.domain.generations.retry import POLICIES, Effect
from core.domain.health import health_score
from core.domain.health.config import HealthConfig, LatencyConfig
from core.domain.health.route_health import Transition
from core.domain.ids import RouteKey

BAD_CLASSES = [error_class.value for error_class in ErrorClass if POLICIES[error_class].effect is Effect.BAD]
"""What speaks against a provider. A request that is refused for its content does not."""
_KEEP_EVIDENCE_S = 7 * 86_400
"""Longer than any step of an attempt can be repeated."""
_KEEP_BUCKETS_S = 90 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A transition, and who caused it."""

    transition: Transition
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How a route did lately."""

    route: RouteKey
    ok: int
    bad: int


async def transitions(
    conn: Connection, *, route: RouteKey | None = None, before: datetime | None = None, limit: int = 20
) -> list[Record]:
    """The latest transitions, of one route or of all, newest first."""
    records = await conn.fetch(
        """
        SELECT * FROM provider_health_events
         WHERE ($1::text IS NULL OR route = $1) AND ($2::timestamptz IS NULL OR at <= $2)
         ORDER BY at DESC, id DESC LIMIT $3
        """,
        route,
        before,
        limit,
    )
    return [Record(transition=transition_from(r), actor=r["actor"]) for r in records]


async def summaries(conn: Connection, routes: Sequence[RouteKey], *, over_s: float) -> dict[RouteKey, Summary]:
    """How these routes did over the last while. What people's requests are to blame for is not counted."""
    records = await conn.fetch(
        """
        SELECT route, coalesce(sum(count) FILTER (WHERE class = 'ok'), 0) AS ok,
               coalesce(sum(count) FILTER (WHERE class = ANY ($3)), 0) AS bad
          FROM provider_health_buckets WHERE route = ANY ($1) AND minute > nd_now() - $2::interval
         GROUP BY route
        """,
        list(routes),
        seconds(over_s),
        BAD_CLASSES,
    )
    found = {RouteKey(r["route"]): Summary(route=RouteKey(r["route"]), ok=r["ok"], bad=r["bad"]) for r in records}
    return {route: found.get(route) or Summary(route=route, ok=0, bad=0) for route in routes}


async def last_successes(conn: Connection, routes: Sequence[RouteKey]) -> dict[RouteKey, datetime]:
    """When each of these routes last gave a clip, to the minute; one that did not for 90 days is not in it."""
    records = await conn.fetch(
        """
        SELECT r.route, b.minute FROM unnest($1::text[]) AS r (route)
          JOIN LATERAL (SELECT minute FROM provider_health_buckets b
                         WHERE b.route = r.route AND b.class = 'ok' ORDER BY minute DESC LIMIT 1) b ON true
        """,
        list(routes),
    )
    return {RouteKey(r["route"]): r["minute"] for r in records}


async def refusing(conn: Connection, *, config: HealthConfig) -> list[RouteKey]:
    """Routes that refuse so many requests for their content that an operator should look."""
    records = await conn.fetch(
        """
        SELECT route, coalesce(sum(count) FILTER (WHERE class = 'content_policy'), 0) AS refused, sum(count) AS total
          FROM provider_health_buckets
         WHERE minute > nd_now() - $1::interval AND class NOT IN ('first', 'extra', 'slow', 'cancelled')
         GROUP BY route ORDER BY route
        """,
        seconds(config.refusals_window_s),
    )
    return [
        RouteKey(r["route"])
        for r in records
        if health_score.refusals_alarm(refused=r["refused"], total=r["total"], config=config)
    ]


async def forget(conn: Connection, *, config: LatencyConfig) -> int:
    """Delete what no decision and no chart needs any more; transitions are kept. Returns how many rows went."""
    deleted = 0
    for table, column, keep_s in (
        ("provider_health_applied", "at", _KEEP_EVIDENCE_S),
        ("provider_health_blame", "at", _KEEP_EVIDENCE_S),
        ("provider_latency", "at", config.history_s),
        ("provider_slots", "until", 0.0),
        ("provider_health_buckets", "minute", _KEEP_BUCKETS_S),
    ):
        status: str = await conn.execute(
            f"DELETE FROM {table} WHERE {column} < nd_now() - $1::interval",  # noqa: S608 - names from the list above
            seconds(keep_s),
        )
        deleted += int(status.rsplit(" ", 1)[-1])
    return deleted
