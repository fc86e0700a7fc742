"""The worker's process: heartbeat, dispatcher and hints, until it is told to stop."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from importlib.metadata import version
from typing import Any
from uuid import UUID, uuid4

import structlog
import uvloop

from bots import registry as chat_registry
from core import log as logs
from core import probes
from core.db import restores, workers
from core.db.errors import DatabaseAway, statement, transaction
from core.db.health import route_health
from core.db.routing import capacity
from core.life import run as until_stopped
from core.life import schema_checked, told_to_stop
from core.providers.measured import measured
from core.providers.registry import Registry
from core.queue import run_hints, stop_tasks
from core.runtime import (
    Runtime,
    addresses,
    configured,
    numbers,
    open_providers,
    open_runtime,
    spending_limits,
    storage,
    successors,
    timeout_ceilings,
)
from core.settings import Settings, settings
from worker import attempt_outcomes
from worker.alerts import EVERY_S as ALERT_EVERY_S
from worker.alerts import LEAST_S as ALERT_LEAST_S
from worker.alerts import once as alert_teams
from worker.capacity import limits
from worker.context import Context
from worker.dispatcher import ClaimLimits, Dispatcher
from worker.housekeeping import EVERY_S as TIDY_EVERY_S
from worker.housekeeping import once as tidy
from worker.removals import EVERY_S as REMOVAL_EVERY_S
from worker.removals import LEAST_S as REMOVAL_LEAST_S
from worker.removals import once as take_away
from worker.resident import begun, resident
from worker.retention import EVERY_S as RETENTION_EVERY_S
from worker.retention import once as delete_what_is_old
from worker.scheduled import EVERY_S as SCHEDULED_EVERY_S
from worker.scheduled import LEAST_S as SCHEDULED_LEAST_S
from worker.scheduled import once as begin_scheduled
from worker.show import once as show_videos
from worker.slots import Slot, host, take
from worker.sweep import EVERY_S as SWEEP_EVERY_S
from worker.sweep import LEAST_S as SWEEP_LEAST_S
from worker.sweep import once as sweep
from worker.waiting_steps import EVERY_S as STEPS_EVERY_S
from worker.waiting_steps import LEAST_S as STEPS_LEAST_S
from worker.waiting_steps import once as answer_steps

log = structlog.get_logger()

RELEASE = version("neverdark")
HEARTBEAT_S = 2.0
CONNECTIONS = 12
LEAVE_S = 3.0
"""A worker that leaves waits no longer for Postgres: its leases are given back by the others then."""
CLOSE_S = 1.0
GIVE_WAY = 5
"""A video takes minutes, and a person waits for the first word: beside bots a worker has what they leave."""
FIRST_S = 3.0
"""How long a chat that is away may keep a worker from being ready."""


def main() -> None:
    """Run one worker until SIGTERM or SIGINT."""
    read = settings()
    logs.configure(read, process="worker")
    uvloop.run(_main(read))


async def _main(read: Settings) -> None:
    stopping = told_to_stop()
    async with open_runtime(read, process="worker", connections=CONNECTIONS) as runtime:
        await until_stopped(stopping, schema_checked(runtime.pool))
        if not stopping.is_set():
            os.nice(GIVE_WAY)
            async with probes.serving("worker", runtime) as probe:
                await run(runtime, stopping, probe)


async def run(runtime: Runtime, stopping: asyncio.Event, probe: probes.Probe) -> None:
    """Work until `stopping`."""
    machine = host(socket.gethostname())
    owner = f"worker:{machine}:{os.getpid()}:{uuid4().hex[:8]}"
    slot = await asyncio.to_thread(take, runtime.settings.neverdark_home, owner=owner)
    providers = open_providers()
    dispatchers: list[Dispatcher] = []

    def nudge(generation_id: UUID) -> None:
        for dispatcher in dispatchers:
            dispatcher.hint(generation_id)

    ctx = _context(runtime, providers, slot, owner=owner, nudge=nudge)
    dispatchers.append(Dispatcher(ctx, room=ClaimLimits()))
    if not await begun("worker", partial(_introduce, ctx, machine, slot), stopping):
        await _close(ctx, providers)
        return
    asked = asyncio.Event()
    tokens = asyncio.create_task(_tokens_taken(ctx, asked), name="tokens")
    loops = _loops(ctx, machine) | {"hints": resident("hints", partial(run_hints, runtime.redis_url, nudge), every_s=0)}
    background = [tokens, *(asyncio.create_task(loop, name=name) for name, loop in loops.items())]
    await _first(stopping, asked, tokens)
    if not tokens.done() and not stopping.is_set():
        probe.ready = True
        log.info("worker.ready", owner=owner)
    dispatching = asyncio.create_task(dispatchers[0].run(stopping), name="dispatcher")
    try:
        await asyncio.wait({dispatching, *background}, return_when=asyncio.FIRST_COMPLETED)
        # None of them ends by itself: a worker without one of them stops in good order, and is started anew.
        stopping.set()
        await dispatching
        for task in background:
            if task.done():
                task.result()
    finally:
        await stop_tasks(background)
        await _close(ctx, providers)
    log.info("worker.stopped")


def _context(
    runtime: Runtime, providers: Registry, slot: Slot, *, owner: str, nudge: Callable[[UUID], None]
) -> Context:
    """What every step of this worker works with."""
    figures = numbers(runtime.settings)
    return Context(
        pool=runtime.pool,
        routes={key: measured(route) for key, route in providers.routes.items()},
        by_provider=configured(providers),
        successors=successors(providers),
        terms=runtime.terms,
        storage=storage(runtime.settings),
        chats=chat_registry.chats(runtime.pool),
        health=figures.health,
        routing=figures.routing,
        latency=figures.latency,
        owner=owner,
        time_scale=runtime.time_scale,
        workdir=slot.folder,
        nudge=nudge,
        addresses=addresses(runtime.settings),
        link_days=runtime.settings.link_days,
        topup_url=runtime.settings.topup_url,
        keep_days=runtime.settings.keep_days,
        usd_micros_per_day=spending_limits(),
        timeout_max_s=timeout_ceilings(),
    )


def _loops(ctx: Context, machine: str) -> dict[str, Coroutine[Any, Any, None]]:
    """The endless tasks beside the dispatcher, by name."""
    sweep_every_s = max(SWEEP_LEAST_S, ctx.scaled(SWEEP_EVERY_S))
    steps_every_s = max(STEPS_LEAST_S, ctx.scaled(STEPS_EVERY_S))
    alert_every_s = max(ALERT_LEAST_S, ctx.scaled(ALERT_EVERY_S))
    return {
        "heartbeat": resident("heartbeat", partial(_seen, ctx, machine), every_s=HEARTBEAT_S),
        "sweep": resident("sweep", partial(sweep, ctx, {}, set()), every_s=sweep_every_s),
        "housekeeping": resident("housekeeping", partial(tidy, ctx), every_s=TIDY_EVERY_S),
        "retention": resident("retention", partial(delete_what_is_old, ctx), every_s=RETENTION_EVERY_S),
        "show": resident("show", partial(show_videos, ctx), every_s=alert_every_s),
        "waiting steps": resident("waiting steps", partial(answer_steps, ctx), every_s=steps_every_s),
        "alerts": resident("alerts", partial(alert_teams, ctx), every_s=alert_every_s),
        "scheduled": resident(
            "scheduled", partial(begin_scheduled, ctx), every_s=max(SCHEDULED_LEAST_S, ctx.scaled(SCHEDULED_EVERY_S))
        ),
        "removals": resident(
            "removals", partial(take_away, ctx), every_s=max(REMOVAL_LEAST_S, ctx.scaled(REMOVAL_EVERY_S))
        ),
    }


async def _tokens_taken(ctx: Context, asked: asyncio.Event) -> None:
    """Raises SettingsError when a chat refuses our token; does not end otherwise."""
    await chat_registry.tokens_taken(ctx.chats, asked=asked)
    await asyncio.Event().wait()


async def _first(stopping: asyncio.Event, asked: asyncio.Event, tokens: "asyncio.Task[None]") -> None:
    """Wait for the chats' first answer, or until that has taken too long; work does not wait for one that is away."""
    ends = [asyncio.create_task(event.wait()) for event in (stopping, asked)]
    await asyncio.wait({*ends, tokens}, timeout=FIRST_S, return_when=asyncio.FIRST_COMPLETED)
    await stop_tasks(ends)


