"""Whole generations through 1, 2 and 4 workers on one Postgres: speed, CPU by process, statements, connections.

    python -m benchmarks.scale [--workers 1,2,4] [--generations 400] [--rows 0] [--seconds 10] [--no-looks] [--no-house]
                              [--profile]

Each generation is everything that one is: credits, plan, route's room and health, submit, polls, storing, settlement,
messages; vendor and chat answer at once, inside the worker. Who takes the CPU is told apart: the worker without those
two (`worker_ms`), those two (`strangers_ms`), Postgres, Redis, and the media processes that look into each clip
(`media_ms`). A step is the engine's own: no media, no strangers. No setting of the product leaves out the looks;
`--no-looks` of this benchmark does. `cpu_per_s` is what the cores allow by their CPU alone, `engine_per_s` the same for
the engine by itself. The rest of the time everybody waits: for polls, and for commits to reach the disk.

`--rows` finished generations lie beforehand in all tables that grow with each of them. Postgres and Valkey are this
run's own, and every commit is synced.

Last, `neverdark up` is started in a folder of its own, at the speed of the real world as in production, and each of its
processes idles for `--seconds`.
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

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.engine.claims import each_pages, fill
from benchmarks.engine.flight import SCALE, ask
from benchmarks.engine.worker import Worker, worker
from benchmarks.engine.world import World, all_done, clear, learn, session, until, world
from benchmarks.scale import profile as profiles
from benchmarks.scale.idle import idle_house

WARM_S, SETTLE_S = 2.0, 3.0
STATEMENTS = """
SELECT coalesce(sum(calls), 0) AS all, coalesce(sum(calls) FILTER (WHERE query ~
       'claim_(generations?|attempts|deliveries)|wake_next_in_queues|min\\(wake_at\\) - nd_now'), 0) AS looks
  FROM pg_stat_statements WHERE query !~ 'pg_stat_statements|pg_stat_activity|AND state <> '
"""
"""All but the benchmark's own; the looks are those with which claim loops find out whether something is due."""
STEPS = (
    "SELECT (SELECT count(*) FROM step_log) + (SELECT coalesce(sum(polls), 0) FROM attempts) "
    "+ (SELECT count(*) FROM deliveries WHERE state = 'done')"
)
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
CORES = os.cpu_count() or 1
BESIDE_LEAST = 0.9
"""The share of one worker's speed that several on the same cores have at least."""
TARGETS = {
    "per_s": (80.0, False),
    "step_ms": (1.4, True),
    "statements": (45.0, True),
    "idle": (0.01, True),
    "mb": (120.0, True),
}


async def prepare(servers: World, *, rows: int) -> None:
    """An engine that has never worked, beside so many generations that it has finished."""
    async with session(servers.dsn) as conn:
        await clear(conn)
        await learn(conn, p5_s=0.5, p50_s=3.0, p95_s=60.0)
        if rows:
            empty = await each_pages(conn)
            began = time.monotonic()
            await fill(conn, rows=rows)
            size = await conn.fetchval("SELECT pg_size_pretty(pg_database_size(current_database()))")
            print(f"  {rows:,} finished generations, {size}, filled in {time.monotonic() - began:.0f} s", flush=True)
            for name, pages in (await each_pages(conn)).items():
                print(
                    f"    a claim of {name} that finds nothing reads {pages} pages, {empty[name]} beside empty tables"
                )


