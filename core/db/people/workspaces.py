"""What the admins of a workspace have chosen. Who may choose is decided before."""

from core.db.pool import Connection
from core.domain.chat.principal import Outsiders
from core.domain.ids import Installation, MemberId, PlatformName
from core.domain.requests.fallback import Fallback


async def fallback(conn: Connection, *, platform: PlatformName, installation: Installation) -> Fallback:
    """How far this workspace's generations go when the first provider fails."""
    chosen = await conn.fetchval(
        "SELECT fallback FROM workspace_settings WHERE platform = $1 AND installation = $2", platform, installation
    )
    return Fallback.ANY if chosen is None else Fallback(chosen)


async def choose_fallback(
    conn: Connection, chosen: Fallback, *, platform: PlatformName, installation: Installation, by: MemberId
) -> None:
    """Remember the choice for generations to come. The workspace is known already."""
    await conn.execute(
        """
        INSERT INTO workspace_settings AS s (platform, installation, fallback, changed_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT (platform, installation) DO UPDATE SET fallback = $3, changed_by = $4, changed_at = nd_now()
         WHERE s.fallback <> $3
        """,
        platform,
        installation,
        chosen.value,
        by,
    )


async def outsiders(conn: Connection, *, platform: PlatformName, installation: Installation) -> Outsiders:
    """Whom this workspace lets use the app, besides its members."""
    chosen = await conn.fetchval(
        "SELECT outsiders FROM workspace_settings WHERE platform = $1 AND installation = $2", platform, installation
    )
    return Outsiders.NOBODY if chosen is None else Outsiders(chosen)


async def choose_outsiders(
    conn: Connection, chosen: Outsiders, *, platform: PlatformName, installation: Installation, by: MemberId
) -> None:
    """Remember the choice from now on. The workspace is known already."""
    await conn.execute(
        """
        INSERT INTO workspace_settings AS s (platform, installation, outsiders, changed_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT (platform, installation) DO UPDATE SET outsiders = $3, changed_by = $4, changed_at = nd_now()
         WHERE s.outsiders <> $3
        """,
        platform,
        installation,
        chosen.value,
        by,
    )
