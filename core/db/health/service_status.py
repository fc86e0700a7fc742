"""The figures that operators watch, read in a bounded time: what is live, what ended in the last hour, what lags."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import asyncpg

from core.db import workers
from core.db.errors import connection
from core.db.generations import stalled_generations
from core.db.pool import Connection, Pool

_AT_MOST = "2s"
"""A figure is not worth more of the database's time."""

_LIVE = "SELECT tier, state, count(*) FROM generations WHERE state <> 'done' GROUP BY tier, state"

_ENDED = """
SELECT outcome, count(*) FROM generations
 WHERE state = 'done' AND done_at > nd_now() - interval '1 hour' GROUP BY outcome
"""

_QUEUED = """
SELECT q.route, g.tier, count(*), extract(epoch FROM nd_now() - min(q.joined_at))::float8 AS waited_s
  FROM route_queue q JOIN generations g ON g.id = q.generation_id GROUP BY q.route, g.tier
"""

_ATTEMPTS = """
SELECT route, state, count(*) FROM attempts
 WHERE state IN ('intended', 'accepted', 'ambiguous', 'late') GROUP BY route, state
UNION ALL
SELECT a.route, a.state, count(*) FROM attempts a JOIN generations g ON g.id = a.generation_id
 WHERE g.state = 'done' AND g.done_at > nd_now() - interval '1 hour'
   AND a.state NOT IN ('intended', 'accepted', 'ambiguous', 'late') GROUP BY a.route, a.state
"""

_DELIVERIES_DUE = "SELECT count(*) FROM deliveries WHERE state = 'due' AND wake_at <= nd_now()"

_OLDEST_DUE = {
    "generations": "SELECT min(wake_at) FROM generations WHERE state <> 'done' AND wake_at <= nd_now()",
    "attempts": "SELECT min(wake_at) FROM attempts WHERE state IN ('accepted', 'late') AND wake_at <= nd_now()",
    "deliveries": "SELECT min(wake_at) FROM deliveries WHERE state = 'due' AND wake_at <= nd_now()",
}

_TRANSITIONS = "SELECT route, to_state, reason, count(*) FROM provider_health_events GROUP BY route, to_state, reason"

_CREDITS = "SELECT coalesce(sum(balance), 0) AS balance, coalesce(sum(held), 0) AS held FROM wallet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The state of the whole service at one moment.

    Args:
        generations: how many there are in each state but `done`.
        ended: how many ended in the last hour, by outcome.
        attempts: by route and state: those that are open, and those of generations that ended in the last hour.
        deliveries_due: messages that should be said by now.
        lag_s: by the kind of row that workers claim, for how many seconds the oldest due one has been waiting.
        routes: by route, the state of its health.
        transitions: by route, state and reason, how often it has gone there.
        stalled: generations that do not move although they should, by why.
        workers: how many were heard lately.
        queued: by route and tier, how many wait for its room.
        queued_s: by route and tier, for how long the one has waited that waits longest.
        tiers: by tier and state, how many generations are not done.
        balance, held: credits, over all teams.
    """

    generations: Mapping[str, int]
    ended: Mapping[str, int]
    attempts: Mapping[tuple[str, str], int]
    deliveries_due: int
    lag_s: Mapping[str, float]
    routes: Mapping[str, str]
    transitions: Mapping[tuple[str, str, str], int]
    stalled: Mapping[str, int]
    workers: int
    queued: Mapping[tuple[str, str], int]
    queued_s: Mapping[tuple[str, str], float]
    tiers: Mapping[tuple[str, str], int]
    balance: int
    held: int


async def figures(conn: Connection) -> Figures:
    """Read them all at one moment."""
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        await conn.execute(f"SET LOCAL statement_timeout = '{_AT_MOST}'")
        live = await conn.fetch(_LIVE)
        alive = await workers.alive(conn)
        queued = await conn.fetch(_QUEUED)
        ended = await conn.fetch(_ENDED)
        attempts = await conn.fetch(_ATTEMPTS)
        due = await conn.fetchval(_DELIVERIES_DUE)
        lag_s = {kind: await _lag_s(conn, oldest) for kind, oldest in _OLDEST_DUE.items()}
        routes = await conn.fetch("SELECT route, state FROM provider_health")
        transitions = await conn.fetch(_TRANSITIONS)
        stalled = await stalled_generations.counted(conn)
        credit = await conn.fetchrow(_CREDITS)
    return Figures(
        generations=_summed((row["state"], row["count"]) for row in live),
        ended={row["outcome"]: row["count"] for row in ended},
        attempts={(row["route"], row["state"]): row["count"] for row in attempts},
        deliveries_due=due,
        lag_s=lag_s,
        routes={row["route"]: row["state"] for row in routes},
        transitions={(row["route"], row["to_state"], row["reason"]): row["count"] for row in transitions},
        stalled=stalled,
        workers=alive,
        queued={(row["route"], row["tier"]): row["count"] for row in queued},
        queued_s={(row["route"], row["tier"]): row["waited_s"] for row in queued},
        tiers={(row["tier"], row["state"]): row["count"] for row in live},
        balance=int(credit["balance"]) if credit else 0,
        held=int(credit["held"]) if credit else 0,
    )


async def _lag_s(conn: Connection, oldest: str) -> float:
    """For how many seconds the oldest due row has been waiting. `oldest` is one of our own queries."""
    waited_s = await conn.fetchval(f"SELECT coalesce(extract(epoch FROM nd_now() - ({oldest})), 0)")  # noqa: S608 - ours
    return float(waited_s)


def _summed(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, count in counts:
        found[name] = found.get(name, 0) + count
    return found


async def is_ready(pool: Pool) -> bool:
    """Whether everything is there that an operator's commands use. A database that does not exist has nothing."""
    try:
        async with connection(pool) as conn:
            found: bool = await conn.fetchval("SELECT to_regprocedure('retry_generation(uuid)') IS NOT NULL")
    except asyncpg.InvalidCatalogNameError:
        return False
    return found


async def schema_version(conn: Connection) -> str | None:
    """The number of the newest migration that is applied."""
    version: str | None = await conn.fetchval("SELECT schema_version()")
    return version
