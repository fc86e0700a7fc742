"""What lines of the ledger are about: who the members are, what was asked for, where a grant came from."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from core.db.pool import Connection
from core.domain.credits.history import Name, Video
from core.domain.errors import ErrorClass
from core.domain.generations.generation import Outcome
from core.domain.ids import Installation, MemberId, PlatformName, ProviderName, TeamId, UserId


async def people(conn: Connection, members: Iterable[MemberId | None]) -> dict[MemberId, Name]:
    """Who these members are."""
    rows = await conn.fetch(
        "SELECT id, platform, installation, user_id FROM member WHERE id = ANY ($1)",
        sorted({member for member in members if member is not None}),
    )
    return {
        MemberId(row["id"]): Name(
            platform=PlatformName(row["platform"]),
            installation=Installation(row["installation"]),
            user_id=None if row["user_id"] is None else UserId(row["user_id"]),
        )
        for row in rows
    }


async def videos(conn: Connection, keys: Sequence[UUID]) -> dict[UUID, Video]:
    """The generations behind these lines; a line that no generation stands for has none."""
    rows = await conn.fetch(
        "SELECT g.id, g.request ->> 'prompt' AS prompt, g.outcome, g.error_class, a.provider FROM generations g "
        "  LEFT JOIN attempts a ON a.generation_id = g.id AND a.n = g.winner_attempt AND g.outcome = 'succeeded' "
        " WHERE g.id = ANY ($1)",
        list(keys),
    )
    return {
        row["id"]: Video(
            prompt=row["prompt"],
            outcome=Outcome(row["outcome"]) if row["outcome"] else None,
            error_class=ErrorClass(row["error_class"]) if row["error_class"] else None,
            maker=ProviderName(row["provider"]) if row["provider"] else None,
        )
        for row in rows
    }


async def gifts(conn: Connection, team_id: TeamId, seqs: Sequence[int]) -> dict[int, tuple[MemberId, int]]:
    """By line: who got how much of whose budget."""
    rows = await conn.fetch(
        "SELECT seq, to_member, amount FROM gift WHERE team_id = $1 AND seq = ANY ($2)", team_id, list(seqs)
    )
    return {row["seq"]: (MemberId(row["to_member"]), row["amount"]) for row in rows}


async def sources(conn: Connection, team_id: TeamId, seqs: Sequence[int]) -> dict[int, str]:
    """By line: where granted credits came from."""
    rows = await conn.fetch(
        "SELECT e.seq, l.source FROM entry e JOIN lot l ON l.id = e.lot_id "
        " WHERE e.team_id = $1 AND e.seq = ANY ($2) AND e.kind = 'grant'",
        team_id,
        list(seqs),
    )
    return {row["seq"]: row["source"] for row in rows}


async def newer(conn: Connection, team_id: TeamId, *, than: int, limit: int) -> int | None:
    """Where the page before this one begins: 0 if that is the newest; None if there is nothing newer."""
    rows = await conn.fetch(
        "SELECT seq FROM entry WHERE team_id = $1 AND leg <= 0 AND seq > $2 ORDER BY seq LIMIT $3",
        team_id,
        than,
        limit + 1,
    )
    if not rows:
        return None
    return 0 if len(rows) <= limit else int(rows[limit]["seq"])
