"""Rows of provider_health as values, and back."""

from datetime import datetime
from typing import Any

import asyncpg

from core.db.pool import Connection
from core.domain.health.route_health import (
    Bad,
    BadKind,
    HealthState,
    Reason,
    RouteHealth,
    RunningProbe,
    Success,
    Transition,
)
from core.domain.ids import RouteKey

_PLAIN = (
    "since",
    "until",
    "note",
    "epoch",
    "e",
    "e_at",
    "score",
    "score_at",
    "rate",
    "rate_at",
    "probe_window",
    "probe_ok",
    "probe_last",
    "cooldown_until",
    "cooldown_k",
    "live_bad",
    "live_at",
    "slots",
    "slots_max",
    "slots_ok",
    "panic_due",
    "hedge_tokens",
)
"""Columns and fields of the same name and type."""


def row_from(record: asyncpg.Record) -> RouteHealth:
    """The value of one row."""
    recent = record["recent"]
    return RouteHealth(
        route=RouteKey(record["route"]),
        state=HealthState(record["state"]),
        reason=Reason(record["reason"]),
        successes=tuple(Success(at=datetime.fromisoformat(at), slow=slow) for at, slow in recent.get("successes", ())),
        bad=tuple(
            Bad(ref=ref, at=datetime.fromisoformat(at), kind=BadKind(kind)) for ref, at, kind in recent.get("bad", ())
        ),
        probes=tuple(RunningProbe(ref=ref, until=datetime.fromisoformat(until)) for ref, until in record["probes"]),
        **{name: record[name] for name in _PLAIN},
    )


def as_json(row: RouteHealth) -> dict[str, Any]:
    """The row as `write_route_health` and `grant_slot` take it."""
    known: dict[str, Any] = {name: getattr(row, name) for name in _PLAIN}
    return {
        **{name: value.isoformat() if isinstance(value, datetime) else value for name, value in known.items()},
        "route": row.route,
        "state": row.state.value,
        "reason": row.reason.value,
        "recent": {
            "successes": [[success.at.isoformat(), success.slow] for success in row.successes],
            "bad": [[bad.ref, bad.at.isoformat(), bad.kind.value] for bad in row.bad],
        },
        "probes": [[probe.ref, probe.until.isoformat()] for probe in row.probes],
    }


async def write(conn: Connection, row: RouteHealth) -> None:
    """Store a row that the caller has locked."""
    await conn.execute("SELECT write_route_health($1)", as_json(row))


async def write_transition(conn: Connection, transition: Transition, *, actor: str) -> None:
    """Add a transition to the record that is never changed."""
    await conn.execute(
        """
        INSERT INTO provider_health_events
               (route, at, from_state, to_state, reason, score, until, epoch, actor, evidence)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        transition.route,
        transition.at,
        transition.from_state.value,
        transition.to_state.value,
        transition.reason.value,
        transition.score,
        transition.until,
        transition.epoch,
        actor,
        dict(transition.evidence),
    )


def transition_from(record: asyncpg.Record) -> Transition:
    """The value of one row of provider_health_events."""
    return Transition(
        route=RouteKey(record["route"]),
        at=record["at"],
        from_state=HealthState(record["from_state"]),
        to_state=HealthState(record["to_state"]),
        reason=Reason(record["reason"]),
        epoch=record["epoch"],
        score=record["score"],
        until=record["until"],
        evidence=record["evidence"],
    )
