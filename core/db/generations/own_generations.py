"""Generations that can still be cancelled, newest first: a person's own, and those of a conversation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.db.pool import Connection
from core.domain.generations.generation import Outcome, State
from core.domain.ids import GenerationId, Installation, PlatformName, Thread, UserId
from core.domain.requests.tiers import TierName


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """One of them."""

    id: GenerationId
    prompt: str
    tier: str
    state: State
    outcome: Outcome | None
    is_ending: bool
    created_at: datetime


async def own(
    conn: Connection, *, platform: PlatformName, installation: Installation, user: UserId, limit: int
) -> list[Own]:
    """The newest."""
    rows = await conn.fetch(
        "SELECT id, request ->> 'prompt' AS prompt, tier, state, outcome, cancel_requested_at, created_at "
        "  FROM generations WHERE platform = $1 AND installation = $2 AND user_id = $3 "
        "   AND state IN ('asking', 'queued', 'rendering') AND cancel_requested_at IS NULL "
        " ORDER BY created_at DESC LIMIT $4",
        platform,
        installation,
        user,
        limit,
    )
    return [
        Own(
            id=GenerationId(row["id"]),
            prompt=row["prompt"] or "",
            tier=row["tier"] or TierName.DEFAULT.value,
            state=State(row["state"]),
            outcome=Outcome(row["outcome"]) if row["outcome"] else None,
            is_ending=row["cancel_requested_at"] is not None,
            created_at=row["created_at"],
        )
        for row in rows
    ]


async def live_in(
    conn: Connection, *, platform: PlatformName, installation: Installation, threads: Sequence[Thread]
) -> GenerationId | None:
    """The newest that can still be cancelled of those that are talked about in one of these threads."""
    found = await conn.fetchval(
        "SELECT id FROM generations WHERE platform = $1 AND installation = $2 "
        "AND (thread = ANY($3) OR place = ANY($3)) "
        "AND state IN ('asking', 'queued', 'rendering') AND cancel_requested_at IS NULL "
        "ORDER BY created_at DESC LIMIT 1",
        platform,
        installation,
        list(threads),
    )
    return GenerationId(found) if found is not None else None