async def _introduce(ctx: Context, machine: str, slot: Slot) -> None:
    """Take over from the dead worker whose slot this is, and see that every route has its rows."""
    slots = {route: ctx.routes[route].facts.max_in_flight or ctx.health.slots for route in limits(ctx)}
    async with transaction(ctx.pool) as conn:
        restored = await restores.noticed(conn)
    if restored is not None:
        known = restored.known_until.isoformat() if restored.known_until else None
        log.warning("database.restored", known_until=known, messages=restored.messages)
    await _seen(ctx, machine, before=slot.before)
    async with transaction(ctx.pool) as conn:
        await route_health.ensure(conn, slots, config=ctx.health)
    async with transaction(ctx.pool) as conn:
        lifted = await capacity.ensure(conn, limits(ctx), config=ctx.health, actor=ctx.owner)
    attempt_outcomes.report(lifted)


async def _seen(ctx: Context, machine: str, *, before: str | None = None) -> None:
    """One heartbeat."""
    async with statement(ctx.pool) as conn:
        heard = await workers.seen(conn, worker=ctx.owner, host=machine, release=RELEASE, before=before)
    if heard.is_new:
        log.info("worker.slot", slot=heard.slot)
    if heard.released:
        log.info("worker.took_over", leases=heard.released)


async def _close(ctx: Context, providers: Registry) -> None:
    """Hand back what is leased, and close what talks to the world, each within its time."""
    await _leave(ctx)
    for chat in ctx.chats.values():
        await _within(chat.aclose())
    await _within(providers.aclose())


async def _within(closing: Awaitable[None]) -> None:
    try:
        async with asyncio.timeout(CLOSE_S):
            await closing
    except TimeoutError:
        log.warning("worker.close_failed")


async def _leave(ctx: Context) -> None:
    try:
        async with asyncio.timeout(LEAVE_S), transaction(ctx.pool) as conn:
            released = await workers.leave(conn, worker=ctx.owner)
    except (DatabaseAway, TimeoutError):
        log.warning("worker.left_without_word")
    else:
        log.info("worker.left", leases=released)


if __name__ == "__main__":
    main()
