"""What the admins of a workspace have chosen. Who may choose is decided before."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from core.db.pool import Connection
from core.domain.chat.principal import Outsiders
from core.domain.ids import Installation, MemberId, PlatformName
from core.domain.requests.fallback import Elsewhere, Fallback

Setting: TypeAlias = Literal["fallback", "elsewhere", "outsiders", "keep_days"]
"""A column of `workspace_settings`; null is the default."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A Slack workspace, a Discord server: whatever a platform calls the place that its admins look after."""

    platform: PlatformName
    installation: Installation


async def fallback(conn: Connection, *, platform: PlatformName, installation: Installation) -> Fallback:
    """How far this workspace's generations go when the first provider fails."""
    chosen = await _chosen(conn, Workspace(platform, installation), "fallback")
    return Fallback.ANY if chosen is None else Fallback(str(chosen))


async def elsewhere(conn: Connection, *, platform: PlatformName, installation: Installation) -> Elsewhere:
    """What this workspace wants when a provider refuses by a rule of its own."""
    chosen = await _chosen(conn, Workspace(platform, installation), "elsewhere")
    return Elsewhere.OFFER if chosen is None else Elsewhere(str(chosen))


async def outsiders(conn: Connection, *, platform: PlatformName, installation: Installation) -> Outsiders:
    """Whom this workspace lets use the app, besides its members."""
    chosen = await _chosen(conn, Workspace(platform, installation), "outsiders")
    return Outsiders.NOBODY if chosen is None else Outsiders(str(chosen))


async def keep_days(conn: Connection, *, platform: PlatformName, installation: Installation) -> int | None:
    """For how many days this workspace keeps prompts and clips; None where its admins have not chosen."""
    chosen = await _chosen(conn, Workspace(platform, installation), "keep_days")
    return None if chosen is None else int(chosen)


async def choose(conn: Connection, at: Workspace, setting: Setting, value: str | int | None, *, by: MemberId) -> None:
    """Remember a choice. The workspace is known already."""
    await conn.execute(
        f"""
        INSERT INTO workspace_settings AS s (platform, installation, {setting}, changed_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT (platform, installation) DO UPDATE
           SET {setting} = $3, changed_by = $4, changed_at = nd_now() WHERE s.{setting} IS DISTINCT FROM $3
        """,  # noqa: S608 - a name from the list above
        at.platform,
        at.installation,
        value,
        by,
    )


async def _chosen(conn: Connection, at: Workspace, setting: Setting) -> str | int | None:
    chosen: str | int | None = await conn.fetchval(
        f"SELECT {setting} FROM workspace_settings WHERE platform = $1 AND installation = $2",  # noqa: S608 - as above
        at.platform,
        at.installation,
    )
    return chosen
