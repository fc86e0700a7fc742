"""How long a test waits for a condition before it fails: a busy machine is no reason to."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

PATIENCE_S = 60.0
TICK_S = 0.02


@asynccontextmanager
async def in_time(limit_s: float) -> AsyncIterator[None]:
    """What happens in the block takes less than this, where that is the promise. A busy machine is not counted.

    A pause counts as long as it was meant to be, however late the machine comes back to us, and work counts by the CPU
    of this process.

    Raises:
        AssertionError
    """
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(TICK_S)
            ticks += 1

    cpu_s = time.process_time()
    ticking = asyncio.create_task(tick())
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield
    finally:
        ticking.cancel()
    took_s = ticks * TICK_S + time.process_time() - cpu_s
    assert took_s < limit_s, f"it took {took_s:.2f} s"


async def until(check: Callable[[], Any], *, within_s: float = PATIENCE_S) -> Any:
    """Wait for what announces itself nowhere: a row, a list of a stand-in, another program.

    Args:
        check: May be asynchronous. It is asked until what it returns is true.

    Returns:
        What `check` returned.
    """
    async with asyncio.timeout(within_s):
        while True:
            found = check()
            if isinstance(found, Awaitable):
                found = await found
            if found:
                return found
            await asyncio.sleep(TICK_S / 2)
