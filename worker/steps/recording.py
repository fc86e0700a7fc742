"""Keeps a vendor's answer in memory until it is recorded: the vendor will not repeat it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from core.db.errors import DatabaseAway

Found = TypeVar("Found")

RECORD_S, RECORD_AGAIN_S = 1800.0, 0.2
"""How long Postgres may be away before an answer is lost. The lease has ended long before; see `steps.accept`."""


async def recorded(
    record: Callable[[], Awaitable[Found]], *, for_s: float = RECORD_S, again_s: float = RECORD_AGAIN_S
) -> Found:
    """Write down what a vendor said, although Postgres is away for a moment.

    Recording twice is no harm: an answer to a commit may have been lost.

    Raises:
        DatabaseAway: it is away for longer.
    """
    give_up_at = time.monotonic() + for_s
    while True:
        try:
            return await record()
        except DatabaseAway:
            if time.monotonic() >= give_up_at:
                raise
            await asyncio.sleep(again_s)
