"""The same generations twice: as pure decisions in memory, and through the worker's own steps on Postgres.

The policy that is measured over millions of generations is worth something only if the engine does the same. So
whatever differs is named: each attempt's vendor and time, each delivery, each transition of a route.
"""

import logging
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import structlog
import uvloop

from benchmarks.failover.engine import Engine
from benchmarks.failover.ours import Ours
from benchmarks.failover.tally import Tally
from benchmarks.failover.trace import SAME_S, Delivery, Difference, Move, Start, Trace, differences
from benchmarks.failover.world import Kind, World
from neverdark import embedded
from neverdark.migrate import migrate
from neverdark.state import open_home

SHOWN_MAX = 20


def pure(world: World, sees: frozenset[Kind]) -> tuple[Tally, Trace]:
    """The generations as pure decisions."""
    trace = Trace()
    return Ours(world, sees=sees, trace=trace).run(), trace


def engine(world: World, sees: frozenset[Kind], *, dsn: str, folder: Path) -> tuple[Tally, Trace]:
    """The same through the engine, in an empty database."""
    worker = Engine(world, sees=sees, dsn=dsn, folder=folder)
    trace = uvloop.run(worker.run())
    return worker.tally, trace


def beside(world: World, sees: frozenset[Kind]) -> list[tuple[str, Tally]]:
    """Run both, print how they compare, and return their figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    began = time.perf_counter()
    tally, expected = pure(world, sees)
    took_s = time.perf_counter() - began
    print(f"\n{len(world.requests):,} generations: {took_s:.0f} s as pure decisions;", end=" ", flush=True)
    with _postgres() as (dsn, folder):
        began = time.perf_counter()
        of_engine, found = engine(world, sees, dsn=dsn, folder=folder)
        print(f"{time.perf_counter() - began:.0f} s through the engine on Postgres")
    _print(expected, found)
    return [("as pure decisions", tally), ("through the engine", of_engine)]


def _print(expected: Trace, found: Trace) -> None:
    unlike = list(differences(expected, found))
    attempts = sum(len(starts) for starts in found.starts.values())
    kinds: list[tuple[str, type[Start | Delivery | Move]]] = [
        (f"{attempts:,} attempts: vendor, time", Start),
        (f"{len(found.deliveries):,} deliveries: vendor, time", Delivery),
        (f"{len(found.moves)} transitions: route, why, time", Move),
    ]
    for name, kind in kinds:
        count = sum(isinstance(one.expected or one.found, kind) for one in unlike)
        print(f"  {name:40}{f'the same, to {SAME_S:g} s' if not count else f'{count} DIFFERENT'}")
    for one in _first(unlike):
        print(f"    {one}")


def _first(unlike: list[Difference]) -> Iterator[Difference]:
    return islice(unlike, SHOWN_MAX)


@contextmanager
def _postgres() -> Iterator[tuple[str, Path]]:
    """A migrated database with nothing in it, and a folder."""
    with tempfile.TemporaryDirectory(prefix="nd-bench-", ignore_cleanup_errors=True) as folder:
        home = open_home(Path(folder) / "home")
        settings = {"synchronous_commit": "off", "max_wal_size": "4GB"}
        with embedded.serving(embedded.postgres(home, settings=settings), log=home.run / "postgres.log"):
            dsn = embedded.postgres_url(home, database="failover")
            migrate(dsn)
            yield dsn, Path(folder)
