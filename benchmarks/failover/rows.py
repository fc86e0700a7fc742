"""Reads from the engine's rows what became of each generation and of each route, and proves that none was left over."""

from collections.abc import Mapping
from uuid import UUID

from benchmarks.failover.memory import moves_of, second
from benchmarks.failover.tally import Tally
from benchmarks.failover.trace import Trace
from benchmarks.failover.world import Request
from core.db.health import route_health_rows
from core.db.pool import Connection


async def read(conn: Connection, requests: Mapping[UUID, Request], tally: Tally) -> Trace:
    """Everything, after the last generation is done; the tally gets what only rows can tell."""
    trace = Trace()
    for row in await conn.fetch("SELECT generation_id, route, intended_at, is_hedge FROM attempts ORDER BY n"):
        n = requests[row["generation_id"]].n
        trace.begins(n, row["route"], second(row["intended_at"]), is_hedge=row["is_hedge"])
        tally.submits += 1
    for row in await conn.fetch(
        "SELECT g.id, a.route, d.posted_at FROM generations g "
        "JOIN attempts a ON a.generation_id = g.id AND a.n = g.winner_attempt "
        "JOIN deliveries d ON d.generation_id = g.id AND d.kind = 'result' "
        "WHERE g.outcome = 'succeeded' AND d.state = 'done' ORDER BY d.posted_at"
    ):
        request, at = requests[row["id"]], second(row["posted_at"])
        trace.delivers(request.n, row["route"], at)
        tally.deliver(request, at)
    for row in await conn.fetch(
        "SELECT a.route FROM attempts a JOIN generations g ON g.id = a.generation_id "
        "WHERE a.state = 'succeeded' AND a.n IS DISTINCT FROM g.winner_attempt"
    ):
        tally.waste(row["route"])
    moves = [route_health_rows.transition_from(row) for row in await conn.fetch("SELECT * FROM provider_health_events")]
    trace.moves = moves_of(moves)
    tally.heed(trace.moves)
    return trace


async def faults(conn: Connection, *, asked: int) -> list[str]:
    """What must not be: generations that are lost, stuck or paid for wrongly, and attempts without an end."""
    found = {
        "generations are missing": asked - await conn.fetchval("SELECT count(*) FROM generations"),
        "generations are not done": await conn.fetchval("SELECT count(*) FROM generations WHERE state <> 'done'"),
        "results are not said": await conn.fetchval(
            "SELECT count(*) FROM deliveries WHERE kind = 'result' AND state <> 'done'"
        ),
        "attempts have no end": await conn.fetchval("SELECT count(*) FROM attempts WHERE NOT settled"),
        "slots are still taken": await conn.fetchval("SELECT count(*) FROM provider_slots"),
        "generations were charged without a video, or not for it": await conn.fetchval(
            "SELECT count(*) FROM generations WHERE (outcome = 'succeeded') <> (coalesce(settled, 0) > 0)"
        ),
        "teams' ledgers are wrong": len(await conn.fetch("SELECT * FROM check_ledger()")),
    }
    return [f"{count} {what}" for what, count in found.items() if count]
