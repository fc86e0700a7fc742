"""A bot in its workspaces: whom it greeted, which commands its platform shows, whose turn to connect it is."""

from datetime import datetime
from enum import StrEnum

from core.db.pool import Connection, seconds
from core.domain.ids import Installation, PlatformName

PUBLISH_LEASE_S = 60.0


class Publication(StrEnum):
    """Who is to publish commands."""

    DONE = "done"
    YOURS = "yours"
    BUSY = "busy"


async def greet(conn: Connection, *, platform: PlatformName, installation: Installation, joined_at: datetime) -> bool:
    """Whether a workspace is to be greeted now: once for each time that the bot came.

    Args:
        joined_at: by the platform's clock. A later one is another arrival, though we never heard that the bot had left.
    """
    is_new: bool = await conn.fetchval("SELECT greet_workspace($1, $2, $3)", platform, installation, joined_at)
    return is_new


async def is_first(conn: Connection, *, platform: PlatformName, event: str) -> bool:
    """Whether this delivery is the first of what the platform calls by this id: another process may have heard it."""
    status: str = await conn.execute(
        "INSERT INTO heard (platform, event) VALUES ($1, $2) ON CONFLICT DO NOTHING", platform, event
    )
    return status.endswith(" 1")


async def left(conn: Connection, *, platform: PlatformName, installation: Installation) -> None:
    """The bot was removed from a workspace."""
    await conn.execute(
        "UPDATE arrival SET left_at = nd_now() WHERE platform = $1 AND installation = $2", platform, installation
    )


async def claim_commands(
    conn: Connection, *, platform: PlatformName, application: str, digest: str, anew: bool
) -> Publication:
    """Who is to publish the commands of this digest; whoever is told that it is theirs has a minute.

    Args:
        anew: the platform does not show them, whatever we remember.
    """
    if anew:
        await conn.execute(
            "UPDATE published_commands SET digest = NULL WHERE platform = $1 AND application = $2 AND digest = $3",
            platform,
            application,
            digest,
        )
    answer: str = await conn.fetchval(
        "SELECT claim_commands($1, $2, $3, $4)", platform, application, digest, seconds(PUBLISH_LEASE_S)
    )
    return Publication(answer)


async def published(conn: Connection, *, platform: PlatformName, application: str, digest: str) -> None:
    """The platform shows these commands now."""
    await conn.execute(
        """
        UPDATE published_commands SET digest = $3, published_at = nd_now(), claimed = NULL, claimed_until = NULL
         WHERE platform = $1 AND application = $2 AND claimed = $3
        """,
        platform,
        application,
        digest,
    )


async def take_turn(conn: Connection, key: str, *, every_s: float) -> float:
    """How many seconds to wait for a turn that all processes share; it is taken."""
    wait_s: float = await conn.fetchval(
        "SELECT extract(epoch FROM take_connection_turn($1, $2))::float8", key, seconds(every_s)
    )
    return wait_s
