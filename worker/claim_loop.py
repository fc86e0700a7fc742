"""A claim loop claims rows of one kind as they fall due, up to a limit, and works on each in a task of its own.

Claims are batches: the loop looks again after a pause, when it is told that something is due, or when one that was full
has room again; and never so often that each claim takes up a row or two.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from worker.resident import Rounds

IDLE_LEAST_S, IDLE_MOST_S = 0.1, 1.0
BATCH_MAX = 200
GATHER_S = 0.02
"""Two claims are at least so far apart, so that what falls due meanwhile shares the second."""

Row = TypeVar("Row")


class ClaimLoop(Generic[Row]):
    """Claims rows of one kind and works on them.

    Args:
        room: how many rows are worked on at once.
        claim: takes the lease on up to so many rows that are due.
        work: does what is to be done with one of them.
        idle_most_s: the longest pause while nothing is due; more than a second wants a `DueWatch`.
    """

    def __init__(
        self,
        *,
        room: int,
        claim: Callable[[int], Awaitable[Sequence[Row]]],
        work: Callable[[Row], Awaitable[None]],
        idle_most_s: float = IDLE_MOST_S,
    ) -> None:
        self._room = room
        self._claim = claim
        self._work = work
        self._idle_most_s = idle_most_s
        self.rests = False
        """Nothing was due for a while, so its own looks are more than a second apart."""
        self._busy: set[asyncio.Task[None]] = set()
        self._look = asyncio.Event()
        self._was_full = False
        self._due_in_s: float | None = None

    def look(self) -> None:
        """Something may be due, or it is time to stop: look now."""
        self._look.set()

    def expect(self, due_in_s: float | None) -> None:
        """A claim that has found nothing says when the next row is due: the loop does not rest longer than that."""
        self._due_in_s = due_in_s

    async def run(self, stopping: asyncio.Event) -> None:
        """Claim and work until `stopping`; returns when nothing more is claimed, with tasks possibly still busy."""
        loop = asyncio.get_running_loop()
        idle_s = IDLE_LEAST_S
        rounds = Rounds("claim_loop")
        while not stopping.is_set():
            self._look.clear()
            self._due_in_s = None
            looked_at = loop.time()
            free = min(BATCH_MAX, self._room - len(self._busy))
            rows: Sequence[Row] = ()
            if free > 0:
                rows = await rounds.run(partial(self._claim, free)) or ()
                for row in rows:
                    self._run(self._work_on(row))
            # As many as there was room for: more may be due, and then whoever is finished says that there is room.
            self._was_full = len(rows) == free
            if self._was_full and len(self._busy) < self._room:
                continue
            idle_s = IDLE_LEAST_S if rows else min(self._idle_most_s, idle_s * 1.5)
            self.rests = idle_s > IDLE_MOST_S
            await self._rest(max(idle_s, rounds.pause_s))
            await asyncio.sleep(looked_at + GATHER_S - loop.time())

    async def finish(self, within_s: float) -> int:
        """Wait for the tasks in hand, then cancel the rest. Returns how many were cancelled."""
        if not self._busy:
            return 0
        _, unfinished = await asyncio.wait(self._busy, timeout=within_s)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        return len(unfinished)

    async def _rest(self, idle_s: float) -> None:
        at_most_s = idle_s * random.uniform(0.8, 1.0)
        if self._due_in_s is not None:
            at_most_s = min(at_most_s, self._due_in_s + GATHER_S)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._look.wait()

    async def _work_on(self, row: Row) -> None:
        try:
            await self._work(row)
        finally:
            if self._was_full:
                self._look.set()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)
