"""How the routes stand, for people: their health, how their trouble began, and how they did lately."""

from collections.abc import Sequence

from core.db.health import health_history, route_health
from core.db.health.route_health_rows import transition_from
from core.db.pool import Connection, seconds
from core.domain.health.config import HealthConfig
from core.domain.health.provider_status import RouteStatus
from core.domain.health.route_health import HealthState, RouteHealth, Transition
from core.domain.ids import RouteKey


async def route_statuses(
    conn: Connection, routes: Sequence[RouteKey], *, over_s: float, config: HealthConfig
) -> dict[RouteKey, RouteStatus]:
    """How each of these routes stands now, with its figures of the last while."""
    rows = await route_health.load(conn, routes, config=config)
    lately = await health_history.summaries(conn, routes, over_s=over_s)
    usual_s = await _usual_s(conn, routes, over_s=over_s)
    troubles = await _troubles(conn, [route for route, row in rows.items() if row.state is not HealthState.HEALTHY])
    found = {}
    for route, row in rows.items():
        trouble, relapses = _of(row, troubles.get(route, ()))
        found[route] = RouteStatus(
            row=row,
            trouble=trouble,
            relapses=relapses,
            ok=lately[route].ok,
            bad=lately[route].bad,
            usual_s=usual_s.get(route),
        )
    return found


def _of(row: RouteHealth, since_well: Sequence[Transition]) -> tuple[Transition | None, int]:
    """What a route's trouble began with: its hold while it is held, else what first took it from its place."""
    if row.state is HealthState.HEALTHY or not since_well:
        return None, 0
    if row.state is HealthState.HELD:
        return next((t for t in reversed(since_well) if t.to_state is HealthState.HELD), since_well[-1]), 0
    relapses = sum(1 for t in since_well[1:] if t.to_state is HealthState.DEMOTED)
    return since_well[0], relapses


async def _troubles(conn: Connection, routes: Sequence[RouteKey]) -> dict[RouteKey, list[Transition]]:
    """By route, its transitions since it was last well, oldest first."""
    records = await conn.fetch(
        """
        SELECT e.* FROM unnest($1::text[]) AS r (route)
         CROSS JOIN LATERAL (
               SELECT coalesce(max(epoch), -1) AS epoch FROM provider_health_events
                WHERE route = r.route AND to_state = 'healthy') AS well
          JOIN provider_health_events e ON e.route = r.route AND e.epoch > well.epoch
         ORDER BY e.route, e.epoch
        """,
        list(routes),
    )
    found: dict[RouteKey, list[Transition]] = {}
    for record in records:
        transition = transition_from(record)
        found.setdefault(transition.route, []).append(transition)
    return found


async def _usual_s(conn: Connection, routes: Sequence[RouteKey], *, over_s: float) -> dict[RouteKey, float]:
    """By route, the median of what its videos took that were begun while it was well."""
    records = await conn.fetch(
        """
        SELECT route, percentile_cont(0.5) WITHIN GROUP (ORDER BY took_s) AS p50_s FROM provider_latency
         WHERE at > nd_now() - $2::interval AND route = ANY ($1) GROUP BY route
        """,
        list(routes),
        seconds(over_s),
    )
    return {RouteKey(record["route"]): record["p50_s"] for record in records}
