"""The services of both bots on real servers."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from bots import unclaimed
from bots.video_service import VideoService
from core.db.generations.generation_rows import generation_from
from core.db.pool import Pool, open_pool
from core.domain.generations.generation import Generation
from core.domain.time_scale import REAL_TIME
from core.providers.registry import ENTRIES
from core.queue import Hints
from core.runtime import Runtime
from core.settings import Settings
from tests.core.terms import terms

FREE = 2000
AWAY = "postgresql://nobody@127.0.0.1:1/nothing"
NO_REDIS = "redis://127.0.0.1:1/0"

ROUTES = {entry.provider: (entry.key,) for entry in reversed(ENTRIES)}
"""One route to each provider."""

OpenService = Callable[..., AbstractAsyncContextManager[VideoService]]


class Noted(Hints):
    """Hints that are recorded and not sent."""

    def __init__(self) -> None:
        super().__init__(NO_REDIS)
        self.sent: list[tuple[UUID, int]] = []

    async def hint(self, generation_id: UUID, *, version: int) -> bool:
        self.sent.append((generation_id, version))
        return True

    def at_least(self, count: int) -> Callable[[], bool]:
        """A condition to wait for: so many hints were sent."""
        return lambda: len(self.sent) >= count


@pytest_asyncio.fixture
async def house(database: str) -> AsyncIterator[Pool]:
    """The product's own pool on a fresh database."""
    async with open_pool(database, size_max=4) as pool:
        yield pool


@pytest.fixture
def noted() -> Noted:
    """The hints that the services have sent."""
    return Noted()


@pytest.fixture
def open_service(database: str, noted: Noted, tmp_path: Path) -> OpenService:
    """Opens the services; a test may give another Postgres, a Redis that is away, or other terms."""

    @asynccontextmanager
    async def opened(
        *, dsn: str = database, redis: str | None = None, connections: int = 4, **changed: Any
    ) -> AsyncIterator[VideoService]:
        hints = noted if redis is None else Hints(redis)
        try:
            async with open_pool(dsn, size_max=connections) as pool:
                runtime = Runtime(
                    pool=pool,
                    hints=hints,
                    terms=terms(**{"free_credits": FREE, **changed}),
                    redis_url=NO_REDIS,
                    time_scale=REAL_TIME,
                    settings=Settings(neverdark_home=tmp_path),  # type: ignore[call-arg]  # the rest has defaults
                    by_provider=ROUTES,
                )
                yield VideoService(runtime, owner="bot")
        finally:
            await hints.aclose()

    return opened


async def only_generation(house: Pool) -> Generation:
    """The only generation in the database."""
    (found,) = await all_generations(house)
    return found


async def all_generations(house: Pool) -> list[Generation]:
    rows = await house.fetch("SELECT * FROM generations ORDER BY created_at")
    return [generation_from(row) for row in rows]


async def charges(house: Pool) -> int:
    """The number of consumes in the ledger."""
    counted: int = await house.fetchval("SELECT count(*) FROM entry WHERE kind = 'consume'")
    return counted


async def root_is_due(house: Pool) -> bool:
    """Whether a worker would post the root message now."""
    due: bool = await house.fetchval("SELECT state = 'due' AND wake_at <= nd_now() FROM deliveries WHERE kind = 'root'")
    return due


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tell people at once that no worker is alive, instead of after 20 s."""
    monkeypatch.setattr(unclaimed, "UNCLAIMED_S", 0.0)
    monkeypatch.setattr(unclaimed, "LOOK_EVERY_S", 0.02)
