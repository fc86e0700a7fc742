"""A burst of commands against an empty handler of the same library: acknowledged, root message up, and at what cost.

    python -m benchmarks.chat [--platforms slack,discord] [--levels 1,20,200,600] [--commands 600]

The bot, a worker beside it, and an empty slack-bolt or discord.py bot run as processes of their own; the two bots take
turns with every burst. Postgres and Valkey are this run's own, every commit is synced, and the platforms are bare
stand-ins in this process.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.chat.platforms import BareDiscord, BareSlack, Command, Platform
from benchmarks.chat.trips import door
from benchmarks.engine.vendor import vendor
from benchmarks.engine.world import World, session, world

KINDS: dict[str, type[Platform]] = {"slack": BareSlack, "discord": BareDiscord}
ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 60.0
START_S = 240.0
"""A bot on a busy machine reads its modules for a while."""
SETTLE_S = 0.3
ALONE = 50
"""Commands, one at a time, whose round trips are counted."""


@dataclass(slots=True)
class Level:
    """What was seen with so many commands at once."""

    ours_ms: list[float] = field(default_factory=list)
    empty_ms: list[float] = field(default_factory=list)
    root_ms: list[float] = field(default_factory=list)
    refused: int = 0
    doubled: int = 0
    missing: int = 0
    cpu_ms: float = 0.0
    empty_cpu_ms: float = 0.0
    """The same of the empty handler: what the library, the socket and waking up take by themselves."""
    beside_ms: dict[str, float] = field(default_factory=dict)
    """What the others took meanwhile, until the next burst: the worker, Postgres, the platform."""
    commands: int = 0


Verdicts = list[tuple[str, float, float]]


async def measure(servers: World, name: str, *, levels: list[int], commands: int) -> tuple[list[str], Verdicts]:
    """One platform."""
    lines, verdicts = [], []
    numbers = count(1)
    with vendor(servers.clip, core=None) as shop:
        ours, empty = KINDS[name](), KINDS[name]()
        await asyncio.gather(ours.open(), empty.open())
        common = _environment(servers) | {
            "SEEDANCE_ARK_KEY": "bench", "SEEDANCE_ARK_BASE_URL": shop.base_url, "SEEDANCE_ARK_MAX_IN_FLIGHT": "20",
            "START_BY_S": "86400",  # what the burst costs is measured, not how long its queue is
        }  # fmt: skip
        async with door(servers.dsn) as counted:
            with _running(f"bots.{name}", common | ours.environment() | {"DATABASE_URL": counted.dsn}):
                await _connected(ours)
                await _burst(ours, numbers, 60)  # every connection has prepared its statements
                await _unrecorded(servers)
                before = counted.trips
                for _ in range(ALONE):
                    await _burst(ours, numbers, 1)
                await asyncio.sleep(SETTLE_S)
                trips = (counted.trips - before) / ALONE
        lines.append(f"  round trips a command               {trips:8.2f}")
        verdicts.append((f"{name}: round trips a command", trips, 2.0))
        await asyncio.gather(ours.close(), empty.close())
        ours, empty = KINDS[name](), KINDS[name]()
        await asyncio.gather(ours.open(), empty.open())
        with (
            _running(f"bots.{name}", common | ours.environment()) as bot,
            _running("benchmarks.chat.empty", dict(os.environ) | empty.environment(), name) as floor,
            _running("worker", common | ours.environment()) as worker,
        ):
            await asyncio.gather(_connected(ours), _connected(empty))
            await _burst(ours, numbers, 20)
            await _burst(empty, numbers, 20, roots=False)
            for at_once in levels:
                level = await _level(
                    ours, empty, numbers, bot=bot, floor=floor, at_once=at_once, commands=commands,
                    beside=partial(_beside_ms, servers, worker),
                )  # fmt: skip
                lines += _told(at_once, level)
                verdicts += _judged(name, at_once, level)
            verdicts.append((f"{name}: roots not recorded", await _unrecorded(servers), 0))
        await asyncio.gather(ours.close(), empty.close())
    return lines, verdicts


async def _level(
    ours: Platform,
    empty: Platform,
    numbers: Iterator[int],
    *,
    bot: int,
    floor: int,
    at_once: int,
    commands: int,
    beside: Callable[[], dict[str, float]],
) -> Level:
    level = Level(beside_ms={"worker": 0.0, "postgres": 0.0, "platform": 0.0})
    before, floor_before = _cpu_ms(bot), _cpu_ms(floor)
    for _ in range(max(2, commands // at_once)):
        level.empty_ms += [_ms(each.acknowledged, each) for each in await _burst(empty, numbers, at_once, roots=False)]
        others = beside()
        seen = await _burst(ours, numbers, at_once)
        for name, now in beside().items():
            level.beside_ms[name] += now - others[name]
        if at_once > 1:
            await asyncio.sleep(SETTLE_S)  # what is recorded and hinted afterwards does not run into the next burst
        level.commands += len(seen)
        level.ours_ms += [_ms(each.acknowledged, each) for each in seen]
        level.root_ms += [_ms(each.root, each) for each in seen if each.root is not None]
        level.refused += sum(each.refused for each in seen)
        level.missing += sum(each.root is None and not each.refused for each in seen)
    await asyncio.sleep(SETTLE_S)
    level.cpu_ms, level.empty_cpu_ms = _cpu_ms(bot) - before, _cpu_ms(floor) - floor_before
    level.doubled = sum(each.roots > 1 for each in ours.seen.commands.values())
    return level


async def _burst(
    platform: Platform,
    numbers: Iterator[int],
    at_once: int,
    *,
    roots: bool = True,  # noqa: FBT001, RUF100
) -> list[Command]:
    """So many commands at once; returns when each has what it can have, or time is up."""
    mine = [next(numbers) for _ in range(at_once)]
    for number in mine:
        await platform.send(number)
    seen = [platform.seen.commands[number] for number in mine]
    deadline = time.perf_counter() + WITHIN_S
    while time.perf_counter() < deadline:
        if all(each.acknowledged and (not roots or each.root or each.refused) for each in seen):
            break
        platform.seen.stirred.clear()
        try:
            async with asyncio.timeout(1):
                await platform.seen.stirred.wait()
        except TimeoutError:
            continue
    return seen


def _beside_ms(servers: World, worker: int) -> dict[str, float]:
    postgres = servers.cpu_s()["postgres"] * 1000
    return {"worker": _cpu_ms(worker), "postgres": postgres, "platform": time.process_time() * 1000}


def _cpu_ms(pid: int) -> float:
    """What all threads of a process have taken, to the microsecond."""
    taken = (task.joinpath("schedstat").read_text().split()[0] for task in Path(f"/proc/{pid}/task").iterdir())
    return sum(int(nanoseconds) for nanoseconds in taken) / 1e6


async def _unrecorded(servers: World) -> int:
    """Roots that are up and not recorded, once what is under way has had its time."""
    left = 0
    async with session(servers.dsn) as conn:
        for _ in range(round(WITHIN_S)):
            left = await conn.fetchval("SELECT count(*) FROM deliveries WHERE kind = 'root' AND state <> 'done'")
            if not left:
                break
            await asyncio.sleep(1)
    return left


def _ms(at: float | None, command: Command) -> float:
    return ((at or command.sent + WITHIN_S) - command.sent) * 1000


def _p99(each: list[float]) -> float:
    return quantiles(each, n=100)[98]


def _told(at_once: int, level: Level) -> list[str]:
    ratio = _p99(level.ours_ms) / _p99(level.empty_ms)
    acknowledged = (
        f"  {at_once:4} at once  acknowledged p50 {median(level.ours_ms):6.1f} p99 {_p99(level.ours_ms):7.1f} ms"
        f"   empty p50 {median(level.empty_ms):6.1f} p99 {_p99(level.empty_ms):7.1f} ms   {ratio:5.2f} x"
    )
    root = (
        f"                root p50 {median(level.root_ms or [0]):6.0f} ms   refused {level.refused}"
        f"   missing {level.missing}   doubled {level.doubled}   {level.cpu_ms / level.commands:.2f} ms CPU a command,"
        f" empty {level.empty_cpu_ms / level.commands:.2f}"
        f"   ({level.commands} commands)"
    )
    beside = ", ".join(f"{name} {taken / level.commands:.2f}" for name, taken in level.beside_ms.items())
    return [acknowledged, root, f"                ms of CPU a command until all roots are up: {beside}"]


def _judged(name: str, at_once: int, level: Level) -> Verdicts:
    verdicts = [
        (f"{name}, {at_once} at once: acknowledged p99 / empty", _p99(level.ours_ms) / _p99(level.empty_ms), 1.5),
        (f"{name}, {at_once} at once: refused or missing", level.refused + level.missing, 0),
        (f"{name}, {at_once} at once: roots doubled so far", level.doubled, 0),
        (f"{name}, {at_once} at once: ms of the bot's CPU a command", level.cpu_ms / level.commands, 2.5),
    ]
    if at_once == 200:
        verdicts.append((f"{name}, 200 at once: root p50 ms", median(level.root_ms or [0]), 400))
    return verdicts


async def _connected(platform: Platform) -> None:
    async with asyncio.timeout(START_S):
        await platform.connected.wait()
    await asyncio.sleep(1)


def _environment(servers: World) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    return kept | {
        "DATABASE_URL": servers.dsn, "REDIS_URL": servers.redis_url, "NEVERDARK_HOME": str(servers.home.path),
        "NEVERDARK_ENV_FILE": os.devnull, "FREE_CREDITS": "100000000", "OPEN_PER_PERSON": "1000",
        "LOG_LEVEL": "WARNING",
    }  # fmt: skip


@contextmanager
def _running(module: str, environment: Mapping[str, str], *arguments: str) -> Iterator[int]:
    """A process; its number."""
    process = subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-m", module, *arguments], env=dict(environment), cwd=ROOT,
        stdout=None if os.environ.get("BENCH_LOUD") else subprocess.DEVNULL, stderr=None,
    )  # fmt: skip
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chat", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--platforms", default=",".join(KINDS), help=f"some of {','.join(KINDS)}")
    parser.add_argument("--levels", default="1,20,200,600", help="commands at once (1,20,200,600)")
    parser.add_argument("--commands", type=int, default=600, help="of each level at least, in bursts (600)")
    asked = parser.parse_args()
    levels = [int(part) for part in asked.levels.split(",")]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    verdicts: Verdicts = []
    for name in asked.platforms.split(","):
        print(f"\n{name}", flush=True)
        with world() as servers:
            lines, found = asyncio.run(measure(servers, name, levels=levels, commands=asked.commands))
        print("\n".join(lines), flush=True)
        verdicts += found
    print("\nTargets")
    for what, value, wanted in verdicts:
        print(f"  {what:60} {value:10.2f}   wanted <= {wanted:<6g} {'met' if value <= wanted else 'MISSED'}")


if __name__ == "__main__":
    main()
