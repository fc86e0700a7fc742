"""What the admins of a workspace have chosen. Who may choose is decided before."""

from core.db.pool import Connection
from core.domain.ids import Installation, MemberId, PlatformName
from core.domain.requests.fallback import Fallback
from core.domain.routing.decisions import Elsewhere


async def fallback(conn: Connection, *, platform: PlatformName, installation: Installation) -> Fallback:
    """How far this workspace's generations go when the first provider fails."""
    chosen = await conn.fetchval(
        "SELECT fallback FROM workspace_settings WHERE platform = $1 AND installation = $2", platform, installation
    )
    return Fallback.ANY if chosen is None else Fallback(chosen)


async def elsewhere(conn: Connection, *, platform: PlatformName, installation: Installation) -> Elsewhere:
    """What this workspace wants when a provider refuses by a rule of its own."""
    chosen = await conn.fetchval(
        "SELECT elsewhere FROM workspace_settings WHERE platform = $1 AND installation = $2", platform, installation
    )
    return Elsewhere.OFFER if chosen is None else Elsewhere(chosen)


async def choose_elsewhere(
    conn: Connection, chosen: Elsewhere, *, platform: PlatformName, installation: Installation, by: MemberId
) -> None:
    """Remember the choice for generations to come. The workspace is known already."""
    await conn.execute(
        """
        INSERT INTO workspace_settings AS s (platform, installation, elsewhere, changed_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT (platform, installation) DO UPDATE SET elsewhere = $3, changed_by = $4, changed_at = nd_now()
         WHERE s.elsewhere <> $3
        """,
        platform,
        installation,
        chosen.value,
        by,
    )


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
