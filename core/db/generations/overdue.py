"""Which running attempts should be done by now, as far as nobody has counted it against their routes yet."""

from collections.abc import Mapping
from contextlib import suppress

from core.db.errors import UnreadableError
from core.db.generations.attempt_rows import attempt_from
from core.db.pool import Connection
from core.domain.generations.generation import Attempt
from core.domain.health.events import Overdueness
from core.domain.ids import RouteKey


async def overdue(
    conn: Connection, p95_s: Mapping[RouteKey, float], *, very: float, limit: int
) -> list[tuple[Attempt, Overdueness]]:
    """The news about attempts that their generations wait for, oldest first. One query, however many are running.

    Args:
        conn: a connection.
        p95_s: by route, the configured guess of how long it takes at most; history counts for more where there is some.
            Attempts at other routes are left alone.
        very: from how many times p95 on one is very late.
        limit: of how many attempts to tell at once.
    """
    rows = await conn.fetch(
        """
        SELECT a.*, o.how_late FROM overdue_attempts($1, $2, $3, $4) o
          JOIN attempts a ON a.generation_id = o.generation_id AND a.n = o.n
         ORDER BY a.accepted_at
        """,
        list(p95_s),
        list(p95_s.values()),
        very,
        limit,
    )
    found = []
    for row in rows:
        with suppress(UnreadableError):  # a newer worker's affair, and no reason to pass over the others
            found.append((attempt_from(row), Overdueness(row["how_late"])))
    return found
