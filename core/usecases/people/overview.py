"""What a person sees of themselves in one place: what runs, and their last videos with where they can be watched."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.db.errors import connection, statement
from core.db.generations import clip_links, own_generations
from core.db.generations.own_generations import Own
from core.db.pool import Pool
from core.domain.chat.addresses import Addresses
from core.domain.chat.principal import Principal
from core.domain.ids import GenerationId, Thread

LAST = 20
RUNNING_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class LastVideo:
    """One of their last videos. `link`: where it can be watched; None where there is nothing to watch."""

    video: Own
    link: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Their videos, the newest first. `running`: those that can still be cancelled."""

    running: tuple[Own, ...]
    last: tuple[LastVideo, ...]


async def overview(by: Principal, *, pool: Pool, addresses: Addresses | None, link_days: int) -> Overview:
    """What a person has here.

    Raises:
        DatabaseAway
    """
    async with connection(pool) as conn:
        running, last = [
            await own_generations.own(
                conn, platform=by.platform, installation=by.installation, user=by.user, live=live, limit=most
            )
            for live, most in ((True, RUNNING_MAX), (False, LAST))
        ]
    shown = []
    for video in last:
        link = None
        if addresses is not None and video.has_clip:
            async with statement(pool) as conn:
                found = await clip_links.ensure(conn, video.id, days=link_days)
            link = addresses.watch(found.id, until=found.expires_at) if found is not None else None
        shown.append(LastVideo(video=video, link=link))
    return Overview(running=tuple(running), last=tuple(shown))


async def running_in(by: Principal, threads: Sequence[Thread], *, pool: Pool) -> GenerationId | None:
    """The newest generation of a conversation that can still be stopped.

    Raises:
        DatabaseAway
    """
    async with connection(pool) as conn:
        return await own_generations.live_in(conn, platform=by.platform, installation=by.installation, threads=threads)
