"""Another Postgres than our embedded one, for what has to work there, too: Debian's 15 where no other is named."""

import contextlib
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from tests.patience import PATIENCE_S
from tests.servers import wait_for_port

POSTGRES = Path("/usr/lib/postgresql/15/bin")


@contextlib.contextmanager
def cluster(
    data: Path, port: int, log: IO[str], *, programs: Path = POSTGRES, settings: Sequence[str] = ()
) -> Iterator[None]:
    """A new Postgres, which knows nothing of us. The user `postgres` needs no password."""
    data.mkdir(mode=0o700)
    how: dict[str, Any] = {"cwd": "/", "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}}
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(data, owner.pw_uid, owner.pw_gid)
        how |= {"user": owner.pw_uid, "group": owner.pw_gid}
    subprocess.run(  # noqa: S603 - the programs that the caller names
        [programs / "initdb", "--username=postgres", "--auth=trust", "--no-sync", "-D", data],
        check=True, capture_output=True, timeout=120, **how,
    )  # fmt: skip
    options = ["-h", "127.0.0.1", "-p", str(port), "-k", str(data), "-c", "fsync=off"]
    options += [word for setting in settings for word in ("-c", setting)]
    command: list[str | Path] = [programs / "postgres", "-D", data, *options]
    server = subprocess.Popen(command, stdout=log, stderr=log, **how)  # noqa: S603 - the same
    try:
        _ready(programs, port, server)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)


def _ready(programs: Path, port: int, server: "subprocess.Popen[Any]") -> None:
    """Wait until it takes connections: it listens before it does."""
    wait_for_port(port, server)
    line: list[str | Path] = [programs / "pg_isready", "-h", "127.0.0.1", "-p", str(port)]
    end = time.monotonic() + PATIENCE_S
    while subprocess.run(line, check=False, capture_output=True, timeout=10).returncode != 0:  # noqa: S603 - the same
        assert time.monotonic() < end, "it takes no connections"
        time.sleep(0.1)
