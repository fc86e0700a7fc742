"""How much waits for a chain of providers, and how fast they take it: what a request is told before it waits, too."""

from collections.abc import Sequence

from core.db.pool import Connection
from core.domain.ids import Installation, PlatformName, ProviderName, RouteKey
from core.domain.routing.queueing import RouteRate


async def ahead(
    conn: Connection, *, platform: PlatformName, installation: Installation, chain: Sequence[ProviderName]
) -> int:
    """How many that can go nowhere else would be served before one more of this workspace, at least."""
    count: int = await conn.fetchval("SELECT waiting_ahead($1, $2, $3)", platform, installation, list(chain))
    return count


async def rates(conn: Connection, routes: Sequence[RouteKey]) -> list[RouteRate]:
    """What each of these routes takes that is not held."""
    rows = await conn.fetch("SELECT * FROM routes_rate($1)", list(routes))
    return [
        RouteRate(route=RouteKey(row["route"]), slots=row["slots"], per_s=row["per_s"], takes_s=row["takes_s"])
        for row in rows
    ]
