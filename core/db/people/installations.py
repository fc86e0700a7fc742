"""Apps that people install into workspaces by themselves. What the tokens are is sealed before it comes here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from core.db.pool import Connection, seconds
from core.domain.ids import Installation, PlatformName


@dataclass(frozen=True, slots=True, kw_only=True)
class AppInstallation:
    """The app in one workspace, or in a whole organization, whose id is `installation` then.

    Args:
        organization: the organization that it belongs to, if any.
        facts: what is no secret: names, scopes, our ids there.
        sealed: the tokens; None once the app is gone.
        expires_at: when the token has to be renewed at the latest; None is never.
    """

    installation: Installation
    organization: str | None
    facts: Mapping[str, Any]
    sealed: str | None
    expires_at: datetime | None
    installed_at: datetime
    ended_at: datetime | None = None


_COLUMNS = "installation, organization, facts, sealed, expires_at, installed_at, ended_at"


async def save(
    conn: Connection,
    platform: PlatformName,
    installation: Installation,
    *,
    organization: str | None,
    facts: Mapping[str, Any],
    sealed: str,
    expires_at: datetime | None,
) -> None:
    """The app was installed, for the first time or again."""
    await conn.execute(
        """
        INSERT INTO app_installation AS i (platform, installation, organization, facts, sealed, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (platform, installation) DO UPDATE
           SET organization = $3, facts = $4, sealed = $5, expires_at = $6, ended_at = NULL, ended_why = NULL,
               refresh_by = NULL, refresh_until = NULL, installed_at = nd_now(), changed_at = nd_now()
        """,
        platform,
        installation,
        organization,
        dict(facts),
        sealed,
        expires_at,
    )


async def find(conn: Connection, platform: PlatformName, installation: Installation) -> AppInstallation | None:
    """The app there, if it is installed now."""
    row = await conn.fetchrow(
        f"SELECT {_COLUMNS} FROM app_installation WHERE platform = $1 AND installation = $2 AND ended_at IS NULL",  # noqa: S608 - a name from above
        platform,
        installation,
    )
    return _from(row) if row is not None else None


async def everywhere(conn: Connection, platform: PlatformName) -> list[AppInstallation]:
    """Where the app is installed now, the newest first."""
    rows = await conn.fetch(
        f"SELECT {_COLUMNS} FROM app_installation WHERE platform = $1 AND ended_at IS NULL ORDER BY installed_at DESC",  # noqa: S608 - a name from above
        platform,
    )
    return [_from(row) for row in rows]


async def reseal(conn: Connection, platform: PlatformName, known: AppInstallation, *, sealed: str) -> bool:
    """Write the same tokens down, sealed with another key. False: they have changed meanwhile."""
    done = await conn.fetchval(
        "UPDATE app_installation SET sealed = $4 WHERE platform = $1 AND installation = $2 AND sealed = $3 "
        "RETURNING true",
        platform,
        known.installation,
        known.sealed,
        sealed,
    )
    return bool(done)


async def lock_refresh(
    conn: Connection, platform: PlatformName, installation: Installation, *, by: str, for_s: float
) -> bool:
    """Take the lock under which the token is renewed. False: somebody else is at it."""
    locked: bool = await conn.fetchval(
        "SELECT lock_refresh($1, $2, $3, $4)", platform, installation, by, seconds(for_s)
    )
    return locked


async def unlock_refresh(conn: Connection, platform: PlatformName, installation: Installation, *, by: str) -> None:
    """Let go of the lock, if it is still ours: the token was not renewed."""
    await conn.execute(
        "UPDATE app_installation SET refresh_by = NULL, refresh_until = NULL "
        "WHERE platform = $1 AND installation = $2 AND refresh_by = $3",
        platform,
        installation,
        by,
    )


async def is_refreshing(conn: Connection, platform: PlatformName, installation: Installation) -> bool:
    """Whether somebody is renewing its token."""
    found: bool = await conn.fetchval(
        "SELECT EXISTS (SELECT FROM app_installation WHERE platform = $1 AND installation = $2 "
        "AND refresh_until > nd_now())",
        platform,
        installation,
    )
    return found


async def renewed(
    conn: Connection,
    platform: PlatformName,
    installation: Installation,
    *,
    by: str,
    sealed: str,
    expires_at: datetime | None,
) -> bool:
    """Write the renewed tokens down. False: the lock was lost, or the app is gone meanwhile."""
    written: bool = await conn.fetchval(
        "SELECT tokens_renewed($1, $2, $3, $4, $5)", platform, installation, by, sealed, expires_at
    )
    return written


async def end(conn: Connection, platform: PlatformName, installation: Installation, *, why: str, at: datetime) -> None:
    """The app is gone since `at`: its tokens are forgotten, unless it was installed again since."""
    await conn.execute("SELECT end_installation($1, $2, $3, $4)", platform, installation, why, at)


async def live_generations(conn: Connection, platform: PlatformName, installation: Installation) -> list[UUID]:
    """The ids of what is under way for a workspace."""
    rows = await conn.fetch(
        "SELECT id FROM generations WHERE platform = $1 AND installation = $2 "
        "AND state IN ('asking', 'queued', 'rendering') AND cancel_requested_at IS NULL ORDER BY id",
        platform,
        installation,
    )
    return [row["id"] for row in rows]


async def issue_state(conn: Connection, state: str, *, for_s: float) -> None:
    """An installation was begun in a browser. Those that nobody went on with are forgotten."""
    await conn.execute(
        "WITH over AS (DELETE FROM install_state WHERE until < nd_now()) "
        "INSERT INTO install_state (state, until) VALUES ($1, nd_now() + $2)",
        state,
        seconds(for_s),
    )


async def consume_state(conn: Connection, state: str) -> bool:
    """Whether it was begun by us, not too long ago, and is gone on with for the first time."""
    found = await conn.fetchval("DELETE FROM install_state WHERE state = $1 RETURNING until >= nd_now()", state)
    return bool(found)


def _from(row: asyncpg.Record) -> AppInstallation:
    return AppInstallation(
        installation=Installation(row["installation"]),
        organization=row["organization"],
        facts=row["facts"],
        sealed=row["sealed"],
        expires_at=row["expires_at"],
        installed_at=row["installed_at"],
        ended_at=row["ended_at"],
    )
