"""Thousands of servers behind one token: two processes share the shards, take turns, and answer for all of them.

    python -m benchmarks.gateway [--servers 3000] [--shards 4] [--concurrency 1] [--commands 400]

The bots are started as docs/discord.md says, each with its shards. The gateway is a stand-in in this process, which
calls a session invalid that identifies too soon. Printed: identifies and how far apart, when everything was ready, how
often the commands were published, how many commands were acknowledged and how fast, and the memory for 1,000 servers.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from statistics import quantiles

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.engine.world import World, world
from benchmarks.gateway.fake import FIRST_GUILD, TOKEN, Gateway

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 300.0
SETTLE_S = 4.0


def rss_mib(pid: int) -> float:
    """The memory of a process that is its own."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1]) / 1024
    return 0.0


def start(servers: World, gateway: Gateway, shards: str) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    environment = kept | {
        "DATABASE_URL": servers.dsn, "REDIS_URL": servers.redis_url, "NEVERDARK_HOME": str(servers.home.path),
        "NEVERDARK_ENV_FILE": os.devnull, "LOG_LEVEL": "WARNING", "DISCORD_TOKEN": TOKEN,
        "DISCORD_API_URL": f"http://127.0.0.1:{gateway.port}/api/v10",
        "DISCORD_SHARD_COUNT": str(gateway.shards), "DISCORD_SHARDS": shards,
    }  # fmt: skip
    quiet = None if os.environ.get("BENCH_LOUD") else subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-m", "neverdark", "discord"], env=environment, cwd=ROOT, stdout=quiet)


async def until(gateway: Gateway, shards: set[int]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not shards <= set(gateway.open):  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.05)


async def measure(servers: World, *, many: int, shards: int, concurrency: int, commands: int) -> list[str]:
    # The memory of a bot in no server at all, to be taken off.
    empty = Gateway(shards=1, servers=0, concurrency=1)
    runner = await empty.listen()
    alone = start(servers, empty, "0")
    await until(empty, {0})
    await asyncio.sleep(SETTLE_S)
    base = rss_mib(alone.pid)
    end([alone])
    await runner.cleanup()

    gateway = Gateway(shards=shards, servers=many, concurrency=concurrency)
    runner = await gateway.listen()
    half = shards // 2
    began = time.monotonic()
    bots = [start(servers, gateway, f"0-{half - 1}"), start(servers, gateway, f"{half}-{shards - 1}")]
    try:
        await until(gateway, set(range(shards)))
        ready_s = time.monotonic() - began
        await asyncio.sleep(SETTLE_S)
        used = sum(rss_mib(bot.pid) - base for bot in bots)
        guilds = [FIRST_GUILD + (number << 22) for number in range(many)]
        sent: dict[str, float] = {}
        for number in range(commands):
            sent[f"token-{number}"] = time.perf_counter()
            await gateway.command(guilds[number * 7919 % many], number)
            await asyncio.sleep(0.002)
        async with asyncio.timeout(60):
            while len(gateway.heard) < commands:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.02)
    finally:
        end(bots)
        await runner.cleanup()
    waits = sorted((gateway.heard[token] - at) * 1000 for token, at in sent.items())
    gaps = [b - a for times in gateway.identified.values() for a, b in pairwise(times)]
    identifies = sum(map(len, gateway.identified.values()))
    return [
        f"  servers, shards, processes          {many:8} {shards:5} {len(bots):5}",
        f"  identifies, too soon                {identifies:8} {gateway.refused:5}",
        f"  least time between two of a bucket  {min(gaps, default=0.0):8.2f} s",
        f"  all shards connected after          {ready_s:8.1f} s",
        f"  commands published                  {gateway.published:8}",
        f"  commands acknowledged               {len(waits):8} of {commands}",
        f"  first word, p50 and p99             {waits[len(waits) // 2]:8.1f} {quantiles(waits, n=100)[-1]:7.1f} ms",
        f"  memory for 1,000 servers            {used / many * 1000:8.1f} MiB beside {base:.0f} MiB a process",
    ]


def end(bots: list[subprocess.Popen[bytes]]) -> None:
    for bot in bots:
        bot.send_signal(signal.SIGTERM)
    for bot in bots:
        try:
            bot.wait(20)
        except subprocess.TimeoutExpired:
            bot.kill()
            bot.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("servers", 3000), ("shards", 4), ("concurrency", 1), ("commands", 400)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    with world() as servers:
        lines = asyncio.run(
            measure(
                servers, many=asked.servers, shards=asked.shards, concurrency=asked.concurrency, commands=asked.commands
            )
        )
    print("\n".join(lines))


if __name__ == "__main__":
    main()
