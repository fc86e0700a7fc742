"""What a kill -9 costs: from the death of a worker that holds polls until somebody else has taken all of them up.

The workers are the product's own processes; the vendor never answers, so that the dead one had its hands full.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from benchmarks.engine.vendor import vendor
from benchmarks.engine.world import World, clear, session, under_way, until
from core.db.generations.claims import LEASE_S

HELD = 20
SWEEP_S = 1.0
"""How long an idle dispatcher rests at most."""
_OURS = ("SLACK_", "DISCORD_", "VEO_", "KLING_", "SEEDANCE_", "HAILUO_", "WAN_", "NEVERDARK_", "PUBLIC_URL", "STORAGE_")


async def recovery(world: World, *, rounds: int) -> tuple[list[str], list[tuple[str, float, float, bool]]]:
    """Three ways back: the same slot is started again, another worker hears nothing more, or only the lease ends."""
    with vendor(world.clip, core=1) as shop:
        ways = (
            ("restart in place", "in place", 3.0, rounds),
            ("heartbeats", "heartbeats", 12.0, rounds),
            ("the lease alone", "lease", LEASE_S * 1.1 + SWEEP_S, 1),
        )
        lines, verdicts = [], []
        for name, way, target_s, count in ways:
            took = [await _once(world, shop.base_url, way=way) for _ in range(count)]
            lines.append(
                f"  {name:20} {', '.join(f'{one:.1f}' for one in took)} s; "
                f"worst {max(took) / LEASE_S:.2f} of the lease of {LEASE_S:g} s"
            )
            verdicts.append((f"taken over after kill -9, {name}, s", max(took), target_s, True))
    return lines, verdicts


async def _once(world: World, address: str, *, way: str) -> float:
    async with session(world.dsn) as conn:
        await clear(conn)
        with ExitStack() as processes:
            first = processes.enter_context(_worker(world, address, n=0))
            await until(lambda: _is_there(conn, 1), within_s=60)
            await under_way(conn, [30.0] * HELD, [0.0] * HELD, prefix="hang-")
            await until(lambda: _is_held(conn), within_s=30, every_s=0.02)
            dead = await conn.fetchval("SELECT id FROM workers")
            if way != "in place":
                processes.enter_context(_worker(world, address, n=1))
                await until(lambda: _is_there(conn, 2), within_s=60)
                await until(lambda: _is_held(conn), within_s=30, every_s=0.02)
            # Whoever holds them now has just claimed them, or had an answer to wait for until then.
            held = await conn.fetch("SELECT generation_id, fence FROM attempts WHERE lease_owner = $1", dead)
            first.send_signal(signal.SIGKILL)
            began = time.monotonic()
            if way == "lease":
                await conn.execute("DELETE FROM workers WHERE id = $1", dead)
            if way == "in place":
                processes.enter_context(_worker(world, address, n=0))
            await until(lambda: _has_moved(conn, held), within_s=LEASE_S * 2, every_s=0.02)
            return time.monotonic() - began


async def _is_there(conn: Any, count: int) -> bool:
    return bool(await conn.fetchval("SELECT count(*) = $1 FROM workers", count))


async def _is_held(conn: Any) -> bool:
    return bool(await conn.fetchval("SELECT count(*) = $1 FROM attempts WHERE lease_owner IS NOT NULL", HELD))


async def _has_moved(conn: Any, held: list[Any]) -> bool:
    waiting = await conn.fetchval(
        "SELECT count(*) FROM attempts a JOIN unnest($1::uuid[], $2::bigint[]) AS h (id, fence) "
        "ON a.generation_id = h.id AND a.fence = h.fence",
        [row["generation_id"] for row in held],
        [row["fence"] for row in held],
    )
    await asyncio.sleep(0)
    return bool(waiting == 0)


@contextmanager
def _worker(world: World, address: str, *, n: int) -> Iterator[subprocess.Popen[bytes]]:
    """`neverdark worker`, as anybody starts it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)} | {
        "NEVERDARK_ENV_FILE": os.devnull,
        "NEVERDARK_HOME": str(world.home.path),
        "DATABASE_URL": world.dsn,
        "REDIS_URL": world.redis_url,
        "SEEDANCE_ARK_KEY": "bench",
        "SEEDANCE_ARK_BASE_URL": f"{address}/api/v3",
        "SEEDANCE_ARK_ALLOW_PRIVATE": "true",
        "LOG_LEVEL": "ERROR",
    }
    with (world.home.path / f"worker-{n}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "neverdark", "worker"], env=environment, stdout=log, stderr=log, cwd=world.home.path
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
