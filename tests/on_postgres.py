"""Runs tests on another Postgres than the embedded one: `make test-postgres POSTGRES=/usr/lib/postgresql/15/bin`.

The server is new, and ends with the tests: those of the schema, the ledger and of migrating.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.debian import cluster
from tests.servers import free_port

TESTS = ("tests/core/db", "tests/neverdark/test_migrate.py")
MEMORY = Path("/dev/shm")  # noqa: S108 - a copy of a database takes a tenth of the time there
FAST = ("synchronous_commit=off", "full_page_writes=off", "max_connections=300")
WITHIN_S = 1800


def main() -> None:
    programs, *arguments = sys.argv[1:]
    if not (Path(programs) / "initdb").exists():
        sys.exit(f"There is no Postgres in {programs}: name the folder that its initdb is in.")
    with tempfile.TemporaryDirectory(prefix="nd-postgres-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        Path(folder).chmod(0o711)  # the server runs as a user of its own where we are root
        port = free_port()
        data = Path(folder) / "data"
        with (Path(folder) / "log").open("w") as log, cluster(data, port, log, programs=Path(programs), settings=FAST):
            done = subprocess.run(  # noqa: S603 - our own tests
                [sys.executable, "-m", "pytest", "-q", *arguments, *TESTS],
                env={**os.environ, "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{port}/postgres"},
                check=False,
                timeout=WITHIN_S,
            )
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
