"""Everything on record about one generation, for an operator: plan, attempts, steps, messages, bookings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.db.errors import UnreadableError
from core.db.generations import attempts, claims, generation_list
from core.db.generations.generation_list import GenerationSummary
from core.db.pool import Connection
from core.domain.credits.money import EntryKind
from core.domain.generations.generation import Attempt, Generation
from core.domain.generations.plan_record import PlanRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the timeline."""

    at: datetime
    worker: str
    step: str
    outcome: str
    facts: Mapping[str, Any]
    wake_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What an attempt cost at its vendor, and what that said of an error: its own code, and the field that is wrong.

    `settled` is False while the cost is not known.
    """

    usd_micros: int | None
    settled: bool
    error_code: str | None = None
    error_field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message that it has, or shall have: due, done, or gone (it could not be said anywhere)."""

    kind: str
    state: str
    tries: int
    wake_at: datetime | None
    posted_at: datetime | None
    message_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """One entry of the ledger under its key."""

    at: datetime
    kind: EntryKind
    delta: int
    held_delta: int
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationDetails:
    """One generation with all its records; `plan` is the last one that a route was chosen from."""

    generation: Generation
    summary: GenerationSummary
    plan: PlanRecord | None
    attempts: tuple[Attempt, ...]
    paid: Mapping[int, Paid]
    steps: tuple[Step, ...]
    messages: tuple[Message, ...]
    bookings: tuple[Booking, ...]


async def generation_details(conn: Connection, generation_id: UUID) -> GenerationDetails:
    """All of it, at one moment.

    Raises:
        LookupError: there is no such generation.
    """
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        generation = await claims.load(conn, generation_id)
        if generation is None:
            raise LookupError(f"no generation {generation_id}")
        (summary,) = await generation_list.newest(conn, ids=[generation.id], limit=1)
        return GenerationDetails(
            generation=generation,
            summary=summary,
            plan=await _plan(conn, generation_id),
            attempts=tuple(await attempts.of(conn, generation_id)),
            paid=await _paid(conn, generation_id),
            steps=await _steps(conn, generation_id),
            messages=await _messages(conn, generation_id),
            bookings=await _bookings(conn, generation_id),
        )


async def _plan(conn: Connection, generation_id: UUID) -> PlanRecord | None:
    column = await conn.fetchval("SELECT plan FROM generations WHERE id = $1", generation_id)
    try:
        return None if column is None else PlanRecord.from_json(column)
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableError(f"the plan of {generation_id}: {error}") from error


async def _paid(conn: Connection, generation_id: UUID) -> dict[int, Paid]:
    rows = await conn.fetch(
        "SELECT n, cost_usd_micros, settled, error_code, error_field FROM attempts WHERE generation_id = $1 ORDER BY n",
        generation_id,
    )
    return {
        row["n"]: Paid(
            usd_micros=row["cost_usd_micros"],
            settled=row["settled"],
            error_code=row["error_code"],
            error_field=row["error_field"],
        )
        for row in rows
    }


async def _steps(conn: Connection, generation_id: UUID) -> tuple[Step, ...]:
    rows = await conn.fetch(
        "SELECT at, worker, step, outcome, facts, wake_at FROM step_log WHERE generation_id = $1 ORDER BY id",
        generation_id,
    )
    return tuple(Step(**dict(row)) for row in rows)


async def _messages(conn: Connection, generation_id: UUID) -> tuple[Message, ...]:
    rows = await conn.fetch(
        "SELECT kind, state, tries, wake_at, posted_at, message_id FROM deliveries WHERE generation_id = $1 "
        "ORDER BY id",
        generation_id,
    )
    return tuple(Message(**dict(row)) for row in rows)


async def _bookings(conn: Connection, generation_id: UUID) -> tuple[Booking, ...]:
    rows = await conn.fetch(
        "SELECT at, kind, delta, held_delta, note FROM entry WHERE key = $1 ORDER BY leg", generation_id
    )
    return tuple(Booking(**{**dict(row), "kind": EntryKind(row["kind"])}) for row in rows)
