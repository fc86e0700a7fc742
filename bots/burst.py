"""First words before work: while commands still come in, what they want done waits a moment, and is then done in turn.

A platform gives 3 s for the first word and minutes for the rest. So a burst is acknowledged before anything else takes
this process's time, and its work is done some at a time: half of the people have their answer when half of it is done.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

LULL_S = 0.003
LULL_MOST_S = 0.5
"""How long work waits for a lull; under a steady load there is none."""
CALM_MOST_S = 1.0
"""How long threads, and a worker's first hint, wait for a burst's last root message."""
AT_ONCE = 32


class Burst:
    """The order of one process: who is still to be acknowledged, and whose work is under way."""

    def __init__(self, *, at_once: int = AT_ONCE) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._unheard = 0
        self._running = 0
        self._working = 0
        self._calm = asyncio.Event()
        self._idle = asyncio.Event()
        self._last = 0.0
        self._lull: asyncio.Task[None] | None = None

    @contextmanager
    def command(self) -> Iterator[None]:
        """Around everything that one command needs."""
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()

    async def finished(self, *, within_s: float) -> None:
        """Wait until no command is under way: a process that stops leaves its root messages recorded."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self._running:
                    self._idle.clear()
                    await self._idle.wait()

    @contextmanager
    def first_word(self) -> Iterator[None]:
        """Around the acknowledgement of one command."""
        self._unheard += 1
        try:
            yield
        finally:
            self._unheard -= 1
            self._last = asyncio.get_running_loop().time()

    async def calm(self) -> None:
        """Wait until nobody waits for a root message any more, for a moment at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CALM_MOST_S):
                while self._working:
                    self._calm.clear()
                    await self._calm.wait()

    @asynccontextmanager
    async def work(self) -> AsyncIterator[None]:
        """Around what one command wants done, once it is acknowledged."""
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
        """Wait until no command is left to be acknowledged, for a moment at most."""
        if self._lull is None or self._lull.done():
            self._lull = asyncio.create_task(self._wait(), name="lull")
        await asyncio.shield(self._lull)

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for _ in range(round(LULL_MOST_S / LULL_S)):
            now = loop.time()
            if now - began > LULL_MOST_S or (not self._unheard and now - self._last >= LULL_S):
                return
            await asyncio.sleep(LULL_S)
