"""When the next generation, poll, message and removal are due: one look for all of them."""

from dataclasses import dataclass

from core.db.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDue:
    """Seconds until the first row of each kind is due that nobody works on: below zero it is late, None: there is none.

    Args:
        queues: somebody waits in the queue of a route, which only a look for due generations serves.
    """

    generations: float | None
    attempts: float | None
    deliveries: float | None
    queues: bool
    removals: float | None = None


async def next_due(conn: Connection) -> NextDue:
    """Read it; each kind has an index by the time at which its rows are due."""
    row = await conn.fetchrow(
        """
        SELECT extract(epoch FROM (SELECT min(wake_at) FROM generations WHERE state <> 'done') - nd_now())::float8 AS g,
               extract(epoch FROM (SELECT min(wake_at) FROM attempts
                                    WHERE state IN ('accepted', 'late')) - nd_now())::float8 AS a,
               extract(epoch FROM (SELECT min(wake_at) FROM deliveries WHERE state = 'due') - nd_now())::float8 AS d,
               extract(epoch FROM (SELECT min(wake_at) FROM removals WHERE done_at IS NULL) - nd_now())::float8 AS r,
               EXISTS (SELECT 1 FROM route_queue) AS queues
        """
    )
    assert row is not None  # noqa: S101 - the query answers with one row
    return NextDue(
        generations=row["g"], attempts=row["a"], deliveries=row["d"], queues=row["queues"], removals=row["r"]
    )
