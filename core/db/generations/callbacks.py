"""Takes note of vendors' callbacks. One is a hint that a poll is worth its while, and never more than that."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from core.db.pool import Connection
from core.domain.ids import RouteKey


class Noted(StrEnum):
    DUE = "due"
    """The attempt is polled next."""
    KEPT = "kept"
    """It has no task yet, or its poll is under way: it is due as soon as that is over."""
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedCallback:
    """What came of a callback. `version` is the generation's where the attempt is due."""

    noted: Noted
    version: int | None


async def note(conn: Connection, *, generation_id: UUID, n: int, route: RouteKey) -> NotedCallback:
    """A vendor has something to say about this attempt. Twice, late or out of order is no harm."""
    row = await conn.fetchrow("SELECT * FROM hint_attempt($1, $2, $3)", generation_id, n, route)
    assert row is not None  # noqa: S101 - a function with OUT parameters answers exactly one row
    return NotedCallback(noted=Noted(row["status"]), version=row["version"])
