"""Generations: created once, claimed under lease and fence, moved on by whoever holds the fence."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from core.db.generation_rows import claimed, generation_from
from core.db.pool import Connection, seconds
from core.domain.errors import ErrorClass
from core.domain.generation import Clip, Generation, Outcome, State
from core.domain.ids import (
    GenerationId,
    Installation,
    MemberId,
    PlatformName,
    ProviderName,
    TeamId,
    Thread,
    UserId,
)
from core.domain.request import VideoRequest
from core.domain.routes import Fallback

LEASE_S = 45.0


class StaleError(Exception):
    """Somebody else has taken the row over: what was done is not recorded, and must not be."""


async def create(
    conn: Connection,
    *,
    generation_id: GenerationId,
    team_id: TeamId,
    member_id: MemberId,
    platform: PlatformName,
    installation: Installation,
    user_id: UserId,
    place: Thread,
    request: VideoRequest,
    chain: tuple[ProviderName, ...],
    prices: Mapping[ProviderName, int],
    consumed: int,
    start_by_s: float,
    fallback: Fallback = Fallback.ANY,
) -> None:
    """Insert a queued generation that is due now. The caller has consumed its credits in the same transaction."""
    await conn.execute(
        """
        INSERT INTO generations (id, team_id, member_id, platform, installation, user_id, place, request, tier, chain,
                                 prices, consumed, start_by, wake_at, fallback)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, nd_now() + $13, nd_now(), $14)
        """,
        generation_id,
        team_id,
        member_id,
        platform,
        installation,
        user_id,
        place,
        asdict(request),
        request.tier,
        list(chain),
        dict(prices),
        consumed,
        seconds(start_by_s),
        fallback.value,
    )


async def load(conn: Connection, generation_id: UUID) -> Generation | None:
    row = await conn.fetchrow("SELECT * FROM generations WHERE id = $1", generation_id)
    return generation_from(row) if row else None


async def claim_due(conn: Connection, *, owner: str, limit: int) -> list[Generation]:
    """Take the lease on due generations, most overdue first."""
    rows = await conn.fetch("SELECT * FROM claim_generations($1, $2, $3)", owner, limit, seconds(LEASE_S))
    return [generation for row in rows if (generation := await claimed(conn, row)) is not None]


async def claim_one(conn: Connection, generation_id: UUID, *, owner: str) -> Generation | None:
    """Take the lease on one generation, if it is due and nobody works on it."""
    row = await conn.fetchrow("SELECT * FROM claim_generation($1, $2, $3)", generation_id, owner, seconds(LEASE_S))
    return await claimed(conn, row) if row else None


async def commit(conn: Connection, generation: Generation, *, state: State, wake_at: datetime | None) -> None:
    """End the claim: the row is in `state`, and due at `wake_at`, or at once if something was signalled meanwhile.

    Raises:
        StaleError: the claim was lost; the transaction must roll back.
    """
    version = await conn.fetchval(
        "SELECT commit_generation($1, $2, $3, $4, $5)",
        generation.id,
        generation.fence,
        generation.version,
        state,
        wake_at,
    )
    if version is None:
        raise StaleError


async def hold(conn: Connection, generation: Generation, *, state: State) -> None:
    """Record a state and keep working: the lease starts anew.

    Raises:
        StaleError: the claim was lost.
    """
    version = await conn.fetchval(
        "SELECT commit_generation($1, $2, $3, $4, NULL, $5)",
        generation.id,
        generation.fence,
        generation.version,
        state,
        seconds(LEASE_S),
    )
    if version is None:
        raise StaleError


async def wake(conn: Connection, generation_id: UUID) -> int | None:
    """Make it due: something happened that its next step wants to know. Returns the new version, None if it is over."""
    version: int | None = await conn.fetchval("SELECT wake_generation($1)", generation_id)
    return version


async def open_window(conn: Connection, generation: Generation, *, window_s: float) -> None:
    """The first attempt got a slot: the delivery window runs from now on."""
    await conn.execute(
        "UPDATE generations SET window_ends = coalesce(window_ends, nd_now() + $3) WHERE id = $1 AND fence = $2",
        generation.id,
        generation.fence,
        seconds(window_s),
    )


async def adopt(conn: Connection, generation: Generation, *, n: int) -> None:
    """Attempt n is the winner; it is set once."""
    await conn.execute(
        "UPDATE generations SET winner_attempt = coalesce(winner_attempt, $3) WHERE id = $1 AND fence = $2",
        generation.id,
        generation.fence,
        n,
    )


async def disown(conn: Connection, generation: Generation) -> None:
    """The winner turned out to be no video: nobody has won yet."""
    await conn.execute(
        "UPDATE generations SET winner_attempt = NULL WHERE id = $1 AND fence = $2", generation.id, generation.fence
    )


async def conclude(
    conn: Connection,
    generation: Generation,
    *,
    outcome: Outcome,
    settled: int,
    clip: Clip | None = None,
    error_class: ErrorClass | None = None,
    reason: Mapping[str, Any] | None = None,
) -> None:
    """How it ended. The caller has settled the credits in the same transaction, and commits the state after this."""
    await conn.execute(
        """
        UPDATE generations SET outcome = $3, settled = $4, clip = $5, error_class = $6, reason = $7
         WHERE id = $1 AND fence = $2
        """,
        generation.id,
        generation.fence,
        outcome,
        settled,
        asdict(clip) if clip else None,
        error_class,
        dict(reason or {}),
    )


async def explain(conn: Connection, generation: Generation, *, reason: Mapping[str, Any]) -> None:
    """Why it waits, for the progress message."""
    await conn.execute(
        "UPDATE generations SET reason = $3 WHERE id = $1 AND fence = $2",
        generation.id,
        generation.fence,
        dict(reason),
    )


async def keep_plan(conn: Connection, generation: Generation, *, plan: Mapping[str, Any]) -> None:
    """The plan that the last choice of a route was made from, with its reasons."""
    await conn.execute(
        "UPDATE generations SET plan = $3 WHERE id = $1 AND fence = $2", generation.id, generation.fence, dict(plan)
    )


async def request_cancel(conn: Connection, generation_id: UUID) -> Generation | None:
    """Ask for an end. Returns the row as it then is, or None if there is no such generation."""
    await conn.execute(
        "UPDATE generations SET cancel_requested_at = coalesce(cancel_requested_at, nd_now()) "
        "WHERE id = $1 AND state IN ('asking', 'queued', 'rendering')",
        generation_id,
    )
    await wake(conn, generation_id)
    return await load(conn, generation_id)


async def log_step(
    conn: Connection,
    generation: Generation,
    *,
    worker: str,
    step: str,
    outcome: str,
    facts: Mapping[str, Any] | None = None,
    wake_at: datetime | None = None,
) -> None:
    """One line of the timeline that operators see. Facts hold ids, names and numbers, never a prompt."""
    await conn.execute(
        "INSERT INTO step_log (generation_id, worker, fence, step, outcome, facts, wake_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        generation.id,
        worker,
        generation.fence,
        step,
        outcome,
        dict(facts or {}),
        wake_at,
    )


async def release(conn: Connection, generation: Generation, *, in_s: float) -> None:
    """Let go without an outcome: due again in a while. The claim stays counted, so that a poison row ends."""
    await conn.execute(
        "UPDATE generations SET lease_owner = NULL, lease_until = NULL, wake_at = nd_now() + $3 "
        "WHERE id = $1 AND fence = $2",
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


async def cancel_refused(conn: Connection, generation: Generation, *, by: str) -> None:
    """The vendor at work cannot stop: the wish is over, and the progress message says so."""
    await conn.execute(
        "UPDATE generations SET cancel_requested_at = NULL, "
        "reason = reason || jsonb_build_object('cannot_stop', $3::text) WHERE id = $1 AND fence = $2",
        generation.id,
        generation.fence,
        by,
    )


async def under_way(conn: Connection, team_id: TeamId) -> int:
    """How many of a team's generations hold credits now."""
    count: int = await conn.fetchval(
        "SELECT count(*) FROM generations WHERE team_id = $1 AND state <> 'done' AND settled IS NULL AND consumed > 0",
        team_id,
    )
    return count
