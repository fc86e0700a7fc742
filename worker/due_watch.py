"""Looks for due work in the name of claim loops that rest: one statement a second for all of them, not some for each.

What it finds of removals, it tells their loop, which asks nothing meanwhile.

A claim loop that has found nothing for a while rests, and leaves the looking to this task. What it misses, if anything,
the loop finds by itself when its rest is over.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Any

from core.db.errors import connection
from core.db.generations.next_due import NextDue, next_due
from core.db.pool import Pool
from worker.claim_loop import GATHER_S, ClaimLoop
from worker.quiet import Quiet
from worker.resident import Rounds

LOOK_EVERY_S = 1.0
QUIET_S = 1.5 * LOOK_EVERY_S
"""How long a look counts: until the next one has come."""


class DueWatch:
    """Wakes claim loops.

    Args:
        is_pressed: rows wait to be given back, which the loop of generations does.
        no_removals: is told for how long nothing has to be taken away.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        generations: ClaimLoop[Any],
        attempts: ClaimLoop[Any],
        deliveries: ClaimLoop[Any],
        is_pressed: Callable[[], bool],
        no_removals: Quiet,
    ) -> None:
        self._pool = pool
        self._generations, self._attempts, self._deliveries = generations, attempts, deliveries
        self._is_pressed = is_pressed
        self._no_removals = no_removals

    async def run(self) -> None:
        """Look until cancelled. While no claim loop rests, nothing is asked."""
        rounds = Rounds("due_watch")
        soonest_s: float | None = None
        while True:
            every_s = LOOK_EVERY_S * random.uniform(0.8, 1.0)
            await asyncio.sleep(max(rounds.pause_s, every_s if soonest_s is None else min(every_s, soonest_s)))
            soonest_s = None
            if any(loop.rests for loop in (self._generations, self._attempts, self._deliveries)):
                soonest_s = await rounds.run(self._look)

    async def _look(self) -> float:
        async with connection(self._pool) as conn:
            found = await next_due(conn)
        return self.wake(found)

    def wake(self, found: NextDue) -> float:
        """Wake the loops that have something due. Returns when the next row is due, in seconds, a second at most."""
        soonest_s = LOOK_EVERY_S
        self._no_removals.lasts(QUIET_S if found.removals is None else min(QUIET_S, found.removals))
        if found.queues or self._is_pressed():
            self._generations.look()
        for loop, due_in_s in (
            (self._generations, found.generations),
            (self._attempts, found.attempts),
            (self._deliveries, found.deliveries),
        ):
            if due_in_s is not None and due_in_s <= 0:
                loop.look()
            elif due_in_s is not None:
                soonest_s = min(soonest_s, due_in_s + GATHER_S)
        return soonest_s
