"""Keeps a lease while something long goes on: a download, an upload. Who loses it stops at once.

And knows how long one still is, by this process's own clock: a process that has stood still finds out before it speaks.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import Enum

from core.db.errors import DatabaseAway
from core.db.generations.claims import StaleError

RENEW_EVERY_S = 10.0
SHORTEST = 0.9
"""Claims are up to a tenth shorter than they are called, so that not all of them end at once."""


class Lease(Enum):
    """What has become of a generation's lease when a step has been taken."""

    KEPT = "kept"
    """It is still ours: the next step is taken at once."""
    RELEASED = "released"
    """It was given back with the step's record: the generation waits, or is over."""


class LeaseClock:
    """A claim's end, by this process's clock.

    Args:
        since: a moment before it was claimed.
        lasts_s: how long from then on.
    """

    def __init__(self, *, since: float, lasts_s: float) -> None:
        self._lasts_s = lasts_s
        self._ends = min(since, time.monotonic()) + lasts_s * SHORTEST

    def renewed(self, *, since: float) -> None:
        """It starts anew; `since` is a moment before that was written."""
        self._ends = since + self._lasts_s * SHORTEST

    def must_last(self, for_s: float) -> None:
        """See that there is so much left of it.

        Raises:
            StaleError: this process has stood still; somebody else may be at work on the row, or soon will be.
        """
        if time.monotonic() + for_s > self._ends:
            raise StaleError


@asynccontextmanager
async def kept(renew: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Renew the lease while the body runs. The body is cancelled when the lease is lost.

    Args:
        renew: renews it once, or raises StaleError.

    Raises:
        StaleError: somebody else has taken it over.
    """
    body = asyncio.current_task()
    lost = False

    async def keep() -> None:
        nonlocal lost
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            try:
                await renew()
            except DatabaseAway:
                continue  # the lease outlives a few missed renewals
            except StaleError:
                lost = True
                if body is not None:
                    body.cancel()
                return

    renewing = asyncio.create_task(keep())
    try:
        yield
    except asyncio.CancelledError:
        if not lost or (body is not None and body.uncancel() > 0):
            raise
        raise StaleError from None
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
