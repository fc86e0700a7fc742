"""How long each table keeps its rows, and the deleting of those whose time is over. docs/operations.md has it, too."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.db.errors import statement
from core.db.health import health_history
from core.db.pool import Connection, Pool, seconds
from core.domain.health.config import LatencyConfig

DUTY = "housekeeping"
DAY_S = 86_400.0
STEPS_DAYS, ALERTS_DAYS, CHARGES_DAYS, CODES_DAYS = 90, 90, 40, 7
PLANS_DAYS, REMOVALS_DAYS, REFUSALS_DAYS, INTENTS_DAYS, SAID_DAYS = 7, 7, 90, 30, 30
HEARD_DAYS = 2
AT_ONCE = 5000
"""Rows that one statement deletes of a table: the rest waits for the next round, and nobody waits for us."""

KEPT = "kept"
_ROW = "one row each, kept"
_GENERATION = "kept with its generation"
LIVES: Mapping[str, str] = {
    "team": KEPT,
    "workspace": KEPT,
    "workspace_settings": KEPT,
    "member": KEPT,
    "wallet": KEPT,
    "entry": KEPT,
    "lot": KEPT,
    "draw": KEPT,
    "gift": KEPT,
    "budget": KEPT,
    "joining": KEPT,
    "app_installation": "kept; its tokens until the app is taken out of the workspace",
    "waiting_step": "until its workflow is answered",
    "install_state": "ten minutes",
    "arrival": _ROW,
    "published_commands": _ROW,
    "heard": f"{HEARD_DAYS} days",
    "connection_turn": _ROW,
    "rules": KEPT,
    "rule_refusals": f"{REFUSALS_DAYS} days",
    "scheduled": f"{PLANS_DAYS} days after it has begun, was refused or cancelled; its words go at once",
    "purchase": KEPT,
    "purchase_intent": f"{INTENTS_DAYS} days",
    "gallery": KEPT,
    "contest": KEPT,
    "showing": _GENERATION,
    "vote": _GENERATION,
    "announcement": f"{SAID_DAYS} days after it was said or given up",
    "reports": _GENERATION,
    "removals": f"{REMOVALS_DAYS} days after it was done",
    "incidents": KEPT,
    "link_code": f"{CODES_DAYS} days after it ran out",
    "generations": KEPT,
    "attempts": _GENERATION,
    "deliveries": _GENERATION,
    "clip_link": _GENERATION,
    "erasure": KEPT,
    "drafts": "a day",
    "presses": "a day",
    "channel_trouble": "until something arrives in the channel again",
    "chat_budget": "until it allows everything again",
    "step_log": f"{STEPS_DAYS} days, longer while its generation is not done",
    "alert": f"{ALERTS_DAYS} days after it was said or given up",
    "workers": "until the worker has left, or is dead and its leases are given back",
    "duties": _ROW,
    "database_identity": _ROW,
    "restores": "kept",
    "provider_health": _ROW,
    "provider_health_events": KEPT,
    "provider_health_applied": "7 days",
    "provider_health_blame": "7 days",
    "provider_slots": "until its lease is over",
    "provider_health_buckets": "90 days",
    "provider_latency": "as long as it counts as history",
    "provider_latency_learned": _ROW,
    "route_limits": _ROW,
    "route_charges": f"{CHARGES_DAYS} days",
    "route_queue": "until the generation has an attempt, or ends",
    "route_queue_counts": _ROW,
    "schema_migrations": KEPT,
}
"""By table: how long a row lives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRound:
    """What housekeeping did when it was last at work. `deleted`: rows by table."""

    by: str
    at: datetime | None
    deleted: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A table as it is: about how many rows, its bytes with all its indexes, and how long a row lives."""

    name: str
    rows: int
    bytes: int
    life: str


async def tidy(pool: Pool, *, latency: LatencyConfig) -> dict[str, int]:
    """One round: delete what nobody needs any more. Returns how many rows went, by table."""
    found: dict[str, int] = {}
    async with statement(pool) as conn:
        found["health"] = await health_history.forget(conn, config=latency)
    for table, condition, days in (
        (
            "step_log",
            "at < nd_now() - $1::interval AND generation_id IN (SELECT id FROM generations WHERE state = 'done')",
            STEPS_DAYS,
        ),
        ("alert", "state <> 'due' AND created_at < nd_now() - $1::interval", ALERTS_DAYS),
        ("scheduled", "state <> 'waiting' AND greatest(due_at, created_at) < nd_now() - $1::interval", PLANS_DAYS),
        ("removals", "done_at < nd_now() - $1::interval", REMOVALS_DAYS),
        ("announcement", "state <> 'due' AND created_at < nd_now() - $1::interval", SAID_DAYS),
        ("purchase_intent", "at < nd_now() - $1::interval", INTENTS_DAYS),
        ("heard", "at < nd_now() - $1::interval", HEARD_DAYS),
        ("rule_refusals", "day < ((nd_now() - $1::interval) AT TIME ZONE 'UTC')::date", REFUSALS_DAYS),
    ):
        async with statement(pool) as conn:
            found[table] = await _deleted(
                conn,
                f"DELETE FROM {table} WHERE ctid IN (SELECT ctid FROM {table} WHERE {condition} LIMIT {AT_ONCE})",  # noqa: S608 - from the lines above
                days,
            )
    async with statement(pool) as conn:
        found["route_charges"] = await _deleted(
            conn,
            "DELETE FROM route_charges WHERE day < ((nd_now() - $1::interval) AT TIME ZONE 'UTC')::date",
            CHARGES_DAYS,
        )
    async with statement(pool) as conn:
        found["link_code"] = await conn.fetchval("SELECT forget_link_codes($1)", seconds(CODES_DAYS * DAY_S))
    return found


async def note(conn: Connection, *, holder: str, deleted: Mapping[str, int]) -> None:
    """Write down what a round has done."""
    await conn.execute("SELECT duty_done($1, $2, $3)", DUTY, holder, dict(deleted))


async def last_round(conn: Connection) -> LastRound | None:
    """What was done last; None: nothing yet."""
    row = await conn.fetchrow("SELECT holder, done_at, facts FROM duties WHERE name = $1", DUTY)
    return LastRound(by=row["holder"], at=row["done_at"], deleted=row["facts"]) if row else None


async def sizes(conn: Connection) -> list[Size]:
    """Each table of ours, the largest first."""
    rows = await conn.fetch(
        "SELECT relname AS name, greatest(0, n_live_tup)::bigint AS rows, pg_total_relation_size(relid) AS bytes "
        "FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY bytes DESC"
    )
    return [
        Size(name=r["name"], rows=r["rows"], bytes=r["bytes"], life=LIVES.get(r["name"], "unknown to this version"))
        for r in rows
    ]


async def _deleted(conn: Connection, query: str, days: int) -> int:
    status: str = await conn.execute(query, seconds(days * DAY_S))
    return int(status.rsplit(" ", 1)[-1])
