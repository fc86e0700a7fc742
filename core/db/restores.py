"""A database that came back from a backup: noticed by whoever starts on it first, or said by an operator."""

from dataclasses import dataclass
from datetime import datetime

from core.db.pool import Connection
from core.domain.ids import GenerationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was found.

    Args:
        known_until: the newest that the database knows from before; None where it is empty.
        messages: how many messages were due, and are looked for before they are posted.
    """

    known_until: datetime | None
    messages: int


async def noticed(conn: Connection) -> Restored | None:
    """What there is to know if this database was restored since somebody last looked; None where it was not."""
    return await _noted(conn, asked=False)


async def declared(conn: Connection) -> Restored:
    """An operator reports a restore: the effect is the same as if it had been detected. Repeating it is harmless."""
    restored = await _noted(conn, asked=True)
    assert restored is not None  # noqa: S101 - the function answers whoever asks for it
    return restored


async def _noted(conn: Connection, *, asked: bool) -> Restored | None:
    row = await conn.fetchrow("SELECT known_until, messages FROM note_restore($1)", asked)
    return None if row is None else Restored(known_until=row["known_until"], messages=row["messages"])


async def under_way(conn: Connection) -> dict[str, int]:
    """How many generations are not done, by state."""
    rows = await conn.fetch("SELECT state, count(*) AS n FROM generations WHERE state <> 'done' GROUP BY state")
    return {row["state"]: row["n"] for row in rows}


async def is_from_before(conn: Connection, generation_id: GenerationId) -> bool:
    """Whether the database was restored since this generation began: its thread may hold more than is known."""
    found: bool = await conn.fetchval(
        "SELECT EXISTS (SELECT FROM restores r JOIN generations g ON g.created_at < r.at WHERE g.id = $1)",
        generation_id,
    )
    return found
