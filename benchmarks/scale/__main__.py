"""Whole generations through 1, 2 and 4 workers on one Postgres: speed, CPU by process, statements, connections.

    python -m benchmarks.scale [--workers 1,2,4] [--generations 400] [--rows 0] [--seconds 10]

Each generation is everything that one is: credits, plan, route's room and health, submit, polls, storing, settlement,
messages; vendor and chat answer at once, inside the worker. `--rows` finished generations lie in the tables beforehand.
Then the workers idle for `--seconds`. Postgres and Valkey are this run's own, and every commit is synced.
"""

import argparse
import asyncio
import contextlib
import os
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.engine.claims import fill
from benchmarks.engine.flight import SCALE, ask
from benchmarks.engine.worker import Worker, worker
from benchmarks.engine.world import World, all_done, clear, learn, session, until, world

WARM_S = 2.0
STATEMENTS = "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'"
STEPS = (
    "SELECT (SELECT count(*) FROM step_log) + (SELECT coalesce(sum(polls), 0) FROM attempts) "
    "+ (SELECT count(*) FROM deliveries WHERE state = 'done')"
)
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
TARGETS = {
    "per_s": (80.0, False),
    "step_ms": (1.4, True),
    "statements": (45.0, True),
    "idle": (0.01, True),
    "mb": (120.0, True),
}


async def measure(servers: World, *, workers: int, generations: int, rows: int, idle_s: float) -> dict[str, float]:
    """One level."""
    async with session(servers.dsn) as conn:
        await clear(conn)
        await learn(conn, p5_s=0.5, p50_s=3.0, p95_s=60.0)
        counts = await _counts(conn)
        if rows:
            await fill(conn, rows=rows)
        before_steps = await conn.fetchval(STEPS)
        with contextlib.ExitStack() as up:
            crew: list[Worker] = [
                up.enter_context(worker(servers, vendor=None, time_scale=SCALE, owner=f"worker:scale:{n}"))
                for n in range(workers)
            ]
            await asyncio.sleep(WARM_S)
            said = await conn.fetchval(STATEMENTS) if counts else 0
            cpu, servers_s, asking_s, began = _cpu(crew), servers.cpu_s(), time.process_time(), time.monotonic()
            ids: list[UUID] = await ask(servers, generations, name=f"scale {uuid4().hex[:6]}")
            asking_s = time.process_time() - asking_s
            await until(lambda: all_done(conn, ids), within_s=900)
            took_s = time.monotonic() - began
            cpu, servers_s = _cpu(crew) - cpu, _less(servers.cpu_s(), servers_s)
            said = (await conn.fetchval(STATEMENTS) if counts else 0) - said
            steps = float(await conn.fetchval(STEPS) - before_steps)
            connections = await conn.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            )
            await asyncio.sleep(1)
            idle, idle_pg = _cpu(crew), servers.cpu_s()
            await asyncio.sleep(idle_s)
            idle, idle_pg = _cpu(crew) - idle, _less(servers.cpu_s(), idle_pg)
            mb = max(one.told()["rss_mb"] for one in crew)
    spent_s = cpu + sum(servers_s.values())
    return {
        "workers": workers, "per_s": generations / took_s, "worker_ms": cpu / generations * 1000,
        "postgres_ms": servers_s["postgres"] / generations * 1000, "redis_ms": servers_s["redis"] / generations * 1000,
        "asking_ms": asking_s / generations * 1000, "step_ms": spent_s / steps * 1000, "steps": steps / generations,
        "statements": said / generations if counts else float("nan"), "connections": connections,
        "idle": idle / idle_s / workers, "idle_postgres": idle_pg["postgres"] / idle_s, "mb": mb,
    }  # fmt: skip


async def _counts(conn: Any) -> bool:
    """Whether statements can be counted: the server has to have the extension loaded."""
    try:
        await conn.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        await conn.fetchval(STATEMENTS)
    except Exception as error:  # noqa: BLE001 - the driver has no common base for what a server lacks
        print(f"  statements are not counted: {error}")
        return False
    return True


def _cpu(crew: list[Worker]) -> float:
    return sum(one.cpu_s() for one in crew)


def _less(after: dict[str, float], before: dict[str, float]) -> dict[str, float]:
    return {name: after[name] - before[name] for name in after}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", default="1,2,4", help="levels (1,2,4)")
    parser.add_argument("--generations", type=int, default=400, help="at each level (400)")
    parser.add_argument("--rows", type=int, default=0, help="finished generations in the tables beforehand (0)")
    parser.add_argument("--seconds", type=float, default=10, help="of idling that are watched (10)")
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {asked.rows:,} finished generations beforehand")
    with world(settings={"shared_preload_libraries": "pg_stat_statements"}) as servers:
        for level in asked.workers.split(","):
            found = asyncio.run(
                measure(
                    servers, workers=int(level), generations=asked.generations, rows=asked.rows, idle_s=asked.seconds
                )
            )
            print("  " + ", ".join(f"{name} {value:.4g}" for name, value in found.items()), flush=True)
            for name, (wanted, less) in TARGETS.items():
                met = found[name] <= wanted if less else found[name] >= wanted
                limit = f"{'<=' if less else '>='} {wanted:g}"
                print(f"    {name:12} {found[name]:9.3f}   wanted {limit:8} {'met' if met else 'MISSED'}")


if __name__ == "__main__":
    main()
