"""A look at one generation: its row, all its attempts and the time, in one query."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.db.generations.attempt_rows import COLUMNS, attempt_from
from core.db.generations.generation_rows import generation_from
from core.db.pool import Connection
from core.domain.generations.generation import Attempt, Generation

_LOOK = (  # both tables have columns of some of these names
    "SELECT nd_now() AS now, g.*, "  # noqa: S608 - made of the constants above
    + ", ".join(f"a.{name} AS a_{name}" for name in COLUMNS)
    + " FROM generations g LEFT JOIN attempts a ON a.generation_id = g.id WHERE g.id = $1 ORDER BY a.n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A generation as it is.

    Args:
        attempts: all of them, by number.
        now: by the database's clock.
    """

    generation: Generation
    attempts: list[Attempt]
    now: datetime


async def read_snapshot(conn: Connection, generation_id: UUID) -> Snapshot | None:
    """The generation as it is now; None if there is no such one."""
    rows = await conn.fetch(_LOOK, generation_id)
    if not rows:
        return None
    made = [row for row in rows if row["a_n"] is not None]
    return Snapshot(
        generation=generation_from(rows[0]),
        attempts=[attempt_from({name: row[f"a_{name}"] for name in COLUMNS}) for row in made],
        now=rows[0]["now"],
    )
