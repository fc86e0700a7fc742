"""What is known about attempts as evidence: which news has been counted, and what weighs against whom.

So a repeated step counts nothing twice, one member's failures count less each time, and a loan can be taken back.
"""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from core.db.pool import Connection, seconds
from core.domain import evidence
from core.domain.errors import ErrorClass
from core.domain.health_config import HealthConfig
from core.domain.health_events import AttemptEvent, AttemptFacts, Failed, Overdue, Succeeded
from core.domain.ids import GenerationId, MemberId, RouteKey
from core.domain.retry import Stage
from core.domain.route_health import AttemptRef, RouteHealth


async def first_news(conn: Connection, route: RouteKey, event: AttemptEvent) -> datetime | None:
    """The time by the database's clock, or None if this has been counted before.

    The first time it is counted in its minute, too, and an attempt that has ended gives its slot back.
    """
    ref = event.attempt.ref
    now: datetime | None = await conn.fetchval(
        """
        INSERT INTO provider_health_applied (generation_id, n, kind) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING RETURNING nd_now()
        """,
        ref.generation,
        ref.n,
        _news(event),
    )
    if now is not None:
        if _ends(event):
            await free_slot(conn, ref)
        await _count(conn, route, event)
    return now


async def weighed(
    conn: Connection, row: RouteHealth, event: AttemptEvent, *, now: datetime, config: HealthConfig
) -> AttemptEvent:
    """The event with its attempt's standing, which from now on includes it."""
    attempt = event.attempt
    blames = await _blames(conn, row.route, attempt, config=config)
    attempt = replace(attempt, standing=evidence.standing(attempt, blames, now=now, config=config))
    event = replace(event, attempt=attempt)
    if attempt.epoch == row.epoch:
        await _remember(conn, row.route, event, now=now, config=config)
    return event


async def free_slot(conn: Connection, attempt: AttemptRef) -> None:
    """Give an attempt's slot back. Every outcome that ends an attempt does so by itself."""
    await conn.execute("DELETE FROM provider_slots WHERE generation_id = $1 AND n = $2", attempt.generation, attempt.n)


def _news(event: AttemptEvent) -> str:
    """Which of the few things that can happen to one attempt this is: each counts once."""
    match event:
        case Succeeded():
            return "succeeded"
        case Overdue(by=by):
            return f"overdue_{by}"
        case Failed(error_class=ErrorClass.TIMEOUT, stage=Stage.RUN):
            return "timeout"
        case Failed(error_class=ErrorClass.OUTCOME_UNKNOWN):
            return "unknown"
        case Failed():
            return "failed"
        case _:
            assert_never(event)


def _ends(event: AttemptEvent) -> bool:
    """Whether the vendor is done with the attempt. Timed out and unknown ones may still run there."""
    return _news(event) in ("succeeded", "failed")


async def _count(conn: Connection, route: RouteKey, event: AttemptEvent) -> None:
    match event:
        case Succeeded(took_s=took_s, slow=slow):
            await conn.execute("SELECT count_outcome($1, 'ok', $2)", route, took_s)
            if slow:
                await conn.execute("SELECT count_outcome($1, 'slow', $2)", route, took_s)
        case Failed(error_class=error_class):
            await conn.execute("SELECT count_outcome($1, $2, 0)", route, error_class.value)
        case Overdue():
            pass
        case _:
            assert_never(event)


async def _blames(
    conn: Connection, route: RouteKey, attempt: AttemptFacts, *, config: HealthConfig
) -> list[evidence.Blame]:
    """What is on record for the attempt, and lately for its member at this route."""
    records = await conn.fetch(
        """
        SELECT * FROM provider_health_blame
         WHERE (generation_id, n, route) = ($1, $2, $3)
            OR (route = $3 AND member_id = $4 AND at > nd_now() - $5::interval)
        """,
        attempt.ref.generation,
        attempt.ref.n,
        route,
        attempt.member,
        seconds(evidence.blames_window_s(config)),
    )
    return [
        evidence.Blame(
            ref=AttemptRef(GenerationId(r["generation_id"]), r["n"]),
            member=None if r["member_id"] is None else MemberId(r["member_id"]),
            epoch=r["epoch"],
            at=r["at"],
            counted=r["counted"],
            factor=r["factor"],
        )
        for r in records
    ]


async def _remember(
    conn: Connection, route: RouteKey, event: AttemptEvent, *, now: datetime, config: HealthConfig
) -> None:
    """Put what the attempt weighs now on record; a success clears it."""
    attempt = event.attempt
    if isinstance(event, Succeeded):
        await conn.execute(
            "DELETE FROM provider_health_blame WHERE (generation_id, n, route) = ($1, $2, $3)",
            attempt.ref.generation,
            attempt.ref.n,
            route,
        )
        return
    counted = max(attempt.standing.counted, evidence.weight(event, config))
    if counted == 0:
        return
    await conn.execute(
        """
        INSERT INTO provider_health_blame (route, generation_id, n, member_id, epoch, at, class, counted, factor)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (generation_id, n, route)
        DO UPDATE SET at = EXCLUDED.at, counted = EXCLUDED.counted, class = EXCLUDED.class
        """,
        route,
        attempt.ref.generation,
        attempt.ref.n,
        attempt.member,
        attempt.epoch,
        now,
        _news(event),
        counted,
        attempt.standing.factor,
    )
