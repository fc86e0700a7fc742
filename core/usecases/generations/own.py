"""A person looks at those of their own videos in this workspace that can still be cancelled."""

from core.db.errors import connection
from core.db.generations import own_generations
from core.db.generations.own_generations import Own
from core.db.pool import Pool
from core.domain.chat.principal import Principal

SHOWN = 5


async def to_cancel(by: Principal, *, pool: Pool) -> list[Own]:
    """The newest, at most a few.

    Raises:
        DatabaseAway
    """
    async with connection(pool) as conn:
        return await own_generations.own(
            conn, platform=by.platform, installation=by.installation, user=by.user, limit=SHOWN
        )
