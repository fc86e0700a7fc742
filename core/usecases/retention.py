"""Erases people, and deletes what is older than its workspace keeps it: prompts, pictures, clips, names.

The ledger keeps its entries with a member's number. Housekeeping calls `scrub` now and then, and so does an operator's
command.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.db import retention
from core.db.errors import connection, transaction
from core.db.generations import claims, deliveries, transitions
from core.db.generations.transitions import StepLogEntry
from core.db.pool import Pool
from core.db.retention import Due
from core.domain.ids import Installation, PlatformName, UserId
from core.domain.requests.pictures import FOLDER
from core.ports import Storage

BATCH = 50
UNASKED_DAYS = 30
"""How long a picture is kept that no request names: its form may still be open, and no form is for so long."""
AT_ONCE = 1000
"""Generations in one call: the next call goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrubbed:
    """What was done.

    Args:
        generations: how many were scrubbed.
        left: how many of erased people are not over yet; a later call does them.
    """

    generations: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What is known of a person no more. `members`: in how many workspaces they were."""

    members: int
    scrubbed: Scrubbed


async def erase(
    *,
    platform: PlatformName,
    installation: Installation | None,
    user: UserId,
    actor: str,
    pool: Pool,
    storage: Storage,
    days: int,
) -> Erased:
    """Forget a person: who they are at once, what they asked for as soon as it is over. What is under way is cancelled.

    Args:
        platform: where they are.
        installation: in which workspace; None for all.
        user: the platform's name for them.
        actor: who wants it, for the timeline.
        pool: the database.
        storage: where their clips and pictures are.
        days: for how long what others asked for is kept, where a workspace has not chosen.

    Raises:
        DatabaseAway
    """
    async with transaction(pool) as conn:
        members, live = await retention.begin_erasure(conn, platform=platform, installation=installation, user=user)
        for generation_id in live:
            stopped = await claims.request_cancel(conn, generation_id)
            if stopped is not None and stopped.cancel_requested_at is not None:
                await transitions.log_step(conn, stopped, StepLogEntry(worker=actor, step="cancel", outcome="erased"))
                await deliveries.nudge(conn, stopped.id)
    return Erased(members=members, scrubbed=await scrub(pool=pool, storage=storage, days=days))


async def scrub(*, pool: Pool, storage: Storage, days: int, limit: int = AT_ONCE) -> Scrubbed:
    """Delete what is due: what erased people asked for, and what is too old. May be called at any time, by anybody.

    Raises:
        DatabaseAway
    """
    done = 0
    while done < limit:
        async with connection(pool) as conn:
            found = await retention.due(conn, days=days, limit=min(BATCH, limit - done))
        for each in found:
            await scrub_one(each, pool=pool, storage=storage)
        done += len(found)
        if len(found) < BATCH:
            break
    async with transaction(pool) as conn:
        left = await retention.close_erasures(conn)
    return Scrubbed(generations=done, left=left)


async def forget_pictures(*, now: datetime, pool: Pool, storage: Storage) -> int:
    """Delete the pictures that people gave and never asked for a video with. Returns how many.

    Raises:
        DatabaseAway, StorageAway
    """
    gone = 0
    async for keys in storage.older(FOLDER, than=now - timedelta(days=UNASKED_DAYS)):
        async with connection(pool) as conn:
            unnamed = await retention.unnamed(conn, keys)
        for key in unnamed:
            await storage.delete(key)
        gone += len(unnamed)
    return gone


async def scrub_one(found: Due, *, pool: Pool, storage: Storage) -> None:
    """Delete all that is kept of one generation that is over.

    The files first: while the row names them, whoever comes after an interruption finds them.

    Raises:
        DatabaseAway, StorageAway
    """
    async with connection(pool) as conn:
        pictures = await retention.unneeded(conn, found)
    await storage.delete_below(f"clips/{found.id}/")
    for key in pictures:
        await storage.delete(key)
    async with transaction(pool) as conn:
        await retention.scrub(conn, found.id)
