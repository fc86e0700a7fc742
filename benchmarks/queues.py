"""What a queue costs while nothing can start: 100, 1,000 and 10,000 that wait for one route, with one worker.

    python -m benchmarks.queues [--levels 100,1000,10000] [--seconds 30]

The first hundred were asked for and are worked on as any other; the others are copies of them, with their messages and
their places, due when they would be after waiting for a while. The route's slots are taken by videos without an end.
A queue of ten thousand is to cost no more than one of a hundred: CPU of Postgres and of the worker a second, statements
a second, and a claim that finds nothing.
"""

import argparse
import asyncio
import os
import random
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.engine.flight import ask
from benchmarks.engine.worker import Worker, worker
from benchmarks.engine.world import ROUTE, World, clear, learn, session, until, world
from core.db.generations import claims
from core.domain.health.config import RoutingConfig
from core.domain.routing.queueing import rarer_s
from worker.context import Context

SLOTS, FIRST = 20, 100
P50_S = 60.0
SETTLE_S = 25.0
TRIES = 50
RATIO = 1.5
LOOK_S, EDIT_S = RoutingConfig().queue_look_s, float(Context.__dataclass_fields__["progress_every_s"].default)
COUNTED = "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query !~ 'pg_stat_statements|pg_stat_activity'"

COPIED: dict[str, tuple[str, str]] = {
    "generations": (
        "id",
        """'id', c.id, 'wake_at', nd_now() + c.look_s * interval '1 s',
           'created_at', t.created_at + c.n * interval '1 ms'""",
    ),
    "deliveries": (
        "generation_id",
        """'id', nextval(pg_get_serial_sequence('deliveries', 'id')), 'generation_id', c.id,
           'key', gen_random_uuid(), 'wake_at', nd_now() + c.edit_s * interval '1 s'""",
    ),
    "route_queue": (
        "generation_id",
        "'generation_id', c.id, 'place', c.n + 1, 'asked_at', t.asked_at + c.n * interval '1 ms'",
    ),
}
"""By table: what names the generation, and what is another's in a copy."""


async def copy(conn: Any, *, wanted: int) -> None:
    """Make so many wait by copying those that do: rows of the same shape, due after a while as theirs would be."""
    originals = await conn.fetch("SELECT id FROM generations WHERE state = 'queued' ORDER BY created_at")
    numbers = range(len(originals), wanted)
    dice = random.Random(1)
    due = {
        "look": [dice.random() * rarer_s(LOOK_S, ahead=n) for n in numbers],
        "edit": [dice.random() * rarer_s(EDIT_S, ahead=n) for n in numbers],
    }
    async with conn.transaction():  # before a worker takes one up
        await conn.execute(
            "CREATE TEMP TABLE copied ON COMMIT DROP AS SELECT source, n, gen_random_uuid() AS id, look_s, edit_s "
            "FROM unnest($1::uuid[], $2::int[], $3::float8[], $4::float8[]) AS c (source, n, look_s, edit_s)",
            [originals[n % len(originals)]["id"] for n in numbers], list(numbers), due["look"], due["edit"],
        )  # fmt: skip
        for table, (joined, changed) in COPIED.items():
            await conn.execute(
                f"INSERT INTO {table} OVERRIDING SYSTEM VALUE "  # noqa: S608 - the tables above
                f"SELECT (jsonb_populate_record(t, jsonb_build_object({changed}))).* "
                f"FROM {table} t JOIN copied c ON t.{joined} = c.source"
            )
        await conn.execute("DELETE FROM route_queue_counts")  # the next look counts the queue anew
    await conn.execute("ANALYZE generations, deliveries, route_queue")


async def measure(servers: World, *, waiting: int, seconds: float) -> dict[str, float]:
    """One level."""
    async with session(servers.dsn) as conn:
        await conn.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        await clear(conn)
        await learn(conn, p5_s=P50_S / 2, p50_s=P50_S, p95_s=P50_S * 3)
        with worker(servers, vendor=None, polls=0, owner=f"worker:queue:{waiting}") as one:
            await conn.execute("UPDATE provider_health SET slots = $1 WHERE route = $2", SLOTS, ROUTE)
            await ask(servers, SLOTS + FIRST, name=f"queue {waiting}")
            await until(lambda: _all_wait(conn), within_s=300)
            if waiting > FIRST:
                await copy(conn, wanted=waiting)
            await asyncio.sleep(SETTLE_S)
            found = await _cost(servers, conn, one, seconds=seconds)
            left = await conn.fetchval("SELECT count(*) FROM route_queue")
    assert left == waiting, f"{left} wait, and nothing was to start or end"
    return found


async def _all_wait(conn: Any) -> bool:
    count: int = await conn.fetchval(
        "SELECT count(*) FROM route_queue q JOIN deliveries d USING (generation_id) "
        "WHERE d.kind = 'progress' AND d.message_id IS NOT NULL"
    )
    return count == FIRST


async def _cost(servers: World, conn: Any, one: Worker, *, seconds: float) -> dict[str, float]:
    worker_s, servers_s, calls, began = one.cpu_s(), servers.cpu_s(), await conn.fetchval(COUNTED), time.monotonic()
    await asyncio.sleep(seconds)
    took_s = time.monotonic() - began
    found = {
        "postgres": (servers.cpu_s()["postgres"] - servers_s["postgres"]) / took_s,
        "worker": (one.cpu_s() - worker_s) / took_s,
        "statements": float(await conn.fetchval(COUNTED) - calls) / took_s,
    }
    took_ms: list[float] = []
    for _ in range(TRIES):
        at = time.perf_counter()
        await claims.claim_due(conn, owner="worker:bench", limit=0)
        took_ms.append((time.perf_counter() - at) * 1000)
    return {**found, "claim_ms": median(took_ms)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.queues", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--levels", default="100,1000,10000", help="how many wait (100,1000,10000)")
    parser.add_argument("--seconds", type=float, default=30, help="that are watched at each (30)")
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; while nothing can start, with one worker")
    first: dict[str, float] = {}
    with world(settings={"shared_preload_libraries": "pg_stat_statements"}) as servers:
        for level in asked.levels.split(","):
            found = asyncio.run(measure(servers, waiting=int(level), seconds=asked.seconds))
            first = first or found
            cores = f"{found['postgres']:.3f} of a core in Postgres, {found['worker']:.3f} in the worker"
            rest = f"{found['statements']:,.0f} statements a second, a claim {found['claim_ms']:.2f} ms"
            print(f"  {int(level):>7,} wait: {cores}, {rest}; load {os.getloadavg()[0]:.1f}", flush=True)
    for name, value in found.items():
        ratio = value / first[name]
        said = "met" if ratio <= RATIO else "MISSED"
        print(f"    {name:12} {ratio:6.2f} x that of the first level   wanted <= {RATIO:g}   {said}")


if __name__ == "__main__":
    main()
