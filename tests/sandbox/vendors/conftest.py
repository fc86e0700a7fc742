"""A served sandbox of vendors, thousands of times faster than the real ones."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio
from starlette.applications import Starlette

from sandbox.vendors import Settings, Vendors, vendor_mounts
from sandbox.vendors.callbacks import tls
from sandbox.world import World
from tests.patience import PATIENCE_S
from tests.sandbox.vendors.harness import WEBHOOK_SECRET, Clock, Rig, serve


@pytest_asyncio.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    world = World(home=tmp_path, base_url="http://sandbox", factor=2000, seed=1)
    clock = Clock()
    vendors = Vendors(world, settings=Settings(kling_webhook_secret=WEBHOOK_SECRET, frames_every=12), clock=clock)
    async with (
        serve(Starlette(routes=vendor_mounts(vendors))) as url,
        httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False, verify=tls()) as http,
    ):
        yield Rig(world=world, vendors=vendors, url=url, http=http, clock=clock)
        await vendors.close()
