"""What a person sees of themselves in one place: what runs, and their last videos with where they can be watched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.db.errors import connection
from core.db.generations import earlier, own_generations
from core.db.generations.earlier import Earlier
from core.db.generations.own_generations import Own
from core.db.pool import Pool
from core.domain.chat.addresses import Addresses
from core.domain.chat.principal import Principal
from core.domain.ids import GenerationId, Thread
from core.usecases.generations.earlier import links_of

LAST = 20
RUNNING_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Their videos, the newest first.

    Args:
        running: those that can still be cancelled.
        links: where the last ones can be watched, as far as they can.
    """

    running: Sequence[Own]
    last: Sequence[Earlier]
    links: Mapping[GenerationId, str]


async def overview(by: Principal, *, pool: Pool, addresses: Addresses | None, link_days: int) -> Overview:
    """What a person has here.

    Raises:
        DatabaseAway
    """
    async with connection(pool) as conn:
        running = await own_generations.own(
            conn, platform=by.platform, installation=by.installation, user=by.user, limit=RUNNING_MAX
        )
        last = await earlier.of_words(conn, "", by=by, limit=LAST, own=True)
    links = await links_of(last, pool=pool, addresses=addresses, days=link_days)
    return Overview(running=running, last=last, links=links)


async def running_in(by: Principal, threads: Sequence[Thread], *, pool: Pool) -> GenerationId | None:
    """The newest generation of a conversation that can still be stopped.

    Raises:
        DatabaseAway
    """
    async with connection(pool) as conn:
        return await own_generations.live_in(conn, platform=by.platform, installation=by.installation, threads=threads)
