"""The clients of `credits` that are written in Python, each in a process of its own.

The series: `one`, the floor and a consume by turns through asyncpg, and `coalesced`, one team's calls gathered into
batches.
"""

import asyncio
import random
import sys
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from benchmarks.credits.floors import FLOOR
from benchmarks.credits.pace import Work, in_turn, paced, rates
from core.db.credits import ledger
from core.domain.credits.money import MoneyStatus, Moved
from core.domain.ids import TeamId


class Coalescer:
    """Gathers the consumes of one team into one batch while another is under way."""

    def __init__(self, pool: Any, team_id: TeamId) -> None:
        self._pool = pool
        self._team_id = team_id
        self._waiting: dict[UUID, tuple[ledger.ConsumeRequest, asyncio.Future[Moved]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def consume(self, asked: ledger.ConsumeRequest) -> Moved:
        answer: asyncio.Future[Moved] = asyncio.get_running_loop().create_future()
        self._waiting[asked.key] = (asked, answer)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._send())
        return await answer

    async def _send(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, {}
            async with self._pool.acquire() as conn:
                answers = await ledger.consume_batch(
                    conn, team_id=self._team_id, asked=[asked for asked, _ in batch.values()]
                )
            for key, (_, future) in batch.items():
                future.set_result(answers[key])


async def _coalesced(dsn: str, *, clients: int, team: int) -> list[Work]:
    """Clients whose calls for one team are gathered, on one connection."""
    gather = Coalescer(await asyncpg.create_pool(dsn, min_size=1, max_size=1), TeamId(team))

    async def gathered() -> None:
        answer = await gather.consume(ledger.ConsumeRequest(key=uuid4(), amount=1, member=None, channel="general"))
        assert answer.status is MoneyStatus.OK

    return [gathered] * clients


def _one(conn: Any, *, first: int, last: int) -> tuple[Work, Work]:
    """One call of the floor and one consume, each for a random team."""
    floor = FLOOR.format(team="$1")

    async def least() -> None:
        await conn.execute(floor, random.randint(first, last))

    async def consume() -> None:
        team = TeamId(random.randint(first, last))
        answer = await ledger.consume(conn, team_id=team, key=uuid4(), amount=1, member=None, channel="general")
        assert answer.status is MoneyStatus.OK

    return least, consume


async def _main(series: str, dsn: str, clients: str, seconds: str, first: str, last: str) -> None:
    if series == "coalesced":
        works = await _coalesced(dsn, clients=int(clients), team=int(first))
        await paced(works, seconds=float(seconds))
        return
    conns = [await asyncpg.connect(dsn) for _ in range(int(clients))]
    await in_turn([_one(conn, first=int(first), last=int(last)) for conn in conns], seconds=float(seconds))


def calls(series: str, dsn: str, *, processes: int, clients: int, seconds: float, teams: range) -> list[float]:
    """Calls per second of so many processes, with so many clients each, one figure for each work of the series."""
    argv = [sys.executable, "-m", "benchmarks.credits.client", series, dsn]
    argv += [str(value) for value in (clients, seconds, teams[0], teams[-1])]
    return rates(argv, processes=processes, seconds=seconds)


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
