"""Keeps a lease while something long goes on: a download, an upload. Who loses it stops at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from core.db.errors import DatabaseAway
from core.db.generations.claims import StaleError

RENEW_EVERY_S = 10.0


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

    keeper = asyncio.create_task(keep())
    try:
        yield
    except asyncio.CancelledError:
        if not lost or (body is not None and body.uncancel() > 0):
            raise
        raise StaleError from None
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
