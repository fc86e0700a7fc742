"""Which generation a message or a thread is about."""

from core.db.generations.generation_rows import generation_from
from core.db.pool import Connection
from core.domain.chat.principal import Principal
from core.domain.generations.generation import Generation
from core.domain.ids import MessageId, Thread

_OF_TEAM = (
    "SELECT g.* FROM generations g {} WHERE g.platform = $2 AND {} AND (same_team(g.platform, g.installation, $2, $3) "
    "    OR ($5 AND g.user_id = $4)) ORDER BY g.created_at DESC, g.take LIMIT 1"
)


async def of_message(conn: Connection, message: MessageId, *, by: Principal) -> Generation | None:
    """The one that this message of ours is about; None where it is about none of the caller's team."""
    query = _OF_TEAM.format("JOIN deliveries d ON d.generation_id = g.id", "d.message_id = $1")
    row = await conn.fetchrow(query, message, by.platform, by.installation, by.user, by.direct)
    return generation_from(row) if row else None


async def of_thread(conn: Connection, thread: Thread, *, by: Principal) -> Generation | None:
    """The newest in a thread."""
    query = _OF_TEAM.format("", "g.thread = $1")
    row = await conn.fetchrow(query, thread, by.platform, by.installation, by.user, by.direct)
    return generation_from(row) if row else None
