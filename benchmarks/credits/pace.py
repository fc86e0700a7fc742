"""When the clients of `credits` begin together, and what of their work counts. Needs no package: the peers use it, too.

A connection's first second does not count. A new backend reads the catalogue, plans and compiles: a call in its first
hundred costs it up to twice as much as a later one, a floor's as well, and the product's connections live for hours.
What is compared closely takes turns on the same connections: a shared disk is slower by half for seconds at a time.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from math import ceil
from pathlib import Path

WARM_S = 1.0
TURN_S = 0.25

Work = Callable[[], Awaitable[None]]

_ROOT = Path(__file__).resolve().parents[2]


async def paced(works: Sequence[Work], *, seconds: float) -> None:
    """Say that all is ready, wait for the word, work, and print how many calls a second were made once warm."""
    await asyncio.gather(*(work() for work in works))  # every connection is open
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    begin = time.monotonic() + WARM_S
    end = begin + seconds

    async def client(work: Work) -> int:
        done = 0
        while (now := time.monotonic()) < end:
            await work()
            done += now >= begin
        return done

    counts = await asyncio.gather(*(client(work) for work in works))
    print(sum(counts) / (time.monotonic() - begin), flush=True)


async def in_turn(clients: Sequence[Sequence[Work]], *, seconds: float) -> None:
    """The same for several works of each client that share its connection: print how many calls a second each made.

    All clients do the same work at a time, for TURN_S; so do those of the other processes, which begin with them.
    """
    for works in zip(*clients, strict=True):
        await asyncio.gather(*(work() for work in works))
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    begin = time.monotonic()
    kinds = len(clients[0])
    done, spent = [0] * kinds, [0.0] * kinds

    async def client(work: Work, end: float) -> int:
        made = 0
        while made == 0 or time.monotonic() < end:
            await work()
            made += 1
        return made

    for turn in range(kinds * ceil((WARM_S + seconds) / TURN_S)):
        which, starts = turn % kinds, begin + turn * TURN_S
        await asyncio.sleep(starts - time.monotonic())
        entered = time.monotonic()
        # What is under way at the end is waited for, and should not reach into the next turn.
        counts = await asyncio.gather(*(client(works[which], starts + 0.92 * TURN_S) for works in clients))
        if starts >= begin + kinds * WARM_S:
            done[which] += sum(counts)
            spent[which] += time.monotonic() - entered
    print(*(made / took if took else 0.0 for made, took in zip(done, spent, strict=True)), flush=True)


def rates(argv: Sequence[str], *, processes: int, seconds: float) -> list[float]:
    """Calls per second of so many processes of clients that begin together, one figure for each of their works.

    Raises:
        SystemExit: one did not start.
    """
    running = [
        subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT)  # noqa: S603 - ours
        for _ in range(processes)
    ]
    try:
        for process in running:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise SystemExit(f"a client did not start: {' '.join(argv)}")
        for process in running:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        said = [process.communicate(timeout=WARM_S + seconds + 60)[0].split() for process in running]
        return [sum(float(one) for one in each) for each in zip(*said, strict=True)]
    finally:
        for process in running:
            process.kill()
            process.wait()
