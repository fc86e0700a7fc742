"""A person looks at their own videos in this workspace: the last ones, and those that can still be cancelled."""

from core.db.errors import connection
from core.db.generations import own_generations
from core.db.generations.own_generations import Own
from core.db.pool import Pool
from core.domain.chat.principal import Principal

SHOWN = 5


async def own(by: Principal, *, live: bool, pool: Pool) -> list[Own]:
    """The newest, at most a few.

    Args:
        live: only those that may still be cancelled.

    Raises:
        DatabaseAway
    """
    async with connection(pool) as conn:
        return await own_generations.own(
            conn, platform=by.platform, installation=by.installation, user=by.user, live=live, limit=SHOWN
        )
