"""How much room the routes have for a generation: queues, submits, the day's money."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from core.db.health.route_health import HealthSnapshot
from core.db.pool import Connection
from core.db.routing import capacity, route_queue
from core.db.routing.capacity import RouteLimits, Spending
from core.db.routing.route_queue import RouteQueueEntry
from core.domain.generations.generation import Generation
from core.domain.ids import RouteKey
from core.domain.requests.pricing import MICROS, Fitted
from core.domain.routing.decisions import QueuePosition
from core.domain.routing.latency import Latency
from core.domain.routing.queueing import ExpectedTurn, Load, SubmitRate, pace, turn, wait_s
from worker.context import Context

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRoom:
    """What routing wants to know of it; see `RoutingContext`."""

    tokens: Mapping[RouteKey, float] = field(default_factory=dict)
    queues: Mapping[RouteKey, QueuePosition] = field(default_factory=dict)
    overspent: Mapping[RouteKey, str] = field(default_factory=dict)


def limits(ctx: Context) -> dict[RouteKey, RouteLimits]:
    """What every route that may be used is allowed, in this installation's time."""
    known = {route for routes in ctx.by_provider.values() for route in routes} | set(ctx.successors.values())
    return {
        route: RouteLimits(pace=pace_of(route, ctx), usd_micros_per_day=ctx.usd_micros_per_day.get(route))
        for route in known
    }


def pace_of(route: RouteKey, ctx: Context) -> SubmitRate | None:
    """How fast a route takes submits; None where its vendor does not say."""
    per_min = ctx.routes[route].facts.submits_per_min
    if per_min is None:
        return None
    real = pace(per_min)
    return SubmitRate(burst=real.burst, per_s=ctx.time_scale.rate(real.per_s))


def cost(route: RouteKey, fitted: Fitted, ctx: Context) -> int:
    """What an attempt costs at most, by the vendor's list price, in millionths of a US dollar."""
    return ctx.terms.offers[ctx.routes[route].facts.provider].usd_micros(fitted)


async def room(
    conn: Connection,
    generation: Generation,
    picture: HealthSnapshot,
    *,
    fitted: Mapping[RouteKey, Fitted],
    usual: Mapping[RouteKey, Latency],
    ctx: Context,
) -> RouteRoom:
    """The room that these routes have for a generation now. A route whose money is used up is held until tomorrow."""
    entries = await route_queue.queue_entries(conn, generation, list(fitted))
    tight = [
        route
        for route, entry in entries.items()
        if entry.ahead or picture.free_slots[route] <= 0 or (entry.tokens is not None and entry.tokens < 1)
    ]
    loads = await _loads(conn, {route: picture.health[route].slots for route in tight}, entries, ctx) if tight else {}
    found: dict[RouteKey, QueuePosition] = {}
    for route, load in loads.items():
        entry = entries[route]
        found[route] = QueuePosition(
            ahead=entry.ahead,
            wait_s=wait_s(load, ahead=entry.ahead, takes_s=usual[route].p50_s),
            waited_s=_since(entry.joined_at, picture.now),
        )
    return RouteRoom(
        tokens={route: entry.tokens for route, entry in entries.items() if entry.tokens is not None},
        queues=found,
        overspent=await _overspent(conn, picture, fitted, ctx),
    )


def _since(then: datetime | None, now: datetime) -> float:
    return 0.0 if then is None else max(0.0, (now - then).total_seconds())


async def _loads(
    conn: Connection, slots: Mapping[RouteKey, int], entries: Mapping[RouteKey, RouteQueueEntry], ctx: Context
) -> dict[RouteKey, Load]:
    ages_s = await route_queue.ages_s(conn, list(slots))
    loads = {}
    for route, of_route in slots.items():
        known = pace_of(route, ctx)
        loads[route] = Load(
            slots=of_route,
            ages_s=ages_s[route],
            tokens=entries[route].tokens,
            per_s=known.per_s if known else 0.0,
        )
    return loads


async def _overspent(
    conn: Connection, picture: HealthSnapshot, fitted: Mapping[RouteKey, Fitted], ctx: Context
) -> dict[RouteKey, str]:
    found: dict[RouteKey, str] = {}
    limited = [route for route in fitted if route in ctx.usd_micros_per_day]
    if not limited:
        return found
    for route, spending in (await capacity.spending_of(conn, limited)).items():
        usd_micros = cost(route, fitted[route], ctx)
        if not spending.may_be_over(usd_micros):
            continue
        found[route] = "what is under way may use up its money for today"
        if spending.is_over(usd_micros) and not picture.health[route].is_held(picture.now):
            await _hold(conn, route, spending, usd_micros=usd_micros, ctx=ctx)
    return found


async def _hold(conn: Connection, route: RouteKey, spending: Spending, *, usd_micros: int, ctx: Context) -> None:
    async with conn.transaction():
        moved = await capacity.hold_for_today(conn, route, usd_micros=usd_micros, config=ctx.health)
    for transition in moved:
        log.error(
            "route.spending_limit",
            route=route,
            spent_usd=spending.spent / MICROS,
            limit_usd=spending.limit / MICROS,
            until=transition.until.isoformat() if transition.until else None,
        )


async def turn_of(
    conn: Connection,
    entries: Mapping[RouteKey, RouteQueueEntry],
    picture: HealthSnapshot,
    *,
    usual: Mapping[RouteKey, Latency],
    ctx: Context,
) -> ExpectedTurn | None:
    """The best of the places in which a generation waits, for its message; None where it waits for no route's room."""
    if not entries:
        return None
    loads = await _loads(conn, {route: picture.health[route].slots for route in entries}, entries, ctx)
    turns = [
        turn(route, ctx.routes[route].facts.provider, loads[route], place=entry.ahead + 1, usual=usual[route])
        for route, entry in entries.items()
    ]
    return min(turns, key=lambda one: (one.latest_s is None, one.latest_s or 0.0, one.place, one.route))
