"""What routing is told: the routes' health, room and usual times, and the admission of an attempt."""

import time
from collections.abc import Mapping, Sequence

from core.db.errors import connection
from core.db.health import route_health
from core.db.pool import Connection
from core.db.routing import admission, latency
from core.db.routing.admission import Admission
from core.domain.generations.generation import Generation
from core.domain.health.route_health import HealthState, Reason, RouteHealth
from core.domain.ids import RouteKey
from core.domain.requests.pricing import Fitted, fit
from core.domain.routing.decisions import Candidate, RoutingContext
from core.domain.routing.latency import Latency, LatencyKey, prior, timeout_s
from core.providers.adapter import unfit
from worker import capacity
from worker.context import Context

LATELY_S = 10.0


async def routing_context(conn: Connection, generation: Generation, ctx: Context) -> RoutingContext:
    """What routing wants to know about the routes that this generation may use."""
    planned = {name: ctx.by_provider.get(name, ()) for name in generation.chain}
    known = [route for routes in planned.values() for route in routes]
    known += [ctx.successors[route] for route in known if route in ctx.successors]
    picture = await route_health.read(conn, known, config=ctx.health, routing=ctx.routing)
    by_provider = {name: _with_successors(routes, picture.health, ctx) for name, routes in planned.items()}
    fitted = {
        route: fit(generation.request, ctx.terms.offers[provider].capabilities)
        for provider, its_routes in by_provider.items()
        for route in its_routes
    }
    expected = await usual_of(conn, fitted, ctx)
    room = await capacity.room(conn, generation, picture, fitted=fitted, usual=expected, ctx=ctx)
    return RoutingContext(
        routes=by_provider,
        health=picture.health,
        p95_s={route: usually.p95_s for route, usually in expected.items()},
        unfit=lambda route: (
            ctx.terms.offers[ctx.routes[route].facts.provider].capabilities.lacks(generation.request)
            or unfit(
                ctx.routes[route].facts,
                fitted[route],
                first_frame=generation.request.first_frame is not None,
                last_frame=generation.request.last_frame is not None,
                references=len(generation.request.references),
            )
        ),
        free_slots=picture.free_slots,
        tokens=room.tokens,
        queues=room.queues,
        overspent=room.overspent,
        extras=picture.extras,
        jobs=picture.jobs,
    )


def _with_successors(
    routes: Sequence[RouteKey], rows: Mapping[RouteKey, RouteHealth], ctx: Context
) -> tuple[RouteKey, ...]:
    """The routes, and behind each whose model is gone the one that takes its place."""
    found: list[RouteKey] = []
    for route in routes:
        found.append(route)
        row = rows[route]
        is_gone = row.state is HealthState.HELD and row.reason is Reason.MODEL_GONE
        if is_gone and route in ctx.successors:
            found.append(ctx.successors[route])
    return tuple(dict.fromkeys(found))


async def usual(conn: Connection, route: RouteKey, fitted: Fitted, ctx: Context) -> Latency:
    """How long this takes there: by history, or by the route's own guess."""
    return (await usual_of(conn, {route: fitted}, ctx))[route]


async def usual_now(route: RouteKey, fitted: Fitted, ctx: Context) -> Latency:
    """The same where no connection is at hand: most of the time none is needed."""
    key = latency_key(route, fitted)
    if _is_fresh(key, ctx):
        return ctx.latencies[key][1]
    async with connection(ctx.pool) as conn:
        return await usual(conn, route, fitted, ctx)


async def usual_of(conn: Connection, wanted: Mapping[RouteKey, Fitted], ctx: Context) -> dict[RouteKey, Latency]:
    """The same for several routes. What was read some seconds ago is good enough: it is learned slowly."""
    keys = {route: latency_key(route, fitted) for route, fitted in wanted.items()}
    now = time.monotonic()
    stale = {route: key for route, key in keys.items() if not _is_fresh(key, ctx)}
    if stale:
        for key in stale.values():
            if key in ctx.latencies:  # while this one asks, the others go by what is known
                ctx.latencies[key] = (now, ctx.latencies[key][1])
        priors = {route: prior(ctx.scaled(ctx.routes[route].facts.usual_s)) for route in stale}
        read = await latency.learned(conn, stale, priors=priors)
        ctx.latencies.update({stale[route]: (now, found) for route, found in read.items()})
    return {route: ctx.latencies[key][1] for route, key in keys.items()}


async def usual_lately(route: RouteKey, fitted: Fitted, ctx: Context) -> Latency:
    """The same for polls, which are many and need no connection for it most of the time.

    While one of them reads it, the others go by what is known, or by the route's own guess: hundreds begin at once.
    """
    key = latency_key(route, fitted)
    if key in ctx.latencies and (_is_fresh(key, ctx) or key in ctx.asking):
        return ctx.latencies[key][1]
    if key in ctx.asking:
        return prior(ctx.scaled(ctx.routes[route].facts.usual_s))
    ctx.asking.add(key)
    try:
        async with connection(ctx.pool) as conn:
            return await usual(conn, route, fitted, ctx)
    finally:
        ctx.asking.discard(key)


def _is_fresh(key: LatencyKey, ctx: Context) -> bool:
    return key in ctx.latencies and time.monotonic() - ctx.latencies[key][0] <= LATELY_S


def latency_key(route: RouteKey, fitted: Fitted) -> LatencyKey:
    """Under what an attempt's duration is remembered."""
    operation = "image" if fitted.framed else "text"
    return LatencyKey(route=route, operation=operation, duration_s=fitted.duration_s, lines=fitted.lines)


async def admit(
    conn: Connection,
    generation: Generation,
    candidate: Candidate,
    *,
    n: int,
    fitted: Fitted,
    ctx: Context,
    hedges_sick: bool = False,
) -> Admission:
    """Ask the route for a slot, in the transaction that intends the attempt.

    Its slot is kept until it would be over its deadline; when the vendor accepts it, until what is then its deadline.
    """
    expected = await usual(conn, candidate.route, fitted, ctx)
    return await admission.admit(
        conn,
        candidate.route,
        admission.applicant(generation, n),
        kind=candidate.kind,
        p95_s=expected.p95_s,
        lease_s=timeout_s(expected, ctx.latency, ceiling_s=ceiling_s(candidate.route, fitted, ctx)),
        usd_micros=capacity.cost(candidate.route, fitted, ctx),
        config=ctx.health,
        is_first=n == 1,
        hedges_sick=hedges_sick,
        counts_late=ctx.routes[candidate.route].facts.max_in_flight is not None,
    )


def ceiling_s(route: RouteKey, fitted: Fitted, ctx: Context) -> float:
    """How long one attempt may take there at most, whatever history says: the operator's ceiling, or the adapter's."""
    ceilings: Mapping[int | None, float] = ctx.routes[route].facts.timeout_max_s
    own_s = ctx.timeout_max_s.get(route)
    return ctx.scaled(ceilings.get(fitted.duration_s, ceilings[None]) if own_s is None else own_s)
