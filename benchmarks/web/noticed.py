"""How soon a vendor's end is noticed: from the end of the task at the sandbox's Ark to the engine's knowledge of it.

The chain is the product's own: the vendor's callback, `web`, the attempt's `wake_at`, a hint through Redis, the
the dispatcher, a poll, a commit. The floor is the first link alone: the same vendor calling a bare route.
"""

import asyncio
import logging
import multiprocessing
import socket
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.db.errors import transaction
from core.db.health import route_health
from core.db.pool import Pool, open_pool
from core.domain.chat.addresses import Addresses
from core.domain.health.config import HealthConfig, LatencyConfig, RoutingConfig
from core.domain.ids import ChannelId, GenerationId, Installation, PlatformName, RouteKey, Thread, UserId
from core.domain.requests.pricing import fit
from core.domain.requests.request import VideoRequest
from core.domain.requests.terms import Terms
from core.domain.requests.tiers import SEEDANCE, TierName
from core.domain.time_scale import REAL_TIME
from core.ports import VideoJob
from core.providers import registry
from core.providers.adapter import RouteConfig
from core.providers.registry import Registry
from core.queue import Hints, run_hints
from core.storage import ObjectStorage
from core.usecases.requests.submit import VideoCommand, submit
from sandbox.vendors import Vendors, vendor_mounts
from sandbox.world import World
from web.app import build
from worker.context import Context
from worker.dispatcher import ClaimLimits, Dispatcher

ROUTE = RouteKey("seedance.ark")
SECRET = "a secret of the benchmark"  # noqa: S105 - it keeps nothing
FACTOR = 40.0
"""A video takes one and a half seconds; left to itself the worker would first ask after half a minute."""
APART_S = 0.25
PATIENCE_S = 60.0
REQUEST = VideoRequest(prompt="a red fox in the snow", tier=TierName.STANDARD)


Served = tuple[Starlette, Callable[[], dict[str, float]]]
"""An application, and the times that it knows, by name."""


@dataclass(frozen=True)
class Lags:
    """Milliseconds from the vendor's end, of each video."""

    floor_ms: list[float]
    ours_ms: list[float]


def measure(dsn: str, redis_url: str, *, videos: int) -> Lags:
    """Both figures, in one run; Postgres is migrated already."""
    with tempfile.TemporaryDirectory(prefix="nd-noticed-") as name, _served(_sandbox, name) as (port, vendor):
        vendors = f"http://127.0.0.1:{port}/vendors/ark/api/v3"
        with _served(_bare) as (ear, heard):
            known = asyncio.run(_call_only(vendors, f"http://127.0.0.1:{ear}", heard, videos=videos))
            floor_ms = _lags_ms(known, _told_by(vendor))
        with _served(_web, dsn, redis_url, name) as (web, _):
            work = _make(dsn, redis_url, vendors, f"http://127.0.0.1:{web}", Path(name), videos=videos)
            ours_ms = _lags_ms(asyncio.run(work), _told_by(vendor))
    return Lags(floor_ms=floor_ms, ours_ms=ours_ms)


def told(lags: Lags) -> Iterator[str]:
    """Lines for people."""
    for name, each in (("callback, bare route  ", lags.floor_ms), ("noticed by the engine ", lags.ours_ms)):
        worst = statistics.quantiles(each, n=20)[18]
        yield f"{name} {statistics.median(each):7.0f} ms median of {len(each)}   p95 {worst:6.0f} ms"
    over = statistics.median(lags.ours_ms) - statistics.median(lags.floor_ms)
    yield f"noticed: {over:.0f} ms after a bare route would have been called"


def _lags_ms(known: Mapping[str, float], ended: Mapping[str, float]) -> list[float]:
    return [(at - ended[task]) * 1000 for task, at in known.items()]


async def _call_only(vendors: str, ear: str, heard: Pipe, *, videos: int) -> dict[str, float]:
    """Tasks at the vendor that call a bare route; when each was heard of."""
    called: dict[str, str] = {}
    async with _providers(vendors) as providers:
        fitted = fit(REQUEST, providers.offers[SEEDANCE].capabilities)
        for n in range(videos):
            job = VideoJob(
                generation_id=GenerationId(uuid4()), attempt=1, external_id=uuid4(), prompt=f"{REQUEST.prompt} {n}",
                fitted=fitted, callback_url=f"{ear}/called/{n}",
            )  # fmt: skip
            called[f"/called/{n}"] = await providers.routes[ROUTE].submit(job)
            await asyncio.sleep(APART_S)
        await _until(lambda: len(_told_by(heard)) == videos)
    return {called[path]: at for path, at in _told_by(heard).items()}


