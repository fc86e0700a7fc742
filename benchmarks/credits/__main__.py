"""What a consume costs, as a ratio to the least that a ledger could do, on real Postgres with fsync on.

    python -m benchmarks.credits [--rounds 12] [--seconds 1] [--rows 1000000]
    BENCH_PYTHON=…  an interpreter that has hf-nostro, if it is not this one or `.venv-bench`

Every round runs every series, so that a busy neighbour is shared fairly; each ratio is made within a round, and the
median of the rounds is printed. Through asyncpg the floor and a consume take turns of a quarter second on the same
connections. What a connection does in its first second is not counted. With DATABASE_URL set, it makes a database of
its own on that server and drops it.
"""

import argparse
import asyncio
import contextlib
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from benchmarks.credits import nostro
from benchmarks.credits.client import calls
from benchmarks.credits.floors import SCHEMA, SCRIPTS, Measured, run
from benchmarks.credits.reads import grow, reads
from neverdark import embedded
from neverdark.migrate import migrate
from neverdark.state import open_home

TEAMS = 10_000
SHAPES = {"spread, 1": (1, TEAMS), "spread, 8": (8, TEAMS), "spread, 32": (32, TEAMS), "hot, 8": (8, 1)}
_OPEN = """
SELECT count(*) FROM (
    SELECT grant_credits(e.team_id, gen_random_uuid(), 1000000000000, 'bench', 100, NULL, NULL, NULL)
      FROM generate_series(1, $1) n, LATERAL ensure_member('bench', n::text, 'u', 0, '1 month') e) made
"""


@dataclass
class Results:
    """What each series did in each round: by shape and series, and the series of Python clients by name."""

    servers: dict[tuple[str, str], list[Measured]] = field(default_factory=dict)
    clients: dict[str, list[float]] = field(default_factory=dict)

    def ratios(self, shape: str, series: str, floor: str) -> list[float]:
        """One of each round."""
        pairs = zip(self.servers[shape, series], self.servers[shape, floor], strict=True)
        return [one.per_second / least.per_second for one, least in pairs]

    def ratio(self, shape: str, series: str, floor: str) -> float:
        return median(self.ratios(shape, series, floor))

    def client_ratios(self, series: str, floor: str) -> list[float]:
        return [one / least for one, least in zip(self.clients[series], self.clients[floor], strict=True)]


@contextlib.contextmanager
def _server() -> Iterator[str]:
    """The DSN of a fresh, migrated database on a server that syncs every commit."""
    name = f"nd_bench_{uuid4().hex[:8]}"
    if url := os.environ.get("DATABASE_URL"):
        dsn = urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        migrate(dsn)
        try:
            yield dsn
        finally:
            asyncio.run(_execute(url, f"DROP DATABASE {name} WITH (FORCE)"))
        return
    with tempfile.TemporaryDirectory(prefix="nd-bench-", ignore_cleanup_errors=True) as folder:
        home = open_home(Path(folder) / "home")
        # No checkpoint on the way: whoever comes first after one writes whole pages, which is nobody's merit or fault.
        settings = {"max_wal_size": "16GB", "checkpoint_timeout": "1h", "shared_buffers": "256MB"}
        with embedded.serving(embedded.postgres(home, settings=settings), log=home.run / "postgres.log"):
            dsn = embedded.postgres_url(home, database=name)
            migrate(dsn)
            yield dsn


async def _execute(dsn: str, *statements: str) -> None:
    conn = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await conn.execute(statement, timeout=600)
    finally:
        await conn.close()


async def _prepare(dsn: str) -> range:
    """Ten thousand teams with credits for ever, and the floors' tables beside them."""
    conn = await asyncpg.connect(dsn)
    try:
        await conn.execute(_OPEN, TEAMS, timeout=600)
        await conn.execute(SCHEMA, timeout=600)
        await conn.execute("VACUUM ANALYZE", timeout=600)
        await conn.execute("CHECKPOINT", timeout=600)
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert await conn.fetchval(f"SHOW {setting}") == "on", f"{setting} is off: this would measure nothing"
        row = await conn.fetchrow("SELECT min(id), max(id), version() FROM team")
        assert row is not None
    finally:
        await conn.close()
    print(f"{row[2].split(' on ')[0]}; {os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f}")
    return range(row[0], row[1] + 1)


