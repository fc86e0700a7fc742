"""Generations: created once, claimed under lease and fence, moved on by whoever holds the fence."""

from collections.abc import Sequence
from uuid import UUID

from core.db.generations.generation_rows import claimed, generation_from
from core.db.pool import Connection, seconds
from core.domain.chat.principal import Principal
from core.domain.generations.generation import Generation
from core.domain.ids import (
    TeamId,
)

LEASE_S = 45.0
GRACE_S = 10.0
"""Who was called in a queue and has not come for so long is passed over until they do. No vendor's pace scales it."""


class StaleError(Exception):
    """Another worker has taken the row over: what this one did must not be recorded."""


OF_CALLER = (
    "SELECT * FROM generations AS g WHERE id = $1 AND (same_team(g.platform, g.installation, $2, $3) "
    "    OR ($5 AND g.platform = $2 AND g.user_id = $4))"
)
"""A generation by its id and the caller, whose values are `keys_of`: that of another team is not there."""


def keys_of(generation_id: UUID, principal: Principal) -> tuple[UUID, str, str, str, bool]:
    return generation_id, principal.platform, principal.installation, principal.user, principal.direct


async def load(conn: Connection, generation_id: UUID) -> Generation | None:
    """The generation with this id, for our own use and operators. An id that a person sends goes by `load_for`."""
    row = await conn.fetchrow("SELECT * FROM generations WHERE id = $1", generation_id)
    return generation_from(row) if row else None


async def load_for(conn: Connection, generation_id: UUID, *, principal: Principal) -> Generation | None:
    """What this caller may know of: a generation of another team is as if it did not exist."""
    row = await conn.fetchrow(OF_CALLER, *keys_of(generation_id, principal))
    return generation_from(row) if row else None


async def claim_due(conn: Connection, *, owner: str, limit: int) -> list[Generation]:
    """Wake those whose turn at a route has come, then take the lease on due generations, most overdue first."""
    rows = await conn.fetch(
        "SELECT * FROM claim_generations_in_turn($1, $2, $3, $4)", owner, limit, seconds(LEASE_S), seconds(GRACE_S)
    )
    return [generation for row in rows if (generation := await claimed(conn, row)) is not None]


async def claim_these(conn: Connection, ids: Sequence[UUID], *, owner: str) -> list[Generation]:
    """Take the lease on those of these generations that are due and that nobody works on."""
    rows = await conn.fetch("SELECT * FROM claim_these_generations($1, $2, $3)", ids, owner, seconds(LEASE_S))
    return [generation for row in rows if (generation := await claimed(conn, row)) is not None]


async def wake(conn: Connection, generation_id: UUID) -> int | None:
    """Make the generation due, because something has happened to it. Returns the new version; None if it is over."""
    version: int | None = await conn.fetchval("SELECT wake_generation($1)", generation_id)
    return version


async def request_cancel(conn: Connection, generation_id: UUID) -> Generation | None:
    """Ask for an end. Returns the row as it then is, or None if there is no such generation."""
    await conn.execute(
        "UPDATE generations SET cancel_requested_at = coalesce(cancel_requested_at, nd_now()) "
        "WHERE id = $1 AND state IN ('asking', 'queued', 'rendering')",
        generation_id,
    )
    await wake(conn, generation_id)
    return await load(conn, generation_id)


async def release(conn: Connection, generation: Generation, *, in_s: float) -> None:
    """Give the row back without an outcome: due again in a while.

    The claim stays counted, so that poison is noticed.
    """
    await conn.execute(
        "UPDATE generations SET lease_owner = NULL, lease_until = NULL, wake_at = nd_now() + $3 "
        "WHERE id = $1 AND fence = $2",
        generation.id,
        generation.fence,
        seconds(in_s),
    )


async def hand_back(conn: Connection, generation: Generation, *, in_s: float) -> None:
    """Give the row back for a reason that has nothing to do with it, such as storage that is away.

    The claim is not counted.
    """
    await conn.execute(
        "UPDATE generations SET lease_owner = NULL, lease_until = NULL, claims = greatest(0, claims - 1), "
        "wake_at = nd_now() + $3 WHERE id = $1 AND fence = $2",
        generation.id,
        generation.fence,
        seconds(in_s),
    )


async def renew(conn: Connection, generation: Generation) -> None:
    """Keep the lease through a download.

    Raises:
        StaleError: the claim was lost.
    """
    renewed = await conn.fetchval(
        "UPDATE generations SET lease_until = nd_now() + $3, wake_at = nd_now() + $3 "
        "WHERE id = $1 AND fence = $2 RETURNING true",
        generation.id,
        generation.fence,
        seconds(LEASE_S),
    )
    if not renewed:
        raise StaleError


async def under_way(conn: Connection, team_id: TeamId) -> int:
    """How many of a team's generations hold credits now."""
    count: int = await conn.fetchval(
        "SELECT count(*) FROM generations WHERE team_id = $1 AND state <> 'done' AND settled IS NULL AND consumed > 0",
        team_id,
    )
    return count
