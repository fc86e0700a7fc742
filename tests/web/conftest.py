"""A web application over a real database, with a team that has asked for a video."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
import uvicorn
from PIL import Image

from core import queue
from core.db.generations import attempts, claims, clip_links, submissions
from core.db.generations.submissions import PlanOfFallback, Submission
from core.db.generations.transitions import StepLogEntry
from core.db.pool import Pool, open_pool
from core.domain.chat.addresses import Addresses
from core.domain.generations.generation import Attempt
from core.domain.ids import (
    ChannelId,
    GenerationId,
    Installation,
    PlatformName,
    ProviderName,
    RouteKey,
    TeamId,
    Thread,
    UserId,
)
from core.domain.requests.fallback import Fallback
from core.domain.requests.pricing import Fitted, Quote
from core.domain.requests.request import Aspect, VideoRequest
from core.domain.requests.tiers import TierName
from core.storage import ObjectStorage
from web.app import build

if TYPE_CHECKING:
    from playwright.async_api import Browser

BASE = "http://video.test"
CHROMIUM = Path("/usr/bin/chromium")
FREE = 100_000
"""Enough for the many generations of a fuzzed test."""
ROUTE = RouteKey("seedance.ark")
SEEDANCE = ProviderName("seedance")


class Hints(queue.Hints):
    """Keeps hints instead of sending them to Redis."""

    def __init__(self) -> None:
        super().__init__("redis://127.0.0.1:1")  # it would connect with the first hint that it sends
        self.taken: list[UUID] = []
        self.here = True

    async def hint(self, generation_id: UUID, *, version: int) -> bool:
        self.taken.append(generation_id)
        return True

    async def ping(self) -> bool:
        return self.here


@dataclass
class House:
    """The application's parts, and helpers that put rows into its database."""

    pool: Pool
    storage: ObjectStorage
    folder: Path
    hints: Hints = field(default_factory=Hints)
    addresses: Addresses = field(default_factory=lambda: Addresses(base=BASE, secret="a secret of the tests"))
    team: TeamId = field(default=TeamId(0))

    def app(self, **more: Any) -> Any:
        return build(
            pool=self.pool,
            hints=self.hints,
            storage=self.storage,
            **{"addresses": self.addresses, "labels": {SEEDANCE: "Seedance 1.5"}, **more},
        )

    async def generation(self, *, prompt: str = "a red fox in the snow") -> GenerationId:
        generation_id = GenerationId(uuid4())
        plan = PlanOfFallback(quote=Quote(credits=10, by_provider={SEEDANCE: 10}), chain=(SEEDANCE,))
        async with self.pool.acquire() as conn:
            await submissions.write(
                conn,
                Submission(
                    id=generation_id,
                    platform=PlatformName("test"),
                    installation=Installation("T1"),
                    user=UserId("ana"),
                    channel=ChannelId("C1"),
                    place=Thread("C1"),
                    request=VideoRequest(prompt=prompt, tier=TierName.PRO),
                    plans={Fallback.ANY: plan},
                    free_credits=FREE,
                    start_by_s=600,
                    approve_by_s=600,
                    owner="bot",
                    lease_s=60,
                ),
            )
            await conn.execute("DELETE FROM deliveries WHERE generation_id = $1", generation_id)  # nobody posts here
            self.team = await conn.fetchval("SELECT team_id FROM generations WHERE id = $1", generation_id)
        return generation_id

    async def attempt(self, *, accepted: bool = True) -> Attempt:
        """An attempt that a vendor works on, whose poll is far away; or one whose request may be on its way."""
        generation_id = await self.generation()
        async with self.pool.acquire() as conn:
            attempt = await attempts.intend(
                conn,
                generation_id=generation_id,
                n=1,
                route=ROUTE,
                provider=SEEDANCE,
                model="m",
                external_id=uuid4(),
                fitted=Fitted(duration_s=8, lines=1080, aspect=Aspect("16:9"), audio=False, roundings=()),
                epoch=0,
                is_probe=False,
                is_hedge=False,
                send_s=20,
            )
            if accepted:
                await self.accept(attempt)
        return attempt

    async def accept(self, attempt: Attempt) -> None:
        async with self.pool.acquire() as conn:
            generation = await claims.load(conn, attempt.generation_id)
            assert generation is not None
            await attempts.accept(
                conn, generation, attempt, task_id=f"task-{uuid4().hex}", first_poll_s=3600, timeout_s=7200, late_s=60,
                together_s=None, rest_s=None, entry=StepLogEntry(worker="test", step="start", outcome="accepted"),
            )  # fmt: skip

    async def due(self) -> int:
        """The number of attempts that are due for a poll."""
        async with self.pool.acquire() as conn:
            return len(await attempts.claim_due(conn, owner="test", limit=10))

    def callback(self, attempt: Attempt) -> str:
        return self.addresses.callback(route=attempt.route, generation_id=attempt.generation_id, n=attempt.n)

    async def clip(self, data: bytes, *, prompt: str = "a red fox in the snow", width: int = 1920) -> str:
        """The address of a clip with these bytes."""
        generation_id = await self.generation(prompt=prompt)
        path = self.folder / "clip.mp4"
        path.write_bytes(data)
        stored = await self.storage.put(f"clips/{generation_id}.mp4", path, content_type="video/mp4")
        Image.new("RGB", (32, 18), (200, 120, 40)).save(path, "JPEG")
        await self.storage.put(f"clips/{generation_id}.jpg", path, content_type="image/jpeg")
        clip = {
            "key": stored.key, "sha256": sha256(data).hexdigest(), "size": len(data),
            "width": width, "height": 1080, "duration_s": 8.0,
        }  # fmt: skip
        async with self.pool.acquire() as conn:
            await conn.execute("UPDATE generations SET clip = $2 WHERE id = $1", generation_id, clip)
            link = await clip_links.ensure(conn, generation_id, days=30)
        assert link is not None
        return self.addresses.watch(link.id, until=link.expires_at)


@pytest_asyncio.fixture
async def house(database: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_pool(database, size_max=6) as pool:
        yield House(pool=pool, storage=ObjectStorage(f"file://{tmp_path}/store"), folder=tmp_path)


def client(app: Any) -> httpx.AsyncClient:
    """A client that sees an exception of the application as one."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=BASE)


@pytest_asyncio.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with client(house.app()) as http:
        yield http


@asynccontextmanager
async def served(app: Any, *, port: int = 0) -> AsyncIterator[str]:
    """The application behind a real server, in this loop."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        config = uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server._serve(sockets=[listener]))
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            server.should_exit = True


@pytest.fixture
def chromium() -> Path:
    if not CHROMIUM.exists():
        pytest.skip(f"needs a Chromium at {CHROMIUM}: apt-get install chromium")
    return CHROMIUM


@pytest_asyncio.fixture
async def browser(chromium: Path) -> AsyncIterator["Browser"]:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        await browser.close()
