"""When the clients of `credits` begin together, and what of their work counts. Needs no package: the peers use it, too.

A connection's first second does not count. A new backend reads the catalogue, plans and compiles: a call in its first
hundred costs it up to twice as much as a later one, a floor's as well, and the product's connections live for hours.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

WARM_S = 1.0

Work = Callable[[], Awaitable[None]]

_ROOT = Path(__file__).resolve().parent.parent


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


def rate(argv: Sequence[str], *, processes: int, seconds: float) -> float:
    """Calls per second of so many processes of clients that begin together.

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
        return sum(float(process.communicate(timeout=WARM_S + seconds + 60)[0]) for process in running)
    finally:
        for process in running:
            process.kill()
            process.wait()
