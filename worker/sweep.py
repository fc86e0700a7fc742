"""Ages what runs: attempts that should be done by now count against their routes, and free checks are made.

One process at a time has the duty. Timers are settled on read as well, so a dead sweeper strands no route.
"""

import asyncio
from functools import partial

import structlog

from core.db import chat_budgets, workers
from core.db.errors import connection, statement, transaction
from core.db.generations import claims, stalled_generations
from core.db.generations.overdue import overdue
from core.db.generations.stalled_generations import Stall
from core.db.health import route_health
from core.db.pool import Connection
from core.db.routing import route_queue
from core.domain.errors import ProviderError
from core.domain.health.events import FreeCheck, Overdue, Tick
from core.domain.ids import GenerationId, RouteKey
from core.domain.routing.latency import prior
from worker import attempt_outcomes
from worker.context import Context
from worker.resident import Rounds

log = structlog.get_logger()

EVERY_S, LEAST_S = 5.0, 0.5
DUTY_S = 20.0
"""How long the others leave it to the one that has swept last."""
NEWS_MAX = 200
"""Attempts that a sweep counts against their routes. The next one is a few seconds away."""
TOLD_MAX = 20
"""Alarms by name at once: after an outage of all workers there may be thousands."""


async def once(ctx: Context, checked_at: dict[RouteKey, float], told: set[tuple[GenerationId, Stall]]) -> None:
    """One round, by the process that has the duty. A route whose check ends in a bug costs the others nothing."""
    async with statement(ctx.pool) as conn:
        if not await workers.take_duty(conn, "sweep", holder=ctx.owner, for_s=DUTY_S):
            return
    async with connection(ctx.pool) as conn:
        await age(conn, ctx)
        await alarm(conn, told)
    async with statement(ctx.pool) as conn:
        await route_queue.refresh_positions(conn)
    async with statement(ctx.pool) as conn:
        await chat_budgets.sweep(conn)
    due = _due_checks(ctx, checked_at)
    await asyncio.gather(*(Rounds(f"sweep.{route}").run(partial(_check, route, ctx)) for route in due))


async def alarm(conn: Connection, told: set[tuple[GenerationId, Stall]]) -> None:
    """Tell the operator of each generation that does not move, once for as long as this process sees it."""
    found = {(one.id, one.stall): one for one in await stalled_generations.stalled(conn)}
    fresh = [one for key, one in found.items() if key not in told]
    for one in fresh[:TOLD_MAX]:
        log.error(
            "generation.stalled",
            generation_id=str(one.id), state=one.state, stall=one.stall, since=one.since.isoformat(),
        )  # fmt: skip
    if len(fresh) > TOLD_MAX:
        log.error("generation.more_stalled", count=len(fresh) - TOLD_MAX)
    told.clear()
    told.update(found)


def _due_checks(ctx: Context, checked_at: dict[RouteKey, float]) -> list[RouteKey]:
    now = asyncio.get_running_loop().time()
    routes = [route for routes in ctx.by_provider.values() for route in routes]
    due = [route for route in routes if now - checked_at.get(route, 0.0) >= ctx.health.free_check_every_s]
    checked_at.update(dict.fromkeys(due, now))
    return due


async def age(conn: Connection, ctx: Context) -> int:
    """A running attempt older than p95 says something about its route, once. Returns of how many this was news."""
    guesses = {route: prior(ctx.scaled(provider.facts.usual_s)).p95_s for route, provider in ctx.routes.items()}
    late = await overdue(conn, guesses, very=ctx.health.probe_late_factor, limit=NEWS_MAX)
    for attempt, by in late:
        async with transaction(ctx.pool) as writing:
            generation = await claims.load(writing, attempt.generation_id)
            if generation is not None:
                event = Overdue(attempt=attempt_outcomes.facts(generation, attempt), by=by)
                attempt_outcomes.report(
                    await route_health.apply(writing, attempt.route, event, config=ctx.health, actor=ctx.owner)
                )
    return len(late)


async def _check(route: RouteKey, ctx: Context) -> None:
    """Ask the route something that costs nothing."""
    try:
        async with asyncio.timeout(15):
            await ctx.routes[route].check()
    except ProviderError as error:
        event = FreeCheck(ok=False, error_class=error.error_class)
    except TimeoutError:
        event = FreeCheck(ok=False)
    else:
        event = FreeCheck(ok=True)
    async with transaction(ctx.pool) as conn:
        transitions = await route_health.apply(conn, route, event, config=ctx.health, actor=ctx.owner)
        transitions += await route_health.apply(conn, route, Tick(), config=ctx.health, actor=ctx.owner)
    attempt_outcomes.report(transitions)
