"""The clients of `credits` that are written in Python, each in a process of its own.

The series: `floor` and `consume` through asyncpg, and `coalesced`, one team's calls gathered into batches.
"""

import asyncio
import random
import sys
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from benchmarks._credits_floors import FLOOR
from benchmarks._credits_pace import Work, paced, rate
from core.db import credits
from core.domain.ids import TeamId
from core.domain.money import MoneyStatus, Moved


class Coalescer:
    """Gathers the consumes of one team into one batch while another is under way."""

    def __init__(self, pool: Any, team_id: TeamId) -> None:
        self._pool = pool
        self._team_id = team_id
        self._waiting: dict[UUID, tuple[credits.Asked, asyncio.Future[Moved]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def consume(self, asked: credits.Asked) -> Moved:
        answer: asyncio.Future[Moved] = asyncio.get_running_loop().create_future()
        self._waiting[asked.key] = (asked, answer)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._send())
        return await answer

    async def _send(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, {}
            async with self._pool.acquire() as conn:
                answers = await credits.consume_batch(
                    conn, team_id=self._team_id, asked=[asked for asked, _ in batch.values()]
                )
            for key, (_, future) in batch.items():
                future.set_result(answers[key])


async def _work(series: str, dsn: str, *, clients: int, first: int, last: int) -> list[Work]:
    """What each client does again and again."""
    if series == "coalesced":
        pool = await asyncpg.create_pool(dsn, min_size=1, max_size=1)
        gather = Coalescer(pool, TeamId(first))

        async def gathered() -> None:
            answer = await gather.consume(credits.Asked(key=uuid4(), amount=1, member=None, channel="general"))
            assert answer.status is MoneyStatus.OK

        return [gathered] * clients
    return [_one(series, await asyncpg.connect(dsn), first=first, last=last) for _ in range(clients)]


def _one(series: str, conn: Any, *, first: int, last: int) -> Work:
    floor = FLOOR.format(team="$1")

    async def least() -> None:
        await conn.execute(floor, random.randint(first, last))

    async def consume() -> None:
        team = TeamId(random.randint(first, last))
        answer = await credits.consume(conn, team_id=team, key=uuid4(), amount=1, member=None, channel="general")
        assert answer.status is MoneyStatus.OK

    return least if series == "floor" else consume


async def _main(series: str, dsn: str, clients: str, seconds: str, first: str, last: str) -> None:
    works = await _work(series, dsn, clients=int(clients), first=int(first), last=int(last))
    await paced(works, seconds=float(seconds))


def calls(series: str, dsn: str, *, processes: int, clients: int, seconds: float, teams: range) -> float:
    """Calls per second of so many processes, with so many clients each."""
    argv = [sys.executable, "-m", "benchmarks._credits_client", series, dsn]
    argv += [str(value) for value in (clients, seconds, teams[0], teams[-1])]
    return rate(argv, processes=processes, seconds=seconds)


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
