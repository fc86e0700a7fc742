"""A person looks for earlier videos: any of their team's by id or words, and their own last ones."""

from collections.abc import Mapping, Sequence

from core.db.errors import connection, transaction
from core.db.generations import clip_links, earlier
from core.db.generations.earlier import Earlier
from core.db.pool import Pool
from core.domain.chat.addresses import Addresses
from core.domain.chat.principal import Principal
from core.domain.ids import GenerationId

SHOWN = 5


async def find(text: str, *, by: Principal, pool: Pool, limit: int = SHOWN) -> list[Earlier]:
    """The newest of the team that this id or these words may mean, at most a few. What was taken away is not there.

    Raises:
        DatabaseAway
    """
    async with connection(pool) as conn:
        found = await earlier.of_id(conn, text, by=by, limit=limit)
        return found or await earlier.of_words(conn, text, by=by, limit=limit)


async def last_own(by: Principal, *, pool: Pool) -> list[Earlier]:
    """The person's last ones.

    Raises:
        DatabaseAway
    """
    async with connection(pool) as conn:
        return await earlier.of_words(conn, "", by=by, limit=SHOWN, own=True)


async def links_of(
    videos: Sequence[Earlier], *, pool: Pool, addresses: Addresses | None, days: int
) -> Mapping[GenerationId, str]:
    """By video that has one: where it can be watched. They were found for the same person before.

    Raises:
        DatabaseAway
    """
    with_clip = [each.id for each in videos if each.has_clip]
    if addresses is None or not with_clip:
        return {}
    found = {}
    async with transaction(pool) as conn:
        for key in with_clip:
            link = await clip_links.ensure(conn, key, days=days)
            if link is not None:
                found[key] = addresses.watch(link.id, until=link.expires_at)
    return found
