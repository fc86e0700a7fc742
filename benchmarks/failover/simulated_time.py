"""Simulated time for coroutines: one runs at a time, until it is done or sleeps; then comes whatever is due next."""

import asyncio
import heapq
import math
from collections.abc import Callable, Coroutine
from typing import Any

Work = Coroutine[Any, Any, None]


class Time:
    """The time, and what is to happen, in order."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], Work]]] = []
        self._n = 0
        self._resting: asyncio.Future[None] | None = None

    @property
    def next_at(self) -> float:
        """When the next thing happens by itself; never, if nothing is left."""
        return self._due[0][0] if self._due else math.inf

    def at(self, when: float, what: Callable[[], Work]) -> None:
        if math.isfinite(when):
            self._n += 1
            heapq.heappush(self._due, (max(when, self.now), self._n, what))

    def move_to(self, when: float) -> None:
        self.now = max(self.now, when)

    async def step(self) -> None:
        """Run the next thing that is due."""
        when, _, what = heapq.heappop(self._due)
        self.move_to(when)
        await self.run(what())

    async def run(self, work: Work) -> None:
        """Run something until it is done or sleeps."""
        await self._until_it_rests(asyncio.create_task(work))

    async def sleep(self, for_s: float) -> None:
        """Sleep: other coroutines run until so many simulated seconds have passed."""
        task, woken = asyncio.current_task(), asyncio.get_running_loop().create_future()
        assert task is not None
        assert self._resting is not None

        async def wake() -> None:
            woken.set_result(None)
            await self._until_it_rests(task)

        self.at(self.now + for_s, wake)
        self._resting.set_result(None)
        await woken

    async def _until_it_rests(self, task: asyncio.Task[None]) -> None:
        resting = asyncio.get_running_loop().create_future()
        outer, self._resting = self._resting, resting

        def done(_: asyncio.Task[None]) -> None:
            if not resting.done():
                resting.set_result(None)

        task.add_done_callback(done)
        await resting
        task.remove_done_callback(done)
        self._resting = outer
        if task.done():
            task.result()