def _round(dsn: str, results: Results, teams: range, *, seconds: float, peer: str | None) -> None:
    for shape, (clients, spread) in SHAPES.items():
        for series, script in SCRIPTS.items():
            measured = run(dsn, script, clients=clients, seconds=seconds, teams=teams[:spread])
            results.servers.setdefault((shape, series), []).append(measured)
    floor, consume = calls("one", dsn, processes=2, clients=4, seconds=2 * seconds, teams=teams)
    (coalesced,) = calls("coalesced", dsn, processes=1, clients=256, seconds=seconds, teams=teams[:1])
    for name, done in (("asyncpg floor", floor), ("asyncpg consume", consume), ("hot coalesced", coalesced)):
        results.clients.setdefault(name, []).append(done)
    if peer is not None:
        done = nostro.debits(peer, dsn, processes=2, clients=4, seconds=seconds)
        results.clients.setdefault("hf-nostro", []).append(done)


def _report(results: Results) -> None:
    print("\nTransactions per second as a ratio to b (rate and p99 in brackets)\n")
    print(f"{'':6}" + "".join(f"{shape:>32}" for shape in SHAPES))
    for series in SCRIPTS:
        cells = []
        for shape in SHAPES:
            runs = results.servers[shape, series]
            speed, p99 = median(one.per_second for one in runs), median(one.p99_ms for one in runs)
            cells.append(f"{results.ratio(shape, series, 'b'):.2f}  ({speed:,.0f}/s, {p99:.1f} ms)")
        print(f"{series:6}" + "".join(f"{cell:>32}" for cell in cells))
    print()
    for name, speeds in results.clients.items():
        print(f"{name:16} {median(speeds):>10,.0f}/s")


def _targets(results: Results) -> None:
    coalesced = [
        one / least.per_second
        for one, least in zip(results.clients["hot coalesced"], results.servers["hot, 8", "b"], strict=True)
    ]
    slowest = min((shape for shape in SHAPES if shape != "hot, 8"), key=lambda shape: results.ratio(shape, "c", "b4"))
    checks = [
        ("c / bk, spread, 8 clients", results.ratios("spread, 8", "c", "bk"), 0.75),
        ("c / b, spread, 8 clients", results.ratios("spread, 8", "c", "b"), 0.60),
        ("c / b, spread, 32 clients", results.ratios("spread, 32", "c", "b"), 0.60),
        (f"c / b4, the least: {slowest}", results.ratios(slowest, "c", "b4"), 1.0),
        ("c / b, one hot team", results.ratios("hot, 8", "c", "b"), 0.65),
        ("hot coalesced / b hot", coalesced, 5.0),
        ("asyncpg, 2 processes / its floor", results.client_ratios("asyncpg consume", "asyncpg floor"), 0.75),
    ]
    if "hf-nostro" in results.clients:
        checks.append(("asyncpg / hf-nostro", results.client_ratios("asyncpg consume", "hf-nostro"), 3.0))
    print("\nTargets (median of the rounds, and between which half of them lies)")
    for name, found, wanted in checks:
        low, _, high = quantiles(found) if len(found) > 1 else (found[0], 0, found[0])
        verdict = "met" if median(found) >= wanted else "MISSED"
        print(f"  {name:36} {median(found):6.2f}  [{low:.2f}, {high:.2f}]   wanted {wanted:.2f}   {verdict}")
    if "hf-nostro" not in results.clients:
        print(f"  hf-nostro is not installed, so it is not compared: {nostro.HOW} (or BENCH_PYTHON=…)")


async def _read(dsn: str, *, rows: int) -> None:
    conn = await asyncpg.connect(dsn, command_timeout=3600)
    try:
        await reads(conn, await grow(conn, rows=rows), rows=rows)
    finally:
        await conn.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.credits", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=12, help="0 to measure reading alone")
    parser.add_argument("--seconds", type=float, default=1, help="of each series in each round, after the first")
    parser.add_argument("--rows", type=int, default=1_000_000, help="ledger rows of the team that is read")
    asked = parser.parse_args()
    results = Results()
    with _server() as dsn:
        teams = asyncio.run(_prepare(dsn))
        peer = nostro.interpreter() if asked.rounds else None
        if peer is not None:
            nostro.prepare(peer, dsn, accounts=TEAMS)
        for number in range(asked.rounds):
            print(f"round {number + 1} of {asked.rounds}", file=sys.stderr)
            _round(dsn, results, teams, seconds=asked.seconds, peer=peer)
        if results.servers:
            _report(results)
            _targets(results)
        asyncio.run(_read(dsn, rows=asked.rows))


if __name__ == "__main__":
    main()
