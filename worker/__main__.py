"""The worker's process: heartbeat, dispatcher and hints, until it is told to stop."""

import asyncio
import os
import shutil
import signal
import socket
from importlib.metadata import version
from pathlib import Path
from uuid import UUID, uuid4

import structlog
import uvloop

from bots import registry as chat_registry
from core import log as logs
from core.db import workers
from core.db.errors import DatabaseAway, transaction
from core.db.health import route_health
from core.db.routing import capacity
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
from worker.alerts import alert_teams
from worker.capacity import limits
from worker.context import Context
from worker.dispatcher import ClaimLimits, Dispatcher
from worker.retention import delete_what_is_old
from worker.sweep import sweep

log = structlog.get_logger()

HEARTBEAT_S = 2.0
CONNECTIONS = 12


def main() -> None:
    """Run one worker until SIGTERM or SIGINT."""
    read = settings()
    logs.configure(read)
    uvloop.run(_main(read))


async def _main(read: Settings) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stopping.set)
    async with open_runtime(read, connections=CONNECTIONS) as runtime:
        await run(runtime, stopping)


async def run(runtime: Runtime, stopping: asyncio.Event) -> None:
    """Work until `stopping`."""
    slot = f"{socket.gethostname()}/{os.environ.get('NEVERDARK_SLOT', '0')}"
    owner = f"worker:{slot}:{uuid4().hex[:8]}"
    providers = open_providers()
    chats = chat_registry.chats()
    figures = numbers(runtime.settings)
    drains: list[Dispatcher] = []

    def nudge(generation_id: UUID) -> None:
        for dispatcher in drains:
            dispatcher.hint(generation_id)

    reachable = configured(providers)
    ctx = Context(
        pool=runtime.pool,
        routes=providers.routes,
        by_provider=reachable,
        successors=successors(providers),
        terms=runtime.terms,
        storage=storage(runtime.settings),
        chats=chats,
        health=figures.health,
        routing=figures.routing,
        latency=figures.latency,
        owner=owner,
        time_scale=runtime.time_scale,
        workdir=await asyncio.to_thread(_fresh, runtime.settings.neverdark_home / "work" / slot.replace("/", "-")),
        nudge=nudge,
        addresses=addresses(runtime.settings),
        link_days=runtime.settings.link_days,
        topup_url=runtime.settings.topup_url,
        keep_days=runtime.settings.keep_days,
        usd_micros_per_day=spending_limits(),
        timeout_max_s=timeout_ceilings(),
    )
    drains.append(Dispatcher(ctx, room=ClaimLimits()))
    await _introduce(ctx, slot, stopping)
    background = [
        asyncio.create_task(_heartbeat(ctx, slot), name="heartbeat"),
        asyncio.create_task(run_hints(runtime.redis_url, nudge), name="hints"),
        asyncio.create_task(sweep(ctx), name="sweep"),
        asyncio.create_task(alert_teams(ctx), name="alerts"),
        asyncio.create_task(delete_what_is_old(ctx), name="retention"),
    ]
    log.info("worker.ready", owner=owner)
    draining = asyncio.create_task(drains[0].run(stopping), name="drain")
    try:
        await asyncio.wait({draining, *background}, return_when=asyncio.FIRST_COMPLETED)
        # One of the others never ends by itself: a worker without it stops in good order, and is started anew.
        stopping.set()
        await draining
        for task in background:
            if task.done():
                task.result()
    finally:
        await stop_tasks(background)
        await _leave(ctx)
        for chat in chats.values():
            await chat.aclose()
        await providers.aclose()
    log.info("worker.stopped")


def _fresh(folder: Path) -> Path:
    """An empty folder for clips on their way: an earlier incarnation's are of no use."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


async def _introduce(ctx: Context, slot: str, stopping: asyncio.Event) -> None:
    """Take over from an earlier incarnation of this slot at once, as soon as Postgres is there."""
    slots = {route: ctx.routes[route].facts.max_in_flight or ctx.health.slots for route in limits(ctx)}
    while not stopping.is_set():
        try:
            await _seen(ctx, slot)
            async with transaction(ctx.pool) as conn:
                await route_health.ensure(conn, slots, config=ctx.health)
            async with transaction(ctx.pool) as conn:
                lifted = await capacity.ensure(conn, limits(ctx), config=ctx.health, actor=ctx.owner)
            attempt_outcomes.report(lifted)
        except DatabaseAway:
            log.warning("worker.database_away")
            await asyncio.sleep(0.5)
        else:
            return


async def _heartbeat(ctx: Context, slot: str) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_S)
        try:
            await _seen(ctx, slot)
        except DatabaseAway:
            log.warning("worker.database_away")


async def _seen(ctx: Context, slot: str) -> None:
    async with transaction(ctx.pool) as conn:
        released = await workers.seen(conn, worker=ctx.owner, slot=slot, release=version("neverdark"))
    if released:
        log.info("worker.took_over", leases=released)


async def _leave(ctx: Context) -> None:
    try:
        async with transaction(ctx.pool) as conn:
            released = await workers.leave(conn, worker=ctx.owner)
    except DatabaseAway:
        log.warning("worker.left_without_word")
    else:
        log.info("worker.left", leases=released)


if __name__ == "__main__":
    main()
