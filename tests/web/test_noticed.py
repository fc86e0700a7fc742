"""A finished video is noticed at once: the sandbox's Ark calls back, a hint goes through Redis, and the worker asks."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

from starlette.applications import Starlette

from core.db.errors import transaction
from core.db.health import route_health
from core.domain.health.config import HealthConfig, LatencyConfig, RoutingConfig
from core.domain.requests.terms import Terms
from core.domain.time_scale import REAL_TIME
from core.providers import registry
from core.providers.adapter import RouteConfig
from core.queue import Hints, run_hints
from sandbox.vendors import Vendors, vendor_mounts
from sandbox.world import World
from tests.patience import until
from tests.sandbox.vendors.harness import serve
from tests.web.conftest import ROUTE, SEEDANCE, House
from worker.context import Context
from worker.dispatcher import ClaimLimits, Dispatcher

VIDEOS = 7
SOON_S = 3.0
"""Far less is usual, and `benchmarks/web` measures it; a poll by the clock comes tens of seconds later."""
FASTER = 300
"""The sandbox is, than the vendor that the worker believes it to be: left to itself it polls half a minute later."""


@dataclass
class Times:
    """When a vendor called last, and when the worker knew, by generation."""

    house: House
    called: dict[UUID, float] = field(default_factory=dict)
    noticed: dict[UUID, float] = field(default_factory=dict)
    lose: bool = False

    def front(self, app: Any) -> Any:
        """The application, with the time of each callback noted; or with all of them lost."""

        async def asgi(scope: Any, receive: Any, send: Any) -> None:
            named = self.house.addresses.attempt(route=ROUTE, token=scope["path"].rpartition("/")[2])
            assert named is not None
            self.called[named[0]] = time.monotonic()
            await (Starlette() if self.lose else app)(scope, receive, send)

        return asgi

    def nudged(self, generation_id: UUID) -> None:
        self.noticed.setdefault(generation_id, time.monotonic())


@asynccontextmanager
async def working(house: House, times: Times, *, redis_url: str, folder: Path) -> AsyncIterator[None]:
    """A sandbox that calls back, the web application, and a worker's dispatcher."""
    world = World(home=folder, base_url="http://sandbox", factor=FASTER, seed=3)
    vendors = Vendors(world)
    hints = Hints(redis_url)
    house.hints = hints  # type: ignore[assignment]  # the real ones
    async with (
        serve(Starlette(routes=vendor_mounts(vendors))) as sandbox,
        serve(times.front(house.app())) as web,
    ):
        house.addresses = replace(house.addresses, base=web)
        config = RouteConfig(api_key="sandbox", base_url=f"{sandbox}/vendors/ark/api/v3", allow_private=True)
        providers = registry.build({ROUTE: config})
        folder.joinpath("work").mkdir()
        ctx = Context(
            pool=house.pool, routes=providers.routes, by_provider={SEEDANCE: (ROUTE,)}, successors={},
            terms=Terms(offers=providers.offers), storage=house.storage, chats={}, health=HealthConfig(),
            routing=RoutingConfig(), latency=LatencyConfig(), owner="worker:test", time_scale=REAL_TIME,
            workdir=folder / "work", nudge=times.nudged, addresses=house.addresses,
        )  # fmt: skip
        async with transaction(house.pool) as conn:
            await route_health.ensure(conn, {ROUTE: 20}, config=ctx.health)
        dispatcher, stopping = Dispatcher(ctx, room=ClaimLimits()), asyncio.Event()
        taking = asyncio.create_task(run_hints(redis_url, dispatcher.hint))
        dispatching = asyncio.create_task(dispatcher.run(stopping))
        try:
            yield
        finally:
            stopping.set()
            await dispatching
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)
            await providers.aclose()
            await hints.aclose()
            await vendors.close()


async def test_a_finished_video_is_noticed_when_its_vendor_calls_and_not_when_its_poll_is_due(
    house: House, redis_url: str, tmp_path: Path
) -> None:
    times = Times(house)
    async with working(house, times, redis_url=redis_url, folder=tmp_path):
        for _ in range(VIDEOS):
            await house.generation()
        async with asyncio.timeout(20):
            await until(lambda: len(times.noticed) == VIDEOS)
    lags_s = [times.noticed[generation] - called for generation, called in times.called.items()]
    assert len(lags_s) == VIDEOS
    assert median(lags_s) < SOON_S


async def test_when_callbacks_are_lost_polls_find_it(house: House, redis_url: str, tmp_path: Path) -> None:
    times = Times(house, lose=True)
    async with working(house, times, redis_url=redis_url, folder=tmp_path):
        generation = await house.generation()
        async with asyncio.timeout(20):
            await until(lambda: generation in times.called)
            while generation not in times.noticed:
                async with house.pool.acquire() as conn:  # the pause until the next poll is over
                    await conn.execute("UPDATE attempts SET wake_at = nd_now() WHERE lease_until IS NULL")
                await asyncio.sleep(0.05)
