"""Who is working: heartbeats, and taking over from the dead."""

from datetime import datetime

from core.db.pool import Connection, seconds

SILENCE_S = 10.0
"""A worker that has said nothing for so long is dead."""


async def seen(conn: Connection, *, worker: str, slot: str, release: str) -> int:
    """Say that this worker is alive, and release what the dead had leased. Returns how many leases that were."""
    released: int = await conn.fetchval(
        "SELECT worker_heartbeat($1, $2, $3, $4)", worker, slot, release, seconds(SILENCE_S)
    )
    return released


async def leave(conn: Connection, *, worker: str) -> int:
    """Hand back everything that this worker has leased, and go. What it was asked to leave speaks against no row.

    A row that somebody has locked at this moment cannot be handed back; then the worker counts as dead from now on, and
    the next heartbeat of any other hands it back.
    """
    await conn.execute("UPDATE generations SET claims = greatest(0, claims - 1) WHERE lease_owner = $1", worker)
    released: int = await conn.fetchval("SELECT release_owners(ARRAY[$1])", worker)
    await conn.execute("UPDATE workers SET seen_at = '-infinity' WHERE id = $1", worker)
    await conn.execute(
        """
        DELETE FROM workers w WHERE w.id = $1
           AND NOT EXISTS (SELECT 1 FROM generations o WHERE o.lease_owner = w.id)
           AND NOT EXISTS (SELECT 1 FROM attempts o WHERE o.lease_owner = w.id)
           AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.lease_owner = w.id)
        """,
        worker,
    )
    return released


async def now(conn: Connection) -> datetime:
    """The database's clock: the only one that decides what is due."""
    at: datetime = await conn.fetchval("SELECT nd_now()")
    return at
