"""What a shop may ask of the teams: whom a workspace belongs to."""

from core.db.pool import Connection
from core.domain.ids import Installation, PlatformName, TeamId


async def team_of(conn: Connection, platform: PlatformName, installation: Installation) -> TeamId | None:
    """The team of a workspace; None if we have never heard of it."""
    number = await conn.fetchval(
        "SELECT team_id FROM workspace WHERE platform = $1 AND installation = $2", platform, installation
    )
    return TeamId(number) if number is not None else None
