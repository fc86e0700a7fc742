"""Attempts: intended before the request leaves, claimed for polls on their own, ended once."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog

from core.db.errors import LEAVE_S, UnreadableError
from core.db.generations.attempt_rows import COLUMNS, attempt_from
from core.db.generations.claims import LEASE_S, StaleError
from core.db.generations.generation_rows import generation_from
from core.db.generations.not_accepted import explain
from core.db.generations.transitions import StepLogEntry
from core.db.pool import Connection, seconds
from core.domain.errors import ProviderError
from core.domain.generations.generation import Attempt, AttemptState, Generation
from core.domain.generations.passed_over import PassedOver, passed_as_json
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import GenerationId, ProviderName, RouteKey
from core.domain.requests.pricing import Fitted

log = structlog.get_logger()

Key = tuple[UUID, int]

_CLAIM = "SELECT {}, nd_now() AS claimed_at FROM claim_attempts($1, $2, $3)".format(  # noqa: S608 - our own names
    ", ".join("fitted::text AS fitted" if name == "fitted" else name for name in COLUMNS)
)
"""Requests come as text and are parsed once each: thousands of polls concern few different requests."""


async def of(conn: Connection, generation_id: UUID) -> list[Attempt]:
    """All attempts of a generation, by number."""
    rows = await conn.fetch("SELECT * FROM attempts WHERE generation_id = $1 ORDER BY n", generation_id)
    return [attempt_from(row) for row in rows]


async def intend(
    conn: Connection,
    *,
    generation_id: GenerationId,
    n: int,
    route: RouteKey,
    provider: ProviderName,
    model: str,
    external_id: UUID,
    fitted: Fitted,
    epoch: int,
    is_probe: bool,
    is_hedge: bool,
    send_s: float,
    passed: Sequence[PassedOver] = (),
) -> Attempt:
    """Record the intent to send a request; committed before it is sent."""
    row = await conn.fetchrow(
        """
        INSERT INTO attempts (generation_id, n, route, provider, model, external_id, fitted, epoch, is_probe, is_hedge,
                              send_deadline, passed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, nd_now() + $11, $12)
        RETURNING *
        """,
        generation_id,
        n,
        route,
        provider,
        model,
        external_id,
        asdict(fitted),
        epoch,
        is_probe,
        is_hedge,
        seconds(send_s),
        passed_as_json(passed),
    )
    assert row is not None  # noqa: S101 - an INSERT with RETURNING answers with its row
    return attempt_from(row)


async def accept(
    conn: Connection,
    generation: Generation,
    attempt: Attempt,
    *,
    task_id: str,
    first_poll_s: float,
    timeout_s: float,
    late_s: float,
    together_s: float | None,
    rest_s: float | None,
    entry: StepLogEntry,
) -> None:
    """The vendor has accepted the task: it is polled from now on, and the generation's messages show it.

    Args:
        first_poll_s: seconds from now to the first poll.
        timeout_s: seconds from now to the deadline, at which the generation goes on without it; the delivery window
            may end before.
        late_s: seconds after the deadline for which its result may still be had.
        together_s: the first poll waits for the next multiple of so many seconds, as the polls of other tasks do that
            the vendor tells of in the same answer; None where it tells of one at a time.
        rest_s: the lease is given back, and the generation is due in so many seconds, or at once if something was
            signalled meanwhile; None: the lease starts anew.

    Raises:
        StaleError: the generation's claim was lost.
    """
    version = await conn.fetchval(
        "SELECT accept_attempt($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        generation.id,
        generation.fence,
        generation.version,
        seconds(LEASE_S),
        entry.as_json(),
        attempt.n,
        task_id,
        seconds(first_poll_s),
        seconds(timeout_s),
        seconds(late_s),
        None if together_s is None else seconds(together_s),
        None if rest_s is None else seconds(rest_s),
    )
    if version is None:
        raise StaleError


async def move(
    conn: Connection,
    attempt: Attempt,
    *,
    state: AttemptState,
    error: ProviderError | None = None,
    settled: bool = False,
) -> None:
    """Record the outcome of an attempt whose generation the caller has claimed."""
    await conn.execute(
        """
        UPDATE attempts
           SET state = $3, error_class = coalesce($4, error_class), error_detail = coalesce($5, error_detail),
               settled = $6, ended_at = CASE WHEN $3 IN ('ambiguous', 'late') THEN ended_at ELSE nd_now() END,
               wake_at = CASE WHEN $3 = 'late' THEN coalesce(wake_at, nd_now()) END
         WHERE generation_id = $1 AND n = $2
        """,
        attempt.generation_id,
        attempt.n,
        state,
        error.error_class if error else None,
        error.detail if error else None,
        settled,
    )
    if error is not None:
        await explain(conn, attempt, error)


async def look_again(conn: Connection, attempt: Attempt, *, in_s: float) -> None:
    """Look again later for the task of an ambiguous attempt."""
    await conn.execute(
        "UPDATE attempts SET state = 'ambiguous', send_deadline = nd_now() + $3 WHERE generation_id = $1 AND n = $2",
        attempt.generation_id,
        attempt.n,
        seconds(in_s),
    )


async def claim_due(conn: Connection, *, owner: str, limit: int) -> list[Attempt]:
    """Lease the attempts whose poll is due. Rows that only a newer version understands are left alone."""
    rows = await conn.fetch(_CLAIM, owner, limit, seconds(LEASE_S))
    return [attempt for row in rows if (attempt := await _claimed(conn, row)) is not None]


async def _claimed(conn: Connection, row: asyncpg.Record) -> Attempt | None:
    try:
        return attempt_from(row)
    except UnreadableError as error:
        log.warning("attempt.newer", generation_id=str(row["generation_id"]), n=row["n"], error=str(error))
        await conn.execute(
            "UPDATE attempts SET lease_owner = NULL, lease_until = NULL, wake_at = nd_now() + $4 "
            "WHERE generation_id = $1 AND n = $2 AND fence = $3",
            row["generation_id"],
            row["n"],
            row["fence"],
            seconds(LEAVE_S),
        )
        return None


async def due_in_s(conn: Connection) -> float | None:
    """Seconds until the first poll is due that nobody has taken up; negative when it is late, None: there is none."""
    first: float | None = await conn.fetchval(
        "SELECT extract(epoch FROM min(wake_at) - nd_now())::float8 FROM attempts WHERE state IN ('accepted', 'late')"
    )
    return first


async def still_running(conn: Connection, polled: Sequence[tuple[Attempt, datetime, float | None]]) -> int:
    """Record many polls that found nothing new, in one statement: each with its next poll and the vendor's progress.

    Returns how many were still ours to record.
    """
    status: str = await conn.execute(
        """
        UPDATE attempts a
           SET wake_at = p.wake_at, polls = a.polls + 1, progress = coalesce(p.progress, a.progress), failures = 0,
               missing_since = NULL, missing_polls = 0, running_at = coalesce(p.asked_at, nd_now()),
               lease_owner = NULL, lease_until = NULL
          FROM unnest($1::uuid[], $2::smallint[], $3::bigint[], $4::timestamptz[], $5::real[], $6::timestamptz[])
               AS p (generation_id, n, fence, wake_at, progress, asked_at)
         WHERE a.generation_id = p.generation_id AND a.n = p.n AND a.fence = p.fence
        """,
        [attempt.generation_id for attempt, _, _ in polled],
        [attempt.n for attempt, _, _ in polled],
        [attempt.fence for attempt, _, _ in polled],
        [wake_at for _, wake_at, _ in polled],
        [progress for _, _, progress in polled],
        [attempt.claimed_at for attempt, _, _ in polled],
    )
    return int(status.rsplit(" ", 1)[-1])


async def missing(conn: Connection, attempt: Attempt, *, in_s: float) -> None:
    """Record a poll that was told that there is no such task; it is asked for again in a while."""
    await conn.execute(
        """
        UPDATE attempts SET wake_at = nd_now() + $4, polls = polls + 1, lease_owner = NULL, lease_until = NULL,
               missing_since = coalesce(missing_since, nd_now()), missing_polls = missing_polls + 1
         WHERE generation_id = $1 AND n = $2 AND fence = $3
        """,
        *(attempt.generation_id, attempt.n, attempt.fence, seconds(in_s)),
    )


async def end(
    conn: Connection,
    attempt: Attempt,
    *,
    state: AttemptState,
    result: RemoteClip | None = None,
    error: ProviderError | None = None,
    usd_micros: int | None = None,
) -> tuple[Generation, datetime]:
    """Record the end that a poll has found, and wake its generation, which is locked from here on.

    Returns the generation, and when the end was recorded.

    Raises:
        StaleError: somebody else polls this attempt now, or it has ended; the transaction must roll back.
    """
    row = await conn.fetchrow(
        "SELECT e.at AS recorded_at, (e.generation).* FROM end_attempt($1, $2, $3, $4, $5, $6, $7, $8) e",
        attempt.generation_id,
        attempt.n,
        attempt.fence,
        state,
        result.as_json() if result is not None else None,
        error.error_class if error else None,
        error.detail if error else None,
        usd_micros,
    )
    if row is None:
        raise StaleError
    if error is not None:
        await explain(conn, attempt, error)
    return generation_from(row), row["recorded_at"]


async def asked_in_vain(conn: Connection, attempt: Attempt, *, in_s: float) -> None:
    """Record that the status request failed, or ended in a bug of ours: it is due again in a while."""
    await conn.execute(
        "UPDATE attempts SET lease_owner = NULL, lease_until = NULL, wake_at = nd_now() + $4, polls = polls + 1, "
        "failures = failures + 1 WHERE generation_id = $1 AND n = $2 AND fence = $3",
        attempt.generation_id,
        attempt.n,
        attempt.fence,
        seconds(in_s),
    )


async def hand_back(conn: Connection, attempt: Attempt, *, in_s: float) -> None:
    """Give the attempt back without a poll: it is due again in a while."""
    await conn.execute(
        "UPDATE attempts SET lease_owner = NULL, lease_until = NULL, wake_at = nd_now() + $4 "
        "WHERE generation_id = $1 AND n = $2 AND fence = $3",
        attempt.generation_id,
        attempt.n,
        attempt.fence,
        seconds(in_s),
    )


async def is_known(conn: Connection, route: RouteKey, *, task_id: str) -> bool:
    """Whether some attempt at this route has this task already."""
    known: bool = await conn.fetchval(
        "SELECT EXISTS (SELECT 1 FROM attempts WHERE route = $1 AND provider_task_id = $2)", route, task_id
    )
    return known
