"""Admits attempts to routes: everything that stands in the way is looked at once more, under the route's lock.

What is looked at stays as it is until the attempt is written down. Locks come in the order generation, then the route's
row of provider_health, route_limits, route_charges.
"""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from core.db.generations.claims import GRACE_S
from core.db.health import route_health, route_health_rows
from core.db.pool import Connection, seconds
from core.db.routing.capacity import Spending
from core.domain.generations.generation import Generation
from core.domain.health.config import HealthConfig
from core.domain.health.events import AttemptKind, Started
from core.domain.health.route_health import AttemptRef, later
from core.domain.health.state_machine import step
from core.domain.ids import MemberId, RouteKey, TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """Which attempt asks, and whose turn it would be."""

    attempt: AttemptRef
    team: TeamId
    member: MemberId
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Whether an attempt may be made, and what its row has to remember."""

    refused: str | None
    epoch: int
    is_probe: bool = False


def applicant(generation: Generation, n: int) -> Applicant:
    """The n-th attempt of a generation."""
    return Applicant(
        attempt=AttemptRef(generation.id, n),
        team=generation.team_id,
        member=generation.member_id,
        asked_at=generation.created_at,
    )


async def admit(
    conn: Connection,
    route: RouteKey,
    who: Applicant,
    *,
    kind: AttemptKind,
    p95_s: float,
    lease_s: float,
    usd_micros: int,
    config: HealthConfig,
    is_first: bool,
    hedges_sick: bool = False,
    counts_late: bool = True,
) -> Admission:
    """Ask the route for an attempt, in the transaction that intends it.

    Its state, its slots, its probes, its queue and its money are checked again, now under the lock. A refused attempt
    has taken nothing: decide again.

    Args:
        conn: in a transaction that holds the generation.
        route: where the attempt is to go.
        who: which attempt it is.
        kind: what the plan calls it.
        p95_s: how long it takes at most, usually; a probe is late at 1.5 times that.
        lease_s: how long its slot is kept for it if nobody gives it back.
        usd_micros: what it costs at most, by the list price.
        config: the numbers.
        is_first: it is its generation's first one; others draw on the budget of retries.
        hedges_sick: a hedge of an attempt on a sick route takes no token.
        counts_late: it takes up its slot for as long as the vendor works on it, even after its deadline.
    """
    record = await _asked(conn, route, who, config=config)
    row, now = route_health_rows.row_from(record), record["now"]
    late_at = later(now, config.probe_late_factor * p95_s)
    stepped = step(row, Started(ref=who.attempt, kind=kind, late_at=late_at, hedges_sick=hedges_sick), now, config)
    refused = _in_the_way(record, usd_micros=usd_micros, free_slots=row.slots - record["taken"]) or stepped.refused
    if refused is None and record["taken"] >= stepped.row.slots:
        refused = "all its slots are taken"
    if refused is not None:
        return Admission(refused=refused, epoch=row.epoch)
    await conn.execute(
        "SELECT grant_slot($1, $2, $3, $4, $5, $6, $7, $8)",
        route_health_rows.as_json(stepped.row),
        route,
        who.attempt.generation,
        who.attempt.n,
        seconds(lease_s),
        counts_late,
        "first" if is_first else "extra",
        usd_micros,
    )
    await route_health.record_transitions(conn, stepped.transitions, actor=route_health.TIMER)
    is_probe = any(probe.ref == str(who.attempt) for probe in stepped.row.probes)
    return Admission(refused=None, epoch=stepped.row.epoch, is_probe=is_probe)


async def _asked(conn: Connection, route: RouteKey, who: Applicant, *, config: HealthConfig) -> asyncpg.Record:
    """The route's row, locked, with what else may stand in the way."""
    sql = (
        "SELECT a.now, a.taken, a.ahead, a.tokens, a.usd_micros_per_day, a.spent, a.reserved, "
        "(a.health).* FROM lock_route_for_admission($1, $2, $3, $4, $5, $6) a"
    )
    given = (route, seconds(GRACE_S), who.attempt.generation, who.team, who.member, who.asked_at)
    record = await conn.fetchrow(sql, *given)
    if record is None:
        await route_health.ensure(conn, {route: config.slots}, config=config)
        record = await conn.fetchrow(sql, *given)
    if record is None:
        raise LookupError(f"no route {route}")
    return record


def _in_the_way(record: asyncpg.Record, *, usd_micros: int, free_slots: int) -> str | None:
    """Why an attempt may not be made now: it is not its turn, too soon, or too dear."""
    if 0 < free_slots <= record["ahead"]:
        return "it is others' turn"
    if record["tokens"] is not None and record["tokens"] < record["ahead"] + 1:
        return "it takes no more submits for the moment"
    limit = record["usd_micros_per_day"]
    if limit is None:
        return None
    spending = Spending(spent=record["spent"], reserved=record["reserved"], limit=limit)
    return "what is under way may use up today's money" if spending.may_be_over(usd_micros) else None