async def _make(dsn: str, redis_url: str, vendors: str, web: str, folder: Path, *, videos: int) -> dict[str, float]:
    """Generations of a worker; when it knew of each task's end."""
    noticed: dict[UUID, float] = {}

    def nudge(generation_id: UUID) -> None:
        noticed.setdefault(generation_id, time.time())
        dispatcher.hint(generation_id)

    async with _providers(vendors) as providers, open_pool(dsn, size_max=12) as pool:
        ctx = _context(pool, providers, nudge, base=web, folder=folder)
        async with transaction(pool) as conn:
            await route_health.ensure(conn, {ROUTE: 100}, config=ctx.health)
        dispatcher, stopping = (
            Dispatcher(ctx, room=ClaimLimits(deliveries=0)),
            asyncio.Event(),
        )  # nobody is there to be told
        taking = asyncio.create_task(run_hints(redis_url, dispatcher.hint))
        dispatching = asyncio.create_task(dispatcher.run(stopping))
        try:
            for n in range(videos):
                await _ask(n, pool, ctx)
                await asyncio.sleep(APART_S)
            await _until(lambda: len(noticed) == videos)
        finally:
            stopping.set()
            await dispatching
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)
        rows = await pool.fetch("SELECT generation_id, provider_task_id FROM attempts")
    return {row["provider_task_id"]: noticed[row["generation_id"]] for row in rows if row["generation_id"] in noticed}


async def _ask(n: int, pool: Pool, ctx: Context) -> None:
    asked = VideoCommand(
        platform=PlatformName("bench"), installation=Installation("w"), channel=ChannelId("c"), user=UserId("ana"),
        event=str(n), place=Thread("c"), request=REQUEST,
    )  # fmt: skip
    await submit(asked, pool=pool, terms=ctx.terms, owner="bench")


def _context(pool: Pool, providers: Registry, nudge: Callable[[UUID], None], *, base: str, folder: Path) -> Context:
    (folder / "work").mkdir()
    return Context(
        pool=pool, routes=providers.routes, by_provider={SEEDANCE: (ROUTE,)}, successors={},
        terms=Terms(offers={SEEDANCE: providers.offers[SEEDANCE]}, free_credits=1_000_000, open_most=10**6),
        storage=ObjectStorage(f"file://{folder / 'store'}"), chats={}, health=HealthConfig(), routing=RoutingConfig(),
        latency=LatencyConfig(), owner="worker:bench", time_scale=REAL_TIME, workdir=folder / "work", nudge=nudge,
        addresses=Addresses(base=base, secret=SECRET),
    )  # fmt: skip


@asynccontextmanager
async def _providers(vendors: str) -> AsyncIterator[Registry]:
    """The adapters, with the sandbox behind them."""
    opened = registry.build({ROUTE: RouteConfig(api_key="sandbox", base_url=vendors, allow_private=True)})
    try:
        yield opened
    finally:
        await opened.aclose()


async def _until(look: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not look():  # noqa: ASYNC110 - it is looked at from outside
            await asyncio.sleep(0.05)


@contextmanager
def _served(run: Callable[..., Any], *given: str) -> Iterator[tuple[int, Pipe]]:
    """A server process: its port, and a pipe that gives times by name for every word but "stop"."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(256)
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=_process, args=(run, listener, theirs, given))
        process.start()
        theirs.close()  # so that a process that dies is noticed, and not waited for
        _told_by(ours)
        try:
            yield listener.getsockname()[1], ours
        finally:
            ours.send("stop")
            process.join(20)


def _told_by(pipe: Pipe) -> dict[str, float]:
    pipe.send("times")
    told: dict[str, float] = pipe.recv()
    return told


def _process(run: Callable[..., Any], listener: socket.socket, pipe: Pipe, given: tuple[str, ...]) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

    async def serve() -> None:
        async with run(f"http://127.0.0.1:{listener.getsockname()[1]}", *given) as (app, times):
            server = uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning", lifespan="off"))
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            while await asyncio.to_thread(pipe.recv) != "stop":
                pipe.send(times())
            server.should_exit = True
            await serving

    asyncio.run(serve())


@asynccontextmanager
async def _sandbox(base: str, folder: str) -> AsyncIterator[Served]:
    """The vendors; the times are those of their tasks' ends."""
    vendors = Vendors(World(home=Path(folder), base_url=base, factor=FACTOR, seed=3))
    store = vendors.stores["seedance"]
    yield (
        Starlette(routes=vendor_mounts(vendors)),
        lambda: {task.id: task.times.finishes_at for task in store.newest(within_s=3600)},
    )
    await vendors.close()


@asynccontextmanager
async def _bare(_base: str) -> AsyncIterator[Served]:
    """A route that does nothing; the times are those of its calls' arrival."""
    heard: dict[str, float] = {}

    async def called(request: Request) -> Response:
        event = await request.json()
        if event.get("status") == "succeeded":
            heard[request.url.path] = time.time()
        return Response()

    yield Starlette(routes=[Route("/called/{n}", called, methods=["POST"])]), heard.copy


@asynccontextmanager
async def _web(base: str, dsn: str, redis_url: str, folder: str) -> AsyncIterator[Served]:
    """The product's own web application."""
    hints = Hints(redis_url)
    async with open_pool(dsn, size_max=8) as pool:
        app = build(
            pool=pool, hints=hints, storage=ObjectStorage(f"file://{folder}/store"), labels={},
            addresses=Addresses(base=base, secret=SECRET),
        )  # fmt: skip
        yield app, dict
    await hints.aclose()
