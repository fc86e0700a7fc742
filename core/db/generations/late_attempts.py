"""Late attempts: timed out, overtaken, or found when nobody waited any more; and where their videos are stored."""

from dataclasses import asdict

from core.db.pool import Connection, seconds
from core.domain.errors import ProviderError
from core.domain.generations.generation import Attempt, Clip


async def expire(conn: Connection, attempt: Attempt, *, error: ProviderError) -> bool:
    """Mark the attempt late, because its time is up; it stays on watch. False: it does not run any more."""
    status: str = await conn.execute(
        """
        UPDATE attempts SET state = 'late', error_class = $3, error_detail = $4, wake_at = coalesce(wake_at, nd_now())
         WHERE generation_id = $1 AND n = $2 AND state = 'accepted'
        """,
        attempt.generation_id,
        attempt.n,
        error.error_class,
        error.detail,
    )
    return status == "UPDATE 1"


async def overtake(conn: Connection, attempt: Attempt) -> None:
    """Mark the attempt late, because another attempt's video is used.

    This says nothing against it. It is polled soon.
    """
    await conn.execute(
        "UPDATE attempts SET state = 'late', wake_at = coalesce(wake_at, nd_now()) "
        "WHERE generation_id = $1 AND n = $2 AND state = 'accepted'",
        attempt.generation_id,
        attempt.n,
    )


async def found_late(conn: Connection, attempt: Attempt, *, task_id: str, watch_s: float) -> None:
    """Put the attempt on watch: its task was found when its generation no longer waited for it.

    It is stopped, or its video comes as an extra take.
    """
    await conn.execute(
        "UPDATE attempts SET state = 'late', provider_task_id = $3, accepted_at = intended_at, wake_at = nd_now(), "
        "watch_until = nd_now() + $4, ended_at = NULL WHERE generation_id = $1 AND n = $2 AND state = 'abandoned'",
        attempt.generation_id,
        attempt.n,
        task_id,
        seconds(watch_s),
    )


async def answered(conn: Connection, attempt: Attempt, *, task_id: str, timeout_s: float, late_s: float) -> bool:
    """The vendor has accepted it, says somebody who has lost the generation meanwhile. False: its task was known.

    It runs like any other, or, where its generation has gone on without it, is late and still on watch.
    """
    watched: bool = await conn.fetchval(
        "SELECT answered_late($1, $2, $3, $4, $5)",
        attempt.generation_id,
        attempt.n,
        task_id,
        seconds(timeout_s),
        seconds(late_s),
    )
    return watched


async def is_answered(conn: Connection, attempt: Attempt) -> bool:
    """Whether the attempt's task is known by now. The caller holds the lock of its generation."""
    known: bool = await conn.fetchval(
        "SELECT provider_task_id IS NOT NULL FROM attempts WHERE generation_id = $1 AND n = $2",
        attempt.generation_id,
        attempt.n,
    )
    return known


async def keep(conn: Connection, attempt: Attempt, *, clip: Clip) -> None:
    """Record where the attempt's video is stored, which is not the generation's result."""
    await conn.execute(
        "UPDATE attempts SET clip = $3 WHERE generation_id = $1 AND n = $2",
        attempt.generation_id,
        attempt.n,
        asdict(clip),
    )


async def stored(conn: Connection, attempt: Attempt) -> Clip | None:
    """Where its own video is stored, if it is."""
    known = await conn.fetchval(
        "SELECT clip FROM attempts WHERE generation_id = $1 AND n = $2", attempt.generation_id, attempt.n
    )
    return Clip(**known) if known else None
