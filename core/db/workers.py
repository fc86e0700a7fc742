"""Who is working: heartbeats, and taking over from the dead."""

from dataclasses import dataclass
from datetime import datetime

from core.db.errors import DatabaseAway
from core.db.pool import Connection, seconds

SILENCE_S = 10.0
"""A worker that has said nothing for so long, while others were heard, is dead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What a heartbeat has brought about.

    Args:
        slot: the worker's own among those of its host.
        released: how many leases of the dead were given back.
        is_new: it was the first heartbeat, or the first since the worker counted as dead itself.
    """

    slot: str
    released: int
    is_new: bool


async def seen(conn: Connection, *, worker: str, host: str, release: str, before: str | None = None) -> Heartbeat:
    """Say that this worker is alive, and release what the dead had leased.

    Args:
        before: a worker that is known to be dead, however lately it was heard: this one holds its lock.
    """
    row = await conn.fetchrow(
        "SELECT * FROM worker_heartbeat($1, $2, $3, $4, $5)", worker, host, release, seconds(SILENCE_S), before
    )
    assert row is not None  # noqa: S101 - the function answers with one row
    return Heartbeat(slot=row["slot"], released=row["released"], is_new=row["is_new"])


async def alive(conn: Connection) -> int:
    """How many workers have sent a heartbeat lately. Without one, no video is made and no message is posted."""
    count: int = await conn.fetchval(
        "SELECT count(*) FROM workers WHERE seen_at > nd_now() - $1::interval", seconds(SILENCE_S)
    )
    return count


async def heard_of_host(conn: Connection, *, host: str) -> float | None:
    """How long ago, in seconds, a worker of this machine said that it lives; None if none ever did."""
    silent_s: float | None = await conn.fetchval(
        "SELECT extract(epoch FROM nd_now() - max(seen_at))::float8 FROM workers WHERE starts_with(slot, $1 || '/')",
        host,
    )
    return silent_s


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


async def take_duty(conn: Connection, name: str, *, holder: str, for_s: float) -> bool:
    """Take, or keep, what one worker at a time does. False: somebody else has it."""
    taken: bool = await conn.fetchval("SELECT take_duty($1, $2, $3)", name, holder, seconds(for_s))
    return taken


async def must_write(conn: Connection) -> None:
    """See that this is a server that can be written to.

    Raises:
        DatabaseAway: it reads only.
    """
    if await conn.fetchval("SELECT current_setting('transaction_read_only')") == "on":
        raise DatabaseAway(unclear=False)


async def now(conn: Connection) -> datetime:
    """The database's clock: the only one that decides what is due."""
    at: datetime = await conn.fetchval("SELECT nd_now()")
    return at
