"""What a durable step costs: in the dispatcher, on plain arq as the floor, with DBOS and procrastinate as peers.

Like for like: so many workflows started together, each of six durable steps with empty bodies: validate, submit, three
times (sleep a second, poll), settle. Ours are rows of the claim loop for polls, each step claimed under a lease and a
fence and committed in a group. Two lines stand beside that and are compared with nobody: polls in a steady state, and
whole generations with everything that they do: credits, health of routes, plans, storing, messages. All CPU is counted:
client, Postgres and Redis.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.engine.flight import SCALE, ask
from benchmarks.engine.worker import worker
from benchmarks.engine.world import World, all_done, clear, learn, process_cpu_s, session, under_way, until
from neverdark import embedded

STEPS = 6
PEERS = ("dbos", "procrastinate")
HERE = Path(__file__).resolve().parent
VENV = HERE.parents[1] / ".venv-bench"
HOW = f"{sys.executable} -m venv {VENV.name} && {VENV.name}/bin/pip install dbos procrastinate"
POLLS_S = 8.0
"""For how long the dispatcher's polls alone are watched."""
WARM_S = 1.0
"""In which the worker looks for work: its connections are open then, as the peers' are when they are ready."""
ALONE = frozenset({"polls", "generations"})
"""Other work than the peers': compared with nobody."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one engine needed for the same work."""

    name: str
    workflows: int
    steps: float
    took_s: float
    client_s: float
    postgres_s: float
    redis_s: float

    @property
    def step_ms(self) -> float:
        return (self.client_s + self.postgres_s + self.redis_s) / self.steps * 1000

    @property
    def per_s(self) -> float:
        return self.workflows / self.took_s

    def __str__(self) -> str:
        parts = " + ".join(f"{one / self.steps * 1000:.2f}" for one in (self.client_s, self.postgres_s, self.redis_s))
        speed = f"{self.per_s:6.0f} workflows/s" if self.workflows else " " * 18
        return f"  {self.name:30} {self.step_ms:7.2f} ms a step ({parts})   {speed}"


async def steps(world: World, *, workflows: int) -> tuple[list[str], list[tuple[str, float, float, bool]]]:
    """Everybody in one run."""
    costs = {
        "dispatcher": await _workflows(world, count=workflows),
        "arq": await _other(world, "arq", [sys.executable, "-P", str(HERE / "peer_arq.py")], workflows),
    }
    python = os.environ.get("BENCH_PYTHON") or str(VENV / "bin" / "python")
    missing = []
    for peer in PEERS:
        if _has(python, peer):
            costs[peer] = await _other(world, peer, [python, "-P", str(HERE / f"peer_{peer}.py")], workflows)
        else:
            missing.append(f"  {peer} is not installed, so it is not compared: {HOW} (or BENCH_PYTHON=…)")
    costs["polls"] = await _polls(world, count=workflows)
    costs["generations"] = await _generations(world, count=workflows)
    floor = costs["arq"].step_ms
    lines = [f"{cost}   {cost.step_ms / floor:5.2f} x arq" for name, cost in costs.items() if name not in ALONE]
    lines += [*missing, "  the engine at other work, compared with nobody:"]
    lines += [str(costs[name]) for name in sorted(ALONE, reverse=True)]
    dispatcher = costs["dispatcher"]
    verdicts = [
        ("CPU of an empty step, ms", dispatcher.step_ms, 0.25, True),
        (f"workflows a second, {workflows} at once, empty steps", dispatcher.per_s, 130.0, False),
    ]
    if "dbos" in costs:
        verdicts.append(("DBOS' empty step / ours", costs["dbos"].step_ms / dispatcher.step_ms, 20.0, False))
    return lines, verdicts


async def _workflows(world: World, *, count: int) -> Cost:
    """The peers' workflows through the dispatcher, from the first statement to the commit of the last step."""
    async with session(world.dsn) as conn:
        await clear(conn)
        await learn(conn, p5_s=0.5, p50_s=3600.0, p95_s=7200.0)
        with worker(world, vendor=None, polls=0, workflows=count) as process:
            await asyncio.sleep(WARM_S)
            before, client_s, began = world.cpu_s(), process.cpu_s() + time.process_time(), time.monotonic()
            await under_way(conn, [30.0] * count, [0.0] * count, prefix="workflow-")
            await asyncio.to_thread(process.told, "finished")
            took_s, client_s = time.monotonic() - began, process.cpu_s() + time.process_time() - client_s
            after = world.cpu_s()
        done = await conn.fetchval("SELECT sum(polls) FROM attempts")
    return Cost(
        name="dispatcher, empty steps", workflows=count, steps=float(done), took_s=took_s, client_s=client_s,
        postgres_s=after["postgres"] - before["postgres"], redis_s=after["redis"] - before["redis"],
    )  # fmt: skip


