"""Teams as an operator looks them up: all of them, one by any of its names, and what its credits are made of."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from core.db.pool import Connection
from core.domain.ids import TeamId

PREFIX_LEAST = 4
"""Fewer characters than these are no name: a slip would hit somebody."""
DIGITS_LEAST = 8
"""The same for digits alone, which might be a mistyped team's number."""
_CANDIDATES_MAX = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamEntry:
    """One team.

    Args:
        workspaces: each as platform:installation.
        joined_to: the team that spends for this one; its balance and what it holds are shown then.
        asked_at: when it asked for its latest generation.
    """

    id: TeamId
    name: str
    workspaces: tuple[str, ...]
    balance: int
    held: int
    frozen: bool
    joined_to: TeamId | None
    created_at: datetime
    asked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """What one grant still holds; `expires_at` is None where it never lapses."""

    source: str
    granted: int
    remaining: int
    granted_at: datetime
    expires_at: datetime | None


async def teams(conn: Connection, *, limit: int) -> list[TeamEntry]:
    """The newest teams, newest first."""
    rows = await conn.fetch("SELECT * FROM team_overview ORDER BY id DESC LIMIT $1", limit)
    return [_team(row) for row in rows]


async def named(conn: Connection, name: str) -> list[TeamEntry]:
    """The teams that a name may mean: a number, platform:installation, or the beginning of an installation or a name.

    A whole name means one team, whatever else begins with it.
    """
    if name.isdecimal() and (found := await _by(conn, "id::text = $1", name)):
        return found
    if found := await _by(conn, "$1 = ANY (workspaces)", name):
        return found
    installation = name.rpartition(":")[2]
    if len(installation) < (DIGITS_LEAST if installation.isdecimal() else PREFIX_LEAST):
        return []
    return await _by(
        conn,
        "starts_with(lower(name), lower($1)) OR EXISTS (SELECT 1 FROM unnest(workspaces) AS w "
        "WHERE starts_with(CASE WHEN strpos($1, ':') > 0 THEN w ELSE split_part(w, ':', 2) END, $1))",
        name,
    )


async def lots(conn: Connection, team_id: TeamId) -> list[Lot]:
    """What a team's own balance is made of, in the order in which it is burned."""
    rows = await conn.fetch("SELECT * FROM team_lots($1)", team_id)
    return [
        Lot(
            source=row["source"],
            granted=row["granted"],
            remaining=row["remaining"],
            granted_at=row["granted_at"],
            expires_at=row["expires_at"],
        )
        for row in rows
    ]


async def _by(conn: Connection, condition: str, name: str) -> list[TeamEntry]:
    rows = await conn.fetch(
        f"SELECT * FROM team_overview WHERE {condition} ORDER BY id LIMIT {_CANDIDATES_MAX}",  # noqa: S608 - ours
        name,
    )
    return [_team(row) for row in rows]


def _team(row: asyncpg.Record) -> TeamEntry:
    return TeamEntry(
        id=TeamId(row["id"]),
        name=row["name"],
        workspaces=tuple(row["workspaces"]),
        balance=row["balance"],
        held=row["held"],
        frozen=row["frozen"],
        joined_to=TeamId(row["joined_to"]) if row["joined_to"] is not None else None,
        created_at=row["created_at"],
        asked_at=row["asked_at"],
    )
