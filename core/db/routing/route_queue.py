"""The queues of the routes: who stands in which, who is before them, and whose turn has come.

Places are made in Postgres (`route_queue_order`), in the order of `core.domain.routing.queueing`. A generation leaves
its queues when it gets an attempt or ends: triggers see to that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from core.db.generations.claims import GRACE_S
from core.db.pool import Connection, seconds
from core.domain.generations.generation import Generation
from core.domain.ids import GenerationId, RouteKey


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteQueueEntry:
    """How one generation stands at one route.

    Args:
        ahead: how many others are served before it.
        joined_at: since when it stands in the queue; None where it does not.
        tokens: submits that the route takes now; None where there is no limit.
    """

    ahead: int
    joined_at: datetime | None
    tokens: float | None


async def queue_entries(
    conn: Connection, generation: Generation, routes: Sequence[RouteKey], *, grace_s: float = GRACE_S
) -> dict[RouteKey, RouteQueueEntry]:
    """How a generation stands at these routes, or would stand if it joined their queues now.

    Args:
        grace_s: who was called so long ago and did not come counts as ahead of nobody.
    """
    records = await conn.fetch(
        "SELECT * FROM route_ahead($1, $2, $3, $4, $5, $6)",
        list(routes),
        seconds(grace_s),
        generation.id,
        generation.team_id,
        generation.member_id,
        generation.created_at,
    )
    return _entries(records)


async def enqueue(conn: Connection, generation: Generation, places: Mapping[RouteKey, int]) -> None:
    """Stand in the queues of exactly these routes, each with the place it has there by what is known.

    Who stood there already has stood there all along, and may be called again. The caller holds the generation.
    """
    await conn.execute(
        "DELETE FROM route_queue WHERE generation_id = $1 AND route <> ALL ($2)", generation.id, list(places)
    )
    if not places:
        return
    await conn.execute(
        """
        INSERT INTO route_queue AS q (
               route, generation_id, team_id, member_id, asked_at, place, team_turn, member_turn)
        SELECT p.route, g.id, g.team_id, g.member_id, g.created_at, p.place, t.team_turn, t.member_turn
          FROM generations g, unnest($3::text[], $4::integer[]) AS p (route, place),
               LATERAL route_turn(p.route, g.id, g.team_id, g.member_id, g.created_at) AS t
         WHERE g.id = $1 AND g.fence = $2 AND g.cancel_requested_at IS NULL
        ON CONFLICT (route, generation_id) DO UPDATE SET place = EXCLUDED.place, called_at = NULL
        """,
        generation.id,
        generation.fence,
        list(places),
        list(places.values()),
    )


async def refresh_positions(conn: Connection, *, grace_s: float = GRACE_S) -> int:
    """Bring the places up to date that people are shown. Returns how many have moved."""
    routes = await conn.fetch(
        "SELECT route FROM provider_health h WHERE EXISTS (SELECT 1 FROM route_queue q WHERE q.route = h.route)"
    )
    moved = 0
    for record in routes:
        moved += await conn.fetchval("SELECT refresh_queue_positions($1, $2)", record["route"], seconds(grace_s))
    return moved


async def shown_positions(conn: Connection, generation_id: GenerationId) -> dict[RouteKey, RouteQueueEntry]:
    """Where a generation stands in each queue that it stands in, as last counted: for a message, not for a decision."""
    records = await conn.fetch(
        "SELECT route, place - 1 AS ahead, joined_at, route_tokens(route) AS tokens FROM route_queue "
        "WHERE generation_id = $1",
        generation_id,
    )
    return _entries(records)


def _entries(records: Iterable[asyncpg.Record]) -> dict[RouteKey, RouteQueueEntry]:
    return {
        RouteKey(r["route"]): RouteQueueEntry(ahead=r["ahead"], joined_at=r["joined_at"], tokens=r["tokens"])
        for r in records
    }


async def ages_s(conn: Connection, routes: Sequence[RouteKey]) -> dict[RouteKey, list[float]]:
    """For how long each attempt has been running that holds a slot at these routes."""
    records = await conn.fetch(
        """
        SELECT s.route, extract(epoch FROM nd_now() - coalesce(a.accepted_at, a.intended_at))::double precision AS age_s
          FROM provider_slots s JOIN attempts a ON a.generation_id = s.generation_id AND a.n = s.n
         WHERE s.route = ANY ($1) AND s.until > nd_now()
        """,
        list(routes),
    )
    found: dict[RouteKey, list[float]] = {route: [] for route in routes}
    for record in records:
        found[RouteKey(record["route"])].append(record["age_s"])
    return found
