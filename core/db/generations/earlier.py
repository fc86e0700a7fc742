"""A team's earlier generations, by the beginning of an id or by words of their descriptions, newest first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from core.db.pool import Connection
from core.domain.chat.principal import Principal
from core.domain.generations.generation import Outcome, State
from core.domain.ids import GenerationId
from core.domain.requests.tiers import TierName

ID_LEAST = 6
WORDS_MOST = 6
_HEX = frozenset("0123456789abcdef")
_PLACES = """
SELECT b.platform, b.installation FROM workspace a JOIN workspace b ON b.team_id = a.team_id
 WHERE a.platform = $1 AND a.installation = $2
"""
_PLACES_OF_PERSON = """
SELECT m.platform, m.installation FROM member m WHERE m.platform = $1 AND m.user_id = $3
"""
"""Where a person has asked in a direct conversation, too: every workspace that knows them."""
_FOUND = """
SELECT g.id, g.request ->> 'prompt' AS prompt, g.tier, g.state, g.outcome, g.cancel_requested_at, g.created_at,
       g.clip IS NOT NULL AS has_clip, g.take
  FROM ({places}) AS p CROSS JOIN LATERAL (
       SELECT * FROM generations o
        WHERE o.platform = p.platform AND o.installation = p.installation AND {whose}
          AND o.hidden_at IS NULL AND o.request ->> 'prompt' <> '' AND {condition}
        ORDER BY o.created_at DESC, o.take LIMIT $4) AS g
"""
"""The newest of each workspace, by its own index: a plan for all of them at once would read the whole table."""
_TEAM, _OWN = "$3::text IS NOT NULL", "o.user_id = $3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """One of them. `has_clip`: its file is kept."""

    id: GenerationId
    prompt: str
    tier: str
    state: State
    outcome: Outcome | None
    is_ending: bool
    created_at: datetime
    has_clip: bool


async def of_id(conn: Connection, text: str, *, by: Principal, limit: int) -> list[Earlier]:
    """Those whose id begins so; none for what is no beginning of an id."""
    digits = text.lower().replace("-", "").strip("#")
    if not ID_LEAST <= len(digits) <= 32 or not _HEX.issuperset(digits):
        return []
    first, last = UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
    return await _found(conn, "o.id BETWEEN $5 AND $6", by, limit, first, last)


async def of_words(conn: Connection, text: str, *, by: Principal, limit: int, own: bool = False) -> list[Earlier]:
    """Those whose description has all these words; the newest where there are none. `own`: the person's alone."""
    words = [f"%{_escaped(word)}%" for word in text.split()[:WORDS_MOST]]
    return await _found(conn, "o.request ->> 'prompt' ILIKE ALL ($5::text[])", by, limit, words, own=own)


async def _found(
    conn: Connection, condition: str, by: Principal, limit: int, *values: object, own: bool = False
) -> list[Earlier]:
    parts = [_FOUND.format(places=_PLACES, whose=_OWN if own else _TEAM, condition=condition)]
    if by.direct:
        parts.append(_FOUND.format(places=_PLACES_OF_PERSON, whose=_OWN, condition=condition))
    query = " UNION ".join(parts) + " ORDER BY created_at DESC, take LIMIT $4"
    rows = await conn.fetch(query, by.platform, by.installation, by.user, limit, *values)
    return [_earlier(row) for row in rows]


def _earlier(row: asyncpg.Record) -> Earlier:
    return Earlier(
        id=GenerationId(row["id"]),
        prompt=row["prompt"] or "",
        tier=row["tier"] or TierName.DEFAULT.value,
        state=State(row["state"]),
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        is_ending=row["cancel_requested_at"] is not None,
        created_at=row["created_at"],
        has_clip=row["has_clip"],
    )


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
