"""Generations in flight: how late one worker process polls thousands of them, and what one more costs among many."""

import asyncio
import math
import random
import time
from collections.abc import Iterator
from statistics import median, quantiles
from uuid import UUID

from benchmarks.engine.vendor import vendor
from benchmarks.engine.worker import terms, worker
from benchmarks.engine.world import World, all_done, asked, clear, learn, session, under_way, until
from core.db.errors import statement
from core.db.generations import opened_roots
from core.db.pool import Pool, open_pool
from core.domain.generations.polling import next_poll_s
from core.domain.ids import MessageId, Thread
from core.usecases.requests.submit import Submitted, submit

P5_S, P50_S, P95_S, SIGMA = 57.0, 120.0, 252.0, 0.45
"""Lognormal durations of two minutes."""
SETTLE_S = 15.0
SCALE = 2.0
"""The engine's least pause between two polls is 2 s; this makes it 1."""


def ages(n: int, *, seed: int = 1) -> list[float]:
    """How long each of n tasks has been running, in a steady state."""
    dice = random.Random(seed)
    found: list[float] = []
    while len(found) < n:
        takes_s = dice.lognormvariate(math.log(P50_S), SIGMA)
        if dice.random() < takes_s / (6 * P50_S):  # long ones are met more often
            found.append(dice.uniform(0, takes_s))
    return found


async def in_flight(world: World, *, n: int, seconds: float) -> tuple[list[str], list[tuple[str, float, float, bool]]]:
    """Lines for people, and what is to be held against a target: name, value, target, whether less is better."""
    dice = random.Random(2)
    old = ages(n)
    waits = [
        dice.uniform(0, next_poll_s(elapsed_s=age, p5_s=P5_S, p95_s=P95_S, load=1.0)) if age >= P5_S else P5_S - age
        for age in old
    ]
    async with session(world.dsn) as conn:
        await clear(conn)
        await learn(conn, p5_s=P5_S, p50_s=P50_S, p95_s=P95_S)
        await under_way(conn, old, waits, prefix="polled-")
    with vendor(world.clip, core=1) as shop, worker(world, vendor=shop.base_url, core=0) as process:
        await asyncio.sleep(SETTLE_S)
        process.told("afresh")
        servers, cpu_s, began = world.cpu_s(), process.cpu_s(), time.monotonic()
        await asyncio.sleep(seconds)
        told, took_s = process.told(), time.monotonic() - began
        cpu_s = process.cpu_s() - cpu_s
        postgres_s = world.cpu_s()["postgres"] - servers["postgres"]
    lags = sorted(told["lags_s"])
    if len(lags) < 100:
        return [f"  only {len(lags)} polls in {took_s:.0f} s: nothing to say"], [
            ("poll lag p99, s", math.inf, 2.0, True)
        ]
    p99_s = quantiles(lags, n=100)[98]
    polls = told["polls"]
    lag = f"lag p50 {median(lags) * 1000:.0f} ms, p99 {p99_s * 1000:.0f} ms, worst {lags[-1] * 1000:.0f} ms"
    each = f"{cpu_s / polls * 1000:.2f} + {postgres_s / polls * 1000:.2f} ms of CPU a poll"
    cores = f"{cpu_s / took_s:.2f} cores in the worker, {postgres_s / took_s:.2f} in Postgres"
    lines = [
        f"  {n:,} in flight: {polls / took_s:,.0f} polls/s, {lag}",
        f"  {told['rss_mb']:.0f} MB, {cores}; {each}",
    ]
    return lines, [
        (f"poll lag p99 with {n:,} in flight, s", p99_s, 2.0, True),
        ("memory, MB", told["rss_mb"], 500.0, True),
    ]


async def flat(world: World, *, levels: list[int], each: int) -> tuple[list[str], list[tuple[str, float, float, bool]]]:
    """What a whole generation costs in CPU while so many others are in flight."""
    costs: dict[int, float] = {}
    lines: list[str] = []
    for level in levels:
        async with session(world.dsn) as conn:
            await clear(conn)
            await learn(conn, p5_s=0.5, p50_s=2.0, p95_s=60.0)
            await under_way(conn, [30.0] * level, [7200.0] * level, prefix="asleep-")
            with worker(world, vendor=None, time_scale=SCALE) as process:
                for round_n in range(2):  # the first one warms up
                    before = world.cpu_s()["postgres"] + process.cpu_s()
                    ids = await ask(world, each, name=f"{level}/{round_n}")
                    await until(lambda ids=ids: all_done(conn, ids), within_s=300)
                    costs[level] = (world.cpu_s()["postgres"] + process.cpu_s() - before) / each * 1000
        lines.append(f"  {level:>7,} in flight: {costs[level]:6.1f} ms of CPU a generation (worker and Postgres)")
    ratio = costs[levels[-1]] / costs[levels[0]]
    return lines, [(f"cost at {levels[-1]:,} in flight / at {levels[0]:,}", ratio, 1.25, True)]


async def ask(world: World, count: int, *, name: str) -> list[UUID]:
    """People ask for so many videos, a few at a time."""
    offered = terms()
    ids: list[UUID] = []
    async with open_pool(world.dsn, size_max=4) as pool:

        async def some(numbers: Iterator[int]) -> None:
            for n in numbers:
                told = await submit(asked(f"{name}/{n}", takes_s=1.0), pool=pool, terms=offered, owner="bot")
                ids.append(told.generation_id)
                await opened(pool, told)

        numbers = iter(range(count))
        await asyncio.gather(*(some(numbers) for _ in range(4)))
    return ids


async def opened(pool: Pool, told: Submitted) -> None:
    """The bot has posted the root message."""
    assert told.root is not None
    async with statement(pool) as conn:
        thread = Thread(f"c/{told.generation_id.hex}")
        await opened_roots.opened(conn, told.root, thread=thread, message_id=MessageId(told.generation_id.hex))
