"""How long requests take at each route, learned from their history.

Only successes that were started while their route was healthy are learned from, so a sick route does not become its own
measure; and what was learned rises slowly.
"""

from collections.abc import Mapping

import asyncpg

from core.db.pool import Connection, seconds
from core.domain.health.config import LatencyConfig
from core.domain.ids import RouteKey
from core.domain.routing.latency import Latency, LatencyKey, risen


async def learned(
    conn: Connection, keys: Mapping[RouteKey, LatencyKey], *, priors: Mapping[RouteKey, Latency]
) -> dict[RouteKey, Latency]:
    """How long one request takes at several routes: what history says, and the guess where it says nothing yet.

    Args:
        conn: a connection.
        keys: by route, what the request is there: each rounds it to what it can make.
        priors: by route, the configured guess.
    """
    records = await conn.fetch(
        """
        SELECT l.* FROM provider_latency_learned l
          JOIN unnest($1::text[], $2::text[], $3::smallint[], $4::smallint[]) AS k (route, operation, duration_s, lines)
         USING (route, operation, duration_s, lines)
        """,
        [key.route for key in keys.values()],
        [key.operation for key in keys.values()],
        [key.duration_s for key in keys.values()],
        [key.lines for key in keys.values()],
    )
    found = {
        RouteKey(r["route"]): Latency(
            p5_s=r["p5_s"], p50_s=r["p50_s"], p90_s=r["p90_s"], p95_s=r["p95_s"], samples=r["samples"]
        )
        for r in records
    }
    return {route: found.get(route) or priors[route] for route in keys}


async def add(conn: Connection, key: LatencyKey, *, took_s: float, epoch: int, config: LatencyConfig) -> None:
    """Learn from one success, if it was started while its route was healthy and had not left that state since.

    Args:
        epoch: the route's, when the attempt was admitted.
    """
    known = await conn.fetchrow(
        """
        WITH added AS (
            INSERT INTO provider_latency (route, operation, duration_s, lines, took_s)
            SELECT route, $2, $3, $4, $5 FROM provider_health WHERE route = $1 AND state = 'healthy' AND epoch = $6
            RETURNING route
        )
        SELECT l.at, l.p95_s, nd_now() AS now, l.at < nd_now() - $7::interval AS is_old
          FROM added LEFT JOIN provider_latency_learned l
            ON (l.route, l.operation, l.duration_s, l.lines) = (added.route, $2, $3, $4)
        """,
        key.route,
        key.operation,
        key.duration_s,
        key.lines,
        took_s,
        epoch,
        seconds(config.refresh_s),
    )
    if known is None or known["is_old"] is False:
        return
    measured = await conn.fetchrow(
        "SELECT * FROM measure_latency($1, $2, $3::smallint, $4::smallint, $5, $6)",
        key.route,
        key.operation,
        key.duration_s,
        key.lines,
        seconds(config.history_s),
        config.samples_max,
    )
    if measured is None or measured["samples"] < config.samples_least:
        return
    p95_s = measured["p95_s"]
    if known["at"] is not None:
        p95_s = risen(known["p95_s"], p95_s, at=known["at"], now=known["now"], config=config)
    await _store(conn, key, measured, p95_s=p95_s)


async def _store(conn: Connection, key: LatencyKey, measured: asyncpg.Record, *, p95_s: float) -> None:
    """Keep what was measured. A p95 that was held back holds the shorter percentiles back as well."""
    await conn.execute(
        """
        INSERT INTO provider_latency_learned AS l
               (route, operation, duration_s, lines, at, p5_s, p50_s, p90_s, p95_s, samples)
        VALUES ($1, $2, $3, $4, nd_now(), $5, $6, $7, $8, $9)
        ON CONFLICT (route, operation, duration_s, lines)
        DO UPDATE SET at = EXCLUDED.at, p5_s = EXCLUDED.p5_s, p50_s = EXCLUDED.p50_s, p90_s = EXCLUDED.p90_s,
                      p95_s = EXCLUDED.p95_s, samples = EXCLUDED.samples
        """,
        key.route,
        key.operation,
        key.duration_s,
        key.lines,
        min(measured["p5_s"], p95_s),
        min(measured["p50_s"], p95_s),
        min(measured["p90_s"], p95_s),
        p95_s,
        measured["samples"],
    )
