"""Generations that an admin has to let go: they wait, with nothing consumed, until somebody decides or time is up."""

from uuid import UUID

from core.db.generations.claims import OF_CALLER, keys_of
from core.db.generations.generation_rows import generation_from, request_json
from core.db.pool import Connection, seconds
from core.domain.chat.principal import Principal
from core.domain.generations.generation import Generation
from core.domain.generations.state_reason import StateReason
from core.domain.ids import ChannelId, GenerationId, MemberId, TeamId


async def locked(
    conn: Connection, generation_id: UUID, *, principal: Principal
) -> tuple[Generation, ChannelId | None] | None:
    """A generation and the channel whose budgets it counts in, for as long as this transaction lasts nobody else's.

    One of another team is as if it did not exist.
    """
    row = await conn.fetchrow(f"{OF_CALLER} FOR NO KEY UPDATE OF g", *keys_of(generation_id, principal))
    if row is None:
        return None
    return generation_from(row), ChannelId(row["channel"]) if row["channel"] is not None else None


async def let_go(
    conn: Connection, generation: Generation, *, team_id: TeamId, consumed: int, start_by_s: float, by: MemberId
) -> int:
    """It is queued and due now, with this request, chain and prices.

    The caller holds it locked, and has consumed its credits in the same transaction.
    """
    version: int = await conn.fetchval(
        "SELECT approve_generation($1, $2, $3, $4, $5, $6, $7, $8)",
        generation.id,
        team_id,
        consumed,
        seconds(start_by_s),
        by,
        request_json(generation.request),
        list(generation.chain),
        dict(generation.prices),
    )
    return version


async def decline(conn: Connection, generation_id: GenerationId, *, reason: StateReason, by: MemberId) -> None:
    """It is to end. The caller holds it locked, and wakes it."""
    await conn.execute(
        "UPDATE generations SET cancel_requested_at = nd_now(), reason = $2, decided_by = $3 "
        "WHERE id = $1 AND state = 'asking'",
        generation_id,
        reason.as_json(),
        by,
    )
