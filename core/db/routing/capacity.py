"""What routes may be given, besides slots: submits at a rate, and money a day.

Who is admitted, and what that costs the route, is `admission`'s affair.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from core.db.health import route_health
from core.db.pool import Connection
from core.domain.health.config import HealthConfig
from core.domain.health.route_health import Transition
from core.domain.ids import RouteKey
from core.domain.requests.pricing import MICROS
from core.domain.routing.queueing import SubmitRate

SPENDING = "spending limit"
"""The actor of holds that a day's spending has caused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteLimits:
    """What the operator and the vendor allow a route.

    Args:
        pace: of submits; None is any.
        usd_micros_per_day: what its attempts may cost in a day, UTC; None is any amount.
    """

    pace: SubmitRate | None = None
    usd_micros_per_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What a route has cost today, in millionths of a US dollar.

    Args:
        spent: by attempts that have ended.
        reserved: what those under way may still cost.
    """

    spent: int
    reserved: int
    limit: int

    def is_over(self, usd_micros: int) -> bool:
        """Whether so much more is too much, whatever becomes of what is under way."""
        return self.spent + usd_micros > self.limit

    def may_be_over(self, usd_micros: int) -> bool:
        """Whether it would be too much if all that is under way has to be paid."""
        return self.spent + self.reserved + usd_micros > self.limit


async def ensure(
    conn: Connection, limits: Mapping[RouteKey, RouteLimits], *, config: HealthConfig, actor: str
) -> tuple[Transition, ...]:
    """Know these routes' limits. A hold that a day's spending has caused ends here if there is money again."""
    released: tuple[Transition, ...] = ()
    for route in sorted(limits):
        pace, usd = limits[route].pace, limits[route].usd_micros_per_day
        await route_health.lock(conn, route, config=config)
        await conn.execute(
            """
            INSERT INTO route_limits AS l (route, per_s, burst, tokens, usd_micros_per_day) VALUES ($1, $2, $3, $3, $4)
            ON CONFLICT (route) DO UPDATE
               SET per_s = $2, burst = $3, tokens = coalesce(route_tokens($1), $3), tokens_at = nd_now(),
                   usd_micros_per_day = $4
             WHERE (l.per_s, l.burst, l.usd_micros_per_day) IS DISTINCT FROM ($2, $3, $4)
            """,
            route,
            pace.per_s if pace else None,
            pace.burst if pace else 1.0,
            usd,
        )
        released += await _lift(conn, route, config=config, actor=actor)
    return released


async def _lift(conn: Connection, route: RouteKey, *, config: HealthConfig, actor: str) -> tuple[Transition, ...]:
    """End the hold of a day's spending, if it stands and nobody has moved the route since, and there is money again."""
    stands = await conn.fetchval(
        "SELECT true FROM route_limits l JOIN provider_health h USING (route) "
        "WHERE route = $1 AND h.state = 'held' AND h.epoch = l.held_epoch",
        route,
    )
    if not stands:
        return ()
    spending = (await spending_of(conn, [route])).get(route)
    if spending is not None and spending.spent + spending.reserved >= spending.limit:
        return ()
    return await route_health.release(conn, route, why="its limit for today was raised", config=config, actor=actor)


async def spending_of(conn: Connection, routes: Sequence[RouteKey]) -> dict[RouteKey, Spending]:
    """What those of these routes have cost today that have a limit."""
    records = await conn.fetch(
        "SELECT l.route, l.usd_micros_per_day, s.spent, s.reserved FROM route_limits l, route_spent(l.route) s "
        "WHERE l.route = ANY ($1) AND l.usd_micros_per_day IS NOT NULL",
        list(routes),
    )
    return {
        RouteKey(r["route"]): Spending(spent=r["spent"], reserved=r["reserved"], limit=r["usd_micros_per_day"])
        for r in records
    }


async def hold_for_today(
    conn: Connection, route: RouteKey, *, usd_micros: int, config: HealthConfig
) -> tuple[Transition, ...]:
    """Take a route out until midnight, UTC, because an attempt at this price is more than is left of its day's money.

    Nothing happens where that is not so, or no longer: everything is looked at again under the route's lock.
    """
    row = await route_health.lock(conn, route, config=config)
    spending = (await spending_of(conn, [route])).get(route)
    if spending is None or not spending.is_over(usd_micros):
        return ()
    now: datetime = await conn.fetchval("SELECT nd_now()")
    if row.is_held(now):
        return ()
    tomorrow = datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
    why = f"its limit of ${spending.limit / MICROS:,.2f} for today is reached"
    transitions = await route_health.hold(conn, route, why=why, until=tomorrow, config=config, actor=SPENDING)
    await conn.execute(
        "UPDATE route_limits l SET held_epoch = h.epoch FROM provider_health h WHERE l.route = $1 AND h.route = $1",
        route,
    )
    return transitions
