"""A pool as the product opens it, and a command to submit."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from core.db.pool import Pool, open_pool
from core.domain.ids import ChannelId, Installation, PlatformName, Thread, UserId
from core.domain.requests.request import VideoRequest
from core.usecases.requests.submit import VideoCommand


@pytest_asyncio.fixture
async def house(database: str) -> AsyncIterator[Pool]:
    """The product's own pool on a fresh database."""
    async with open_pool(database, size_max=8) as pool:
        yield pool


@pytest.fixture
def asked() -> Callable[..., VideoCommand]:
    """Ana's command for a red fox; every field can be changed."""

    def ask(prompt: str = "a red fox", **changed: Any) -> VideoCommand:
        order: dict[str, Any] = {
            "platform": PlatformName("slack"),
            "installation": Installation("T1"),
            "channel": ChannelId("C1"),
            "user": UserId("ana"),
            "event": "event-1",
            "place": Thread("place"),
            "request": VideoRequest(prompt=prompt),
        }
        return VideoCommand(**(order | changed))

    return ask
