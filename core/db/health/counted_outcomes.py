"""What is known about attempts as evidence: which news has been counted, and what weighs against whom.

So a repeated step counts nothing twice, one member's failures count less each time, and a loan can be taken back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never
from uuid import UUID

from core.db.health.route_health_rows import row_from
from core.db.pool import Connection, seconds
from core.domain.errors import ErrorClass
from core.domain.generations.retry import Stage
from core.domain.health import health_score
from core.domain.health.config import HealthConfig
from core.domain.health.events import AttemptEvent, AttemptFailed, AttemptSucceeded, Overdue
from core.domain.health.route_health import AttemptRef, RouteHealth
from core.domain.ids import GenerationId, MemberId, RouteKey


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstNews:
    """News of an attempt that counts.

    Args:
        row: of its route, locked.
        blames: what is on record for the attempt, and lately for its member at this route.
    """

    row: RouteHealth
    blames: list[health_score.Blame]
    now: datetime


async def hear(conn: Connection, route: RouteKey, event: AttemptEvent, *, config: HealthConfig) -> FirstNews | None:
    """Lock the route and count the event; None if this has been counted before.

    The first time it is counted in its minute, too, and an attempt that has ended gives its slot back.

    Raises:
        LookupError: nobody knows the route.
    """
    attempt = event.attempt
    record = await conn.fetchrow(
        "SELECT t.now, t.blames, (t.health).* FROM lock_running_attempt($1, $2, $3, $4, $5, $6, $7, $8, $9) t",
        route,
        attempt.ref.generation,
        attempt.ref.n,
        _news(event),
        _ends(event),
        _classes(event),
        event.took_s if isinstance(event, AttemptSucceeded) else 0.0,
        attempt.member,
        seconds(health_score.blames_window_s(config)),
    )
    if record is None:
        return None
    if record["now"] is None:
        raise LookupError(f"no route {route}")
    return FirstNews(row=row_from(record), blames=[_blame(known) for known in record["blames"]], now=record["now"])


async def weighed(
    conn: Connection, row: RouteHealth, event: AttemptEvent, heard: FirstNews, *, config: HealthConfig
) -> AttemptEvent:
    """The event with its attempt's standing, which from now on includes it.

    Args:
        row: the route's, with its timers settled.
    """
    standing = health_score.standing(event.attempt, heard.blames, now=heard.now, config=config)
    attempt = replace(event.attempt, standing=standing)
    event = replace(event, attempt=attempt)
    if attempt.epoch == row.epoch:
        await _remember(conn, row.route, event, heard, config=config)
    return event


async def free_slot(conn: Connection, attempt: AttemptRef) -> None:
    """Give an attempt's slot back. Every outcome that ends an attempt does so by itself."""
    await conn.execute("DELETE FROM provider_slots WHERE generation_id = $1 AND n = $2", attempt.generation, attempt.n)


def _news(event: AttemptEvent) -> str:
    """Which of the few things that can happen to one attempt this is: each counts once."""
    match event:
        case AttemptSucceeded():
            return "succeeded"
        case Overdue(by=by):
            return f"overdue_{by}"
        case AttemptFailed(error_class=ErrorClass.TIMEOUT, stage=Stage.RUN):
            return "timeout"
        case AttemptFailed(error_class=ErrorClass.OUTCOME_UNKNOWN):
            return "unknown"
        case AttemptFailed():
            return "failed"
        case _:
            assert_never(event)


def _ends(event: AttemptEvent) -> bool:
    """Whether the vendor is done with the attempt. Timed out and unknown ones may still run there."""
    return _news(event) in ("succeeded", "failed")


def _classes(event: AttemptEvent) -> list[str]:
    """As what it counts in its minute."""
    match event:
        case AttemptSucceeded(slow=slow):
            return ["ok", "slow"] if slow else ["ok"]
        case AttemptFailed(error_class=error_class):
            return [error_class.value]
        case Overdue():
            return []
        case _:
            assert_never(event)


def _blame(known: Mapping[str, Any]) -> health_score.Blame:
    return health_score.Blame(
        ref=AttemptRef(GenerationId(UUID(known["generation_id"])), known["n"]),
        member=None if known["member_id"] is None else MemberId(known["member_id"]),
        epoch=known["epoch"],
        at=datetime.fromisoformat(known["at"]),
        counted=known["counted"],
        factor=known["factor"],
    )


async def _remember(
    conn: Connection, route: RouteKey, event: AttemptEvent, heard: FirstNews, *, config: HealthConfig
) -> None:
    """Put what the attempt weighs now on record; a success clears it."""
    attempt = event.attempt
    if isinstance(event, AttemptSucceeded):
        if not any(blame.ref == attempt.ref for blame in heard.blames):
            return
        await conn.execute(
            "DELETE FROM provider_health_blame WHERE (generation_id, n, route) = ($1, $2, $3)",
            attempt.ref.generation,
            attempt.ref.n,
            route,
        )
        return
    counted = max(attempt.standing.counted, health_score.weight(event, config))
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
        heard.now,
        _news(event),
        counted,
        attempt.standing.factor,
    )
