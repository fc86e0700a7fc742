"""Steps of people's workflows that wait for a generation: written down before it, gone once they are answered."""

from dataclasses import dataclass
from datetime import datetime

from core.db.pool import Connection, seconds
from core.domain.ids import GenerationId, PlatformName, Thread

LEASE_S = 60.0
NEVER_AFTER_S = 600.0
"""A generation that is not there by then was never asked for: the bot died before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingStep:
    """One of them. `reference`: the platform's own name of it."""

    generation_id: GenerationId
    platform: PlatformName
    place: Thread
    reference: str
    tries: int
    created_at: datetime


async def wait(
    conn: Connection, generation_id: GenerationId, *, platform: PlatformName, place: Thread, reference: str
) -> None:
    """It waits from now on; saying so twice is once."""
    await conn.execute(
        "INSERT INTO waiting_step (generation_id, platform, place, reference) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT DO NOTHING",
        generation_id,
        platform,
        place,
        reference,
    )


async def claim_due(conn: Connection, *, limit: int) -> list[WaitingStep]:
    """Take those that can be answered."""
    rows = await conn.fetch(
        "SELECT * FROM claim_waiting_steps($1, $2, $3)", limit, seconds(LEASE_S), seconds(NEVER_AFTER_S)
    )
    return [
        WaitingStep(
            generation_id=GenerationId(row["generation_id"]),
            platform=PlatformName(row["platform"]),
            place=Thread(row["place"]),
            reference=row["reference"],
            tries=row["tries"],
            created_at=row["created_at"],
        )
        for row in rows
    ]


async def put_off(conn: Connection, step: WaitingStep, *, in_s: float) -> None:
    """Answer it later."""
    await conn.execute(
        "UPDATE waiting_step SET wake_at = nd_now() + $2 WHERE generation_id = $1", step.generation_id, seconds(in_s)
    )


async def answered(conn: Connection, generation_id: GenerationId) -> None:
    """It waits no more."""
    await conn.execute("DELETE FROM waiting_step WHERE generation_id = $1", generation_id)
