"""Contests of a community: one at a time, with a beginning, an end, words that entries have, and one entry a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import asyncpg

from core.db.pool import Connection
from core.domain.ids import GenerationId, Installation, MemberId, PlatformName, UserId


class EntryStatus(StrEnum):
    """What became of an entry."""

    OK = "ok"
    NONE = "none"
    BEFORE = "before"
    TWICE = "twice"
    NO_GALLERY = "no_gallery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """A theme for some days.

    Args:
        must: words that an entry's description has.
    """

    id: UUID
    title: str
    must: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    state: str
    winner: GenerationId | None = None


async def plan(
    conn: Connection,
    *,
    platform: PlatformName,
    installation: Installation,
    title: str,
    must: Sequence[str],
    starts_at: datetime,
    ends_at: datetime,
    by: MemberId,
) -> bool:
    """Plan a contest. False: there is one that has not ended."""
    status = await conn.execute(
        """
        INSERT INTO contest (platform, installation, title, must, starts_at, ends_at, made_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
        """,
        platform,
        installation,
        title,
        list(must),
        starts_at,
        ends_at,
        by,
    )
    return status == "INSERT 0 1"


async def current(conn: Connection, *, platform: PlatformName, installation: Installation) -> Contest | None:
    """The contest that is planned or open."""
    row = await conn.fetchrow(
        "SELECT * FROM contest WHERE platform = $1 AND installation = $2 AND state <> 'closed'", platform, installation
    )
    return _contest(row) if row is not None else None


async def load(conn: Connection, contest_id: UUID) -> Contest | None:
    """A contest by its id."""
    row = await conn.fetchrow("SELECT * FROM contest WHERE id = $1", contest_id)
    return _contest(row) if row is not None else None


async def end_now(conn: Connection, *, platform: PlatformName, installation: Installation) -> bool:
    """Let the contest end at once; one that was only planned is called off. False: there is none."""
    called_off = await conn.execute(
        "DELETE FROM contest WHERE platform = $1 AND installation = $2 AND state = 'planned'", platform, installation
    )
    ended = await conn.execute(
        "UPDATE contest SET ends_at = greatest(nd_now(), starts_at + interval '1 second')"
        " WHERE platform = $1 AND installation = $2 AND state = 'open' AND ends_at > nd_now()",
        platform,
        installation,
    )
    return called_off == "DELETE 1" or ended == "UPDATE 1"


async def enter(
    conn: Connection,
    generation_id: GenerationId,
    *,
    platform: PlatformName,
    installation: Installation,
    user: UserId,
    made_at: datetime,
    contest_id: UUID,
) -> EntryStatus:
    """Enter a person's own video."""
    answer: str = await conn.fetchval(
        "SELECT enter_contest($1, $2, $3, $4, $5, $6)",
        generation_id,
        platform,
        installation,
        user,
        made_at,
        contest_id,
    )
    return EntryStatus(answer)


def _contest(row: asyncpg.Record) -> Contest:
    return Contest(
        id=row["id"],
        title=row["title"],
        must=tuple(row["must"]),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        state=row["state"],
        winner=GenerationId(row["winner"]) if row["winner"] else None,
    )


async def candidates(
    conn: Connection, *, platform: PlatformName, installation: Installation, user: UserId, since: datetime, limit: int
) -> list[tuple[GenerationId, str]]:
    """A person's own newest videos since then, with their descriptions."""
    rows = await conn.fetch(
        """
        SELECT g.id, g.request ->> 'prompt' AS prompt
          FROM workspace w JOIN generations g ON g.team_id IN (w.team_id, w.home_team_id)
         WHERE w.platform = $1 AND w.installation = $2 AND g.platform = $1 AND g.installation = $2 AND g.user_id = $3
           AND g.created_at >= $4 AND g.outcome = 'succeeded' AND g.scrubbed_at IS NULL
         ORDER BY g.created_at DESC LIMIT $5
        """,
        platform,
        installation,
        user,
        since,
        limit,
    )
    return [(GenerationId(row["id"]), row["prompt"] or "") for row in rows]
