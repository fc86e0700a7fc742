"""Acknowledges commands before it works on them: while commands still arrive, the work waits, and is then done in turn.

A platform gives 3 s for the acknowledgement and minutes for the rest. So all commands of a burst are acknowledged
before anything else takes this process's time. Their work is done a few commands at a time, so the first people do not
have to wait for the last ones.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

LULL_S = 0.003
LULL_MOST_S = 0.5
"""Seconds that work waits at most until no acknowledgement is due; under a steady load that moment never comes."""
CALM_MOST_S = 1.0
"""Seconds for which new threads, and the first hint to the worker, wait for the last root of a burst, at most."""
AT_ONCE = 32


class Burst:
    """The commands of one process: which ones are to be acknowledged, and which ones are being worked on."""

    def __init__(self, *, at_once: int = AT_ONCE) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._unacknowledged = 0
        self._running = 0
        self._working = 0
        self._calm = asyncio.Event()
        self._idle = asyncio.Event()
        self._last = 0.0
        self._lull: asyncio.Task[None] | None = None

    @contextmanager
    def command(self) -> Iterator[None]:
        """A context around everything that is done for one command."""
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()

    async def finished(self, *, within_s: float) -> None:
        """Wait until no command is under way, so that a process that stops has recorded its root messages."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self._running:
                    self._idle.clear()
                    await self._idle.wait()

    @contextmanager
    def acknowledging(self) -> Iterator[None]:
        """A context around the acknowledgement of one command."""
        self._unacknowledged += 1
        try:
            yield
        finally:
            self._unacknowledged -= 1
            self._last = asyncio.get_running_loop().time()

    async def calm(self) -> None:
        """Wait, for `CALM_MOST_S` at most, until no person is waiting for a root message."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CALM_MOST_S):
                while self._working:
                    self._calm.clear()
                    await self._calm.wait()

    @asynccontextmanager
    async def work(self) -> AsyncIterator[None]:
        """A context around the work of one command after its acknowledgement."""
        self._working += 1
        try:
            await self.lull()
            async with self._slots:
                yield
        finally:
            self._working -= 1
            if not self._working:
                self._calm.set()

    async def lull(self) -> None:
        """Wait, for `LULL_MOST_S` at most, until every command is acknowledged."""
        if self._lull is None or self._lull.done():
            self._lull = asyncio.create_task(self._wait(), name="lull")
        await asyncio.shield(self._lull)

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for _ in range(round(LULL_MOST_S / LULL_S)):
            now = loop.time()
            if now - began > LULL_MOST_S or (not self._unacknowledged and now - self._last >= LULL_S):
                return
            await asyncio.sleep(LULL_S)