async def _polls(world: World, *, count: int) -> Cost:
    """Claim, ask, commit: attempts of a vendor that never ends, each polled once a second."""
    async with session(world.dsn) as conn:
        await clear(conn)
        await learn(conn, p5_s=0.5, p50_s=3600.0, p95_s=7200.0)
        await under_way(conn, [30.0] * count, [0.001 * n for n in range(count)], prefix="polled-")
    with worker(world, vendor=None, polls=0, time_scale=SCALE) as process:
        await asyncio.sleep(2)
        process.told("afresh")
        before, client_s, began = world.cpu_s(), process.cpu_s(), time.monotonic()
        await asyncio.sleep(POLLS_S)
        polls, after = process.told()["polls"], world.cpu_s()
        return Cost(
            name="dispatcher, polls in steady state", workflows=0, steps=max(1, polls), took_s=time.monotonic() - began,
            client_s=process.cpu_s() - client_s, postgres_s=after["postgres"] - before["postgres"],
            redis_s=after["redis"] - before["redis"],
        )  # fmt: skip


async def _generations(world: World, *, count: int) -> Cost:
    """With everything that a generation does. Steps are what is durable: lines of the step log, polls, messages."""
    async with session(world.dsn) as conn:
        await clear(conn)
        await learn(conn, p5_s=0.5, p50_s=3.0, p95_s=60.0)
        ids = await ask(world, count, name=f"steps {uuid4().hex[:6]}")
        before, began = world.cpu_s(), time.monotonic()
        with worker(world, vendor=None, time_scale=SCALE) as process:
            client_s, began = process.cpu_s(), time.monotonic()
            await until(lambda: all_done(conn, ids), within_s=600)
            took_s, client_s, after = time.monotonic() - began, process.cpu_s() - client_s, world.cpu_s()
        done = await conn.fetchval(
            "SELECT (SELECT count(*) FROM step_log) + (SELECT sum(polls) FROM attempts) "
            "+ (SELECT count(*) FROM deliveries WHERE state = 'done')"
        )
    return Cost(
        name="engine, whole generations", workflows=count, steps=float(done), took_s=took_s, client_s=client_s,
        postgres_s=after["postgres"] - before["postgres"], redis_s=after["redis"] - before["redis"],
    )  # fmt: skip


async def _other(world: World, name: str, command: list[str], workflows: int) -> Cost:
    """Another engine in a database of its own. It says when it is ready, starts on a word, and says what it took."""
    dsn = embedded.postgres_url(world.home, database=name)
    async with session(world.dsn) as conn:
        await conn.execute(f"DROP DATABASE IF EXISTS {name}")
        await conn.execute(f"CREATE DATABASE {name}")
    process = await asyncio.create_subprocess_exec(
        *command, dsn, world.redis_url, str(workflows),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        await _line(process.stdout.readline, name)
        before, client_s = world.cpu_s(), process_cpu_s(process.pid)
        process.stdin.write(b"go\n")
        told = await _line(process.stdout.readline, name)
        client_s, after = process_cpu_s(process.pid) - client_s, world.cpu_s()
    finally:
        process.kill()
        await process.wait()
    return Cost(
        name="arq, one UPDATE a step" if name == "arq" else f"{name}, empty steps",
        workflows=workflows, steps=float(workflows * STEPS),
        took_s=json.loads(told)["took_s"], client_s=client_s,
        postgres_s=after["postgres"] - before["postgres"], redis_s=after["redis"] - before["redis"],
    )  # fmt: skip


async def _line(read: Callable[[], Awaitable[bytes]], name: str) -> Any:
    async with asyncio.timeout(600):
        line = await read()
    if not line:
        raise RuntimeError(f"{name} ended before its work was done")
    return line


def _has(python: str, module: str) -> bool:
    """Whether an interpreter can import it."""
    line = [python, "-c", f"import {module}"]
    try:
        return subprocess.run(line, capture_output=True, check=False, timeout=60).returncode == 0  # noqa: S603 - named by whoever runs this
    except OSError:
        return False
