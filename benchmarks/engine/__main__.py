"""The engine against its targets: in flight, latency, steps beside other engines, cost at scale, and what a kill costs.

    python -m benchmarks.engine [--only flight,latency,steps,flat,claims,recovery] [--in-flight 10000] [--seconds 60]
                                [--workflows 500] [--levels 100,1000,10000] [--each 100] [--rows 1000000] [--videos 60]
                                [--rounds 3]

Servers of its own, with every commit synced. The worker of `flight` has one core and its vendor the other. Peers are
compared where .venv-bench (or BENCH_PYTHON) has them; nothing of the product depends on them.
"""

import argparse
import asyncio
import os
import platform
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.engine.claims import measure_claims
from benchmarks.engine.flight import flat, in_flight
from benchmarks.engine.latency import latency
from benchmarks.engine.recovery import recovery
from benchmarks.engine.steps import steps
from benchmarks.engine.world import World, world

Verdicts = list[tuple[str, float, float, bool]]
Section = Callable[[World, argparse.Namespace], Coroutine[Any, Any, tuple[list[str], Verdicts]]]

SECTIONS: dict[str, tuple[str, Section]] = {
    "latency": (
        "From command to vendor, and from the vendor's end to the thread",
        lambda servers, asked: latency(servers, videos=asked.videos),
    ),
    "steps": (
        "Durable steps with empty bodies, the same for all: validate, submit, 3 x (sleep 1 s, poll), settle",
        lambda servers, asked: steps(servers, workflows=asked.workflows),
    ),
    "flight": (
        "In flight in one worker process, polls only, over HTTP",
        lambda servers, asked: in_flight(servers, n=asked.in_flight, seconds=asked.seconds),
    ),
    "flat": (
        "What a generation costs among so many others in flight",
        lambda servers, asked: flat(servers, levels=asked.levels, each=asked.each),
    ),
    "claims": ("A claim beside finished rows", lambda servers, asked: measure_claims(servers, rows=asked.rows)),
    "recovery": ("After kill -9", lambda servers, asked: recovery(servers, rounds=asked.rounds)),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default=",".join(SECTIONS), help=f"some of {','.join(SECTIONS)}")
    parser.add_argument("--in-flight", type=int, default=10_000, help="generations in flight (10000)")
    parser.add_argument("--seconds", type=float, default=60, help="for which they are polled (60)")
    parser.add_argument("--workflows", type=int, default=500, help="started at once (500)")
    parser.add_argument("--levels", type=_numbers, default=[100, 1000, 10_000], help="in flight (100,1000,10000)")
    parser.add_argument("--each", type=int, default=100, help="generations made at each level (100)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="finished generations in the table (1000000)")
    parser.add_argument("--videos", type=int, default=60, help="for latency (60)")
    parser.add_argument("--rounds", type=int, default=3, help="kills of each kind (3)")
    asked = parser.parse_args()
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    print(f"{machine}, load {os.getloadavg()[0]:.1f}")
    verdicts: Verdicts = []
    for name in asked.only.split(","):
        title, section = SECTIONS[name]
        print(f"\n{title}", flush=True)
        began = time.monotonic()
        with world() as servers:
            lines, found = asyncio.run(section(servers, asked))
        for line in lines:
            print(line)
        print(f"  ({time.monotonic() - began:.0f} s)", flush=True)
        verdicts += found
    print("\nTargets")
    for name, value, wanted, less in verdicts:
        met = value <= wanted if less else value >= wanted
        print(f"  {name:52} {value:10.2f}   wanted {'<=' if less else '>='} {wanted:<8g} {'met' if met else 'MISSED'}")


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


if __name__ == "__main__":
    main()