async def measure(
    servers: World, *, workers: int, generations: int, idle_s: float, looks: bool, shows: bool
) -> dict[str, float]:
    """One level."""
    async with session(servers.dsn) as conn:
        counts = await _counts(conn)
        before_steps = await conn.fetchval(STEPS)
        with contextlib.ExitStack() as up:
            crew: list[Worker] = [
                up.enter_context(worker(servers, vendor=None, time_scale=SCALE, looks=looks, owner=f"worker:scale:{n}"))
                for n in range(workers)
            ]
            await asyncio.sleep(WARM_S)
            said = await _said(conn) if counts else (0, 0)
            media_s, strangers_s = _media_cpu(crew), _strangers_s(crew)
            cpu, servers_s, asking_s, began = _cpu(crew), servers.cpu_s(), time.process_time(), time.monotonic()
            profile = await profiles.read(conn) if counts else {}
            ids: list[UUID] = await ask(servers, generations, name=f"scale {uuid4().hex[:6]}")
            asking_s = time.process_time() - asking_s
            await until(lambda: all_done(conn, ids), within_s=900)
            took_s = time.monotonic() - began
            told = profiles.lines(profile, await profiles.read(conn), generations=generations) if counts else []
            strangers_s = _strangers_s(crew) - strangers_s
            cpu, servers_s = _cpu(crew) - cpu - strangers_s, _less(servers.cpu_s(), servers_s)
            media_s = _media_cpu(crew) - media_s
            said = _minus(await _said(conn) if counts else (0, 0), said)
            steps = float(await conn.fetchval(STEPS) - before_steps)
            connections = await conn.fetchval(CONNECTIONS)
            await asyncio.sleep(SETTLE_S)
            idle, idle_pg, idle_said = _cpu(crew), servers.cpu_s(), await _said(conn) if counts else (0, 0)
            await asyncio.sleep(idle_s)
            idle, idle_pg = _cpu(crew) - idle, _less(servers.cpu_s(), idle_pg)
            idle_said = _minus(await _said(conn) if counts else (0, 0), idle_said)
            mb = max(one.told()["rss_mb"] for one in crew)
    if shows:
        print("\n".join(told), flush=True)
    spent_s = cpu + sum(servers_s.values())
    return {
        "workers": workers, "per_s": generations / took_s, "worker_ms": cpu / generations * 1000,
        "postgres_ms": servers_s["postgres"] / generations * 1000, "redis_ms": servers_s["redis"] / generations * 1000,
        "asking_ms": asking_s / generations * 1000, "step_ms": spent_s / steps * 1000, "steps": steps / generations,
        "media_ms": media_s / generations * 1000, "strangers_ms": strangers_s / generations * 1000,
        "cpu_per_s": CORES * generations / (spent_s + media_s + strangers_s + asking_s),
        "engine_per_s": CORES * generations / spent_s, "statements": said[0] / generations if counts else float("nan"),
        "looks": said[1] / generations if counts else float("nan"), "connections": connections,
        "idle": idle / idle_s / workers, "idle_postgres": idle_pg["postgres"] / idle_s,
        "idle_statements_s": idle_said[0] / idle_s / workers, "mb": mb,
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


async def _said(conn: Any) -> tuple[int, int]:
    row = await conn.fetchrow(STATEMENTS)
    return int(row["all"]), int(row["looks"])


def _minus(after: tuple[int, int], before: tuple[int, int]) -> tuple[int, int]:
    return after[0] - before[0], after[1] - before[1]


def _media_cpu(crew: list[Worker]) -> float:
    """What the media processes of the workers have taken: those that have ended are counted with their fork server."""
    found = 0.0
    for one in crew:
        for child in psutil.Process(one.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                times = child.cpu_times()
                found += times.user + times.system + times.children_user + times.children_system
    return found


def _strangers_s(crew: list[Worker]) -> float:
    return sum(float(one.told()["own_s"]) for one in crew)


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
    parser.add_argument("--no-looks", action="store_true", help="a clip is looked at once for all: the engine alone")
    parser.add_argument("--profile", action="store_true", help="each statement: how often and how long, a generation")
    parser.add_argument("--no-house", action="store_true", help="without the processes of an idle `neverdark up`")
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {asked.rows:,} finished generations beforehand")
    with world(settings={"shared_preload_libraries": "pg_stat_statements"}) as servers:
        asyncio.run(prepare(servers, rows=asked.rows))
        alone: float | None = None
        for level in asked.workers.split(","):
            found = asyncio.run(
                measure(
                    servers,
                    workers=int(level),
                    generations=asked.generations,
                    idle_s=asked.seconds,
                    looks=not asked.no_looks,
                    shows=asked.profile,
                )
            )
            print("  " + ", ".join(f"{name} {value:.4g}" for name, value in found.items()), flush=True)
            for name, (wanted, less) in TARGETS.items():
                met = found[name] <= wanted if less else found[name] >= wanted
                limit = f"{'<=' if less else '>='} {wanted:g}"
                print(f"    {name:12} {found[name]:9.3f}   wanted {limit:8} {'met' if met else 'MISSED'}")
            if alone is None:
                alone = found["per_s"]
            else:
                share = found["per_s"] / alone
                said = "met" if share >= BESIDE_LEAST else "MISSED"
                print(f"    {'of the first':12} {share:9.3f}   wanted {f'>= {BESIDE_LEAST:g}':8} {said}")
            print(f"    load {os.getloadavg()[0]:.1f}")
    if asked.no_house:
        return
    print("  neverdark up with TIME_SCALE=1, idle: share of a core, memory")
    for name, share, mb in idle_house(idle_s=asked.seconds):
        print(f"    {name:12} {share:9.4f}   {mb:6.0f} MB   {'met' if share <= TARGETS['idle'][0] else 'MISSED'}")


if __name__ == "__main__":
    main()
