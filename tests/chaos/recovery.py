"""How long each fault is felt: from its start until what it hit works again.

A dead worker is over when all that it had in hand is in somebody else's; a dead bot, when a command is answered; a
broken server or connection, when the engine has claimed something again.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from tests.chaos.faults import Fault, victim
from tests.chaos.people import PLATFORMS, People

LOOK_S = 0.05
GIVE_UP_S = 120.0
NOT_MEASURED = frozenset({"kill web", "pause worker", "read-only postgres", "storage away", "disk full"})
"""Nobody waits for the web process, and how long the others last is decided beforehand."""
LONG_S = 50.0
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

_HELD = """
SELECT 'g' || id AS what, lease_owner, fence FROM generations WHERE lease_owner LIKE $1
UNION ALL SELECT 'a' || generation_id || '/' || n, lease_owner, fence FROM attempts WHERE lease_owner LIKE $1
UNION ALL SELECT 'd' || id, lease_owner, fence FROM deliveries WHERE lease_owner LIKE $1
"""
_OPEN = """
SELECT 'g' || id AS what, fence FROM generations
 WHERE state <> 'done' AND (lease_owner = $1 OR lease_owner IS NULL AND wake_at <= nd_now())
UNION ALL SELECT 'a' || generation_id || '/' || n, fence FROM attempts
 WHERE state IN ('accepted', 'late') AND (lease_owner = $1 OR lease_owner IS NULL AND wake_at <= nd_now())
UNION ALL SELECT 'd' || id, fence FROM deliveries
 WHERE state = 'due' AND (lease_owner = $1 OR lease_owner IS NULL AND wake_at <= nd_now())
"""
_MOVES = """
SELECT (SELECT coalesce(sum(fence), 0) FROM generations) + (SELECT coalesce(sum(fence), 0) FROM attempts)
     + (SELECT coalesce(sum(fence), 0) FROM deliveries) AS moves,
       EXISTS (SELECT 1 FROM generations WHERE state <> 'done') AS has_work
"""


@asynccontextmanager
async def looking(url: str) -> AsyncIterator[Any]:
    """A connection for reading, cut at the end without a goodbye."""
    conn = await asyncpg.connect(url, timeout=2, command_timeout=5)
    try:
        yield conn
    finally:
        conn.terminate()


@dataclass(slots=True)
class Recovery:
    """Measures every fault while the next ones come."""

    database_url: str
    people: People
    took_s: dict[str, list[float]] = field(default_factory=dict)
    idle: int = 0
    """Faults that hit nothing which was at work."""
    never: list[str] = field(default_factory=list)
    long: list[str] = field(default_factory=list)
    """Those that took longer than a lease, and what took so long: g… a generation, a… an attempt, d… a message."""
    _measuring: set[asyncio.Task[None]] = field(default_factory=set)

    async def before(self, fault: Fault, worker: int | None) -> Mapping[str, int] | None:
        """What is to be remembered from before the blow: what a worker has in hand, or how far the engine is."""
        try:
            async with looking(self.database_url) as conn:
                if worker is None:
                    row = await conn.fetchrow(_MOVES)
                    return {"moves": row["moves"]} if row["has_work"] else None
                rows = await conn.fetch(_HELD, f"worker:%:{worker}:%")
                return {row["what"]: row["fence"] for row in rows} | {f"owner {row['lease_owner']}": 0 for row in rows}
        except AWAY:
            return None

    def after(self, fault: Fault, known: Mapping[str, int] | None) -> None:
        """Measure in the background from now on."""
        bot = fault.what.removeprefix("kill ")
        if fault.lie is not None or fault.what in NOT_MEASURED:
            return
        if bot not in PLATFORMS and not known:
            self.idle += 1
            return
        measuring = asyncio.create_task(self._measure(fault, bot, known))
        self._measuring.add(measuring)
        measuring.add_done_callback(self._measuring.discard)

    async def finish(self) -> None:
        """Wait for those that are not over yet."""
        await asyncio.gather(*self._measuring)

    async def _measure(self, fault: Fault, bot: str, known: Any) -> None:
        began = time.monotonic()
        last: set[str] = set()
        while waits := await self._waits(bot, known):
            last = waits
            if time.monotonic() - began > GIVE_UP_S:
                self.never.append(fault.what)
                return
            await asyncio.sleep(LOOK_S)
        took_s = time.monotonic() - began
        self.took_s.setdefault(fault.what, []).append(took_s)
        if took_s > LONG_S:
            self.long.append(f"{fault.what}, {took_s:.1f} s: the last to move were {', '.join(sorted(last)[:5])}")

    async def _waits(self, bot: str, known: Any) -> set[str]:
        """What is not at work again yet."""
        if bot in PLATFORMS:
            return set() if await self.people.answered(bot) else {bot}
        with contextlib.suppress(*AWAY):
            async with looking(self.database_url) as conn:
                if "moves" in known:
                    row = await conn.fetchrow(_MOVES)
                    return set() if row["moves"] > known["moves"] or not row["has_work"] else {"engine"}
                owner = next(name.removeprefix("owner ") for name in known if name.startswith("owner "))
                still = await conn.fetch(_OPEN, owner)
                return {row["what"] for row in still if known.get(row["what"]) == row["fence"]}
        return {"postgres"}


def worker_of(fault: Fault, crew: Any) -> int | None:
    """The id of the worker's process that it ends; None where it ends something else, or what has ended already."""
    name = victim(fault, crew)
    return crew[name].pid if name is not None and name.startswith("worker-") else None
