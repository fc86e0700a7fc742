"""The health of routes in Postgres: every change is the pure step, under the route's lock, in the caller's transaction.

Nobody waits for a lock for more than some seconds: then the database counts as away for this step, and it is tried
again.
Locks are taken in the order generation, wallet, entry, then routes by name: whoever changes several routes does so in
one `apply_all`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.db.health import counted_outcomes, route_health_rows
from core.db.pool import Connection, seconds
from core.domain.health.config import HealthConfig, RoutingConfig
from core.domain.health.events import AttemptFailed, AttemptSucceeded, Event, Held, Overdue, Released
from core.domain.health.route_health import Reason, RouteHealth, Transition, new_route
from core.domain.health.state_machine import step
from core.domain.health.transitions import Stepped, settle
from core.domain.ids import RouteKey

TIMER = "timer"
"""The actor of transitions that came with time alone."""
BY_TIME = frozenset({Reason.DUE, Reason.SLOW_DUE, Reason.HOLD_ENDED, Reason.UNWANTED, Reason.PROBE_LATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSnapshot:
    """The routes at one moment: what `routing` wants to know of them."""

    health: Mapping[RouteKey, RouteHealth]
    free_slots: Mapping[RouteKey, int]
    extras: Mapping[RouteKey, int]
    jobs: int
    now: datetime


async def ensure(conn: Connection, slots: Mapping[RouteKey, int], *, config: HealthConfig) -> None:
    """Know these routes, each with its configured number of attempts in flight."""
    for route in sorted(slots):
        await conn.execute(
            """
            INSERT INTO provider_health AS h (route, slots, slots_max, hedge_tokens) VALUES ($1, $2, $2, $3)
            ON CONFLICT (route) DO UPDATE
               SET slots_max = $2, slots = CASE WHEN h.slots = h.slots_max THEN $2 ELSE least(h.slots, $2) END
             WHERE h.slots_max <> $2
            """,
            route,
            slots[route],
            config.hedge_burst,
        )


async def read(
    conn: Connection, routes: Sequence[RouteKey], *, config: HealthConfig, routing: RoutingConfig
) -> HealthSnapshot:
    """Everything about these routes that routing wants, in one query, with all timers settled."""
    records = await conn.fetch(
        """
        SELECT h.*, slots_taken(h.route) AS taken, starts_counted(h.route, 'extra', $2) AS extras,
               starts_counted(NULL, 'first', $2) AS jobs, nd_now() AS now
          FROM provider_health h WHERE h.route = ANY ($1)
        """,
        list(routes),
        seconds(routing.extra_window_s),
    )
    now = records[0]["now"] if records else await conn.fetchval("SELECT nd_now()")
    known = {RouteKey(r["route"]): r for r in records}
    health: dict[RouteKey, RouteHealth] = {}
    for route in routes:
        if (record := known.get(route)) is not None:
            health[route] = settle(route_health_rows.row_from(record), now, config).row
        else:
            health[route] = new_route(route, now=now, slots=config.slots, hedge_tokens=config.hedge_burst)
    taken = {route: int(r["taken"]) for route, r in known.items()}
    return HealthSnapshot(
        health=health,
        free_slots={route: row.slots - taken.get(route, 0) for route, row in health.items()},
        extras={route: int(r["extras"]) for route, r in known.items()},
        jobs=int(records[0]["jobs"]) if records else 0,
        now=now,
    )


async def load(conn: Connection, routes: Sequence[RouteKey], *, config: HealthConfig) -> dict[RouteKey, RouteHealth]:
    """The health of these routes, with all timers settled; routes nobody has used yet are healthy."""
    return dict((await read(conn, routes, config=config, routing=RoutingConfig())).health)


async def apply(
    conn: Connection, route: RouteKey, event: Event, *, config: HealthConfig, actor: str
) -> tuple[Transition, ...]:
    """Let one route know what happened; what was counted before counts nothing again."""
    return await apply_all(conn, [(route, event)], config=config, actor=actor)


async def apply_all(
    conn: Connection, events: Iterable[tuple[RouteKey, Event]], *, config: HealthConfig, actor: str
) -> tuple[Transition, ...]:
    """Let several routes know what happened, in the order given; the locks are taken in the order of all."""
    todo = list(events)
    if len(todo) > 1:
        await _locked(conn, {route for route, _ in todo}, config=config)
    transitions: list[Transition] = []
    for route, event in todo:
        stepped = await _stepped(conn, route, event, config=config)
        if stepped is None:
            continue
        before, after = stepped
        if after.row != before:
            await route_health_rows.write(conn, after.row)
        await record_transitions(conn, after.transitions, actor=actor)
        transitions += after.transitions
    return tuple(transitions)


async def record_transitions(conn: Connection, transitions: Iterable[Transition], *, actor: str) -> None:
    """Add transitions to the record, each with who caused it: somebody, or time alone."""
    for transition in transitions:
        by = TIMER if transition.reason in BY_TIME else actor
        await route_health_rows.write_transition(conn, transition, actor=by)


async def lock(conn: Connection, route: RouteKey, *, config: HealthConfig) -> RouteHealth:
    """A route's row as it is written, locked until the transaction ends: what is admitted meanwhile is the holder's."""
    return (await _locked(conn, {route}, config=config))[route]


async def hold(
    conn: Connection, route: RouteKey, *, why: str, until: datetime | None, config: HealthConfig, actor: str
) -> tuple[Transition, ...]:
    """Take a route out, until then or until it is released."""
    return await apply(conn, route, Held(why=why, until=until), config=config, actor=actor)


async def release(
    conn: Connection, route: RouteKey, *, why: str, config: HealthConfig, actor: str
) -> tuple[Transition, ...]:
    """Give a held route its chance: probes decide."""
    return await apply(conn, route, Released(why=why), config=config, actor=actor)


async def _locked(conn: Connection, routes: Iterable[RouteKey], *, config: HealthConfig) -> dict[RouteKey, RouteHealth]:
    """The rows of these routes, locked in the order that everybody keeps."""
    wanted = sorted(routes)
    sql = "SELECT * FROM lock_routes($1)"
    records = await conn.fetch(sql, wanted)
    if len(records) < len(wanted):
        known = {record["route"] for record in records}
        await ensure(conn, {route: config.slots for route in wanted if route not in known}, config=config)
        records = await conn.fetch(sql, wanted)
    return {RouteKey(record["route"]): route_health_rows.row_from(record) for record in records}


async def _stepped(
    conn: Connection, route: RouteKey, event: Event, *, config: HealthConfig
) -> tuple[RouteHealth, Stepped] | None:
    """The row, locked, and what the event makes of it by the database's clock; None if this is old news."""
    if not isinstance(event, AttemptSucceeded | AttemptFailed | Overdue):
        row = (await _locked(conn, {route}, config=config))[route]
        return row, step(row, event, await conn.fetchval("SELECT nd_now()"), config)
    try:
        heard = await counted_outcomes.hear(conn, route, event, config=config)
    except LookupError:
        await ensure(conn, {route: config.slots}, config=config)
        heard = await counted_outcomes.hear(conn, route, event, config=config)
    if heard is None:
        return None
    current = settle(heard.row, heard.now, config).row
    weighed = await counted_outcomes.weighed(conn, current, event, heard, config=config)
    return heard.row, step(heard.row, weighed, heard.now, config)
