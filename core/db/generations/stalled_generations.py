"""Generations that do not move although they should: how one is noticed, and given another chance.

By construction there are none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.db.pool import Connection, seconds
from core.domain.generations.generation import State
from core.domain.ids import GenerationId

OVERDUE_S = 120.0
"""What was due so long ago, and nobody took it up, is not late but forgotten. Leases end after 45 s."""


class Stall(StrEnum):
    """Why a generation does not move."""

    POISON = "poison"
    """Claimed over and over without an outcome: a bug of ours. The engine ends it, with a refund, after a few more."""
    ASLEEP = "asleep"
    """It waits for an event, and nothing is left that could bring one."""
    OVERDUE = "overdue"
    """Due, and no worker has claimed it."""
    UNDELIVERED = "undelivered"
    """Its last word is due, and no worker has taken it up."""
    ENDLESS = "endless"
    """A day over every time limit that it had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stalled:
    """A generation that does not move, and when it last did."""

    id: GenerationId
    state: State
    stall: Stall
    since: datetime


async def stalled(conn: Connection, *, overdue_s: float = OVERDUE_S) -> list[Stalled]:
    """All of them, the longest first. Reads live rows only."""
    rows = await conn.fetch("SELECT * FROM stalled_generations($1)", seconds(overdue_s))
    return [
        Stalled(id=GenerationId(row["id"]), state=State(row["state"]), stall=Stall(row["stall"]), since=row["since"])
        for row in rows
    ]


async def counted(conn: Connection) -> Mapping[str, int]:
    """How many there are, by why."""
    counts = {stall.value: 0 for stall in Stall}
    for one in await stalled(conn):
        counts[one.stall.value] += 1
    return counts


async def retry(conn: Connection, generation_id: UUID) -> str:
    """Give a generation another chance. Answers woken, redelivering, delivered or unknown: the last two did nothing."""
    answer: str = await conn.fetchval("SELECT retry_generation($1)", generation_id)
    return answer
