"""Servers of other projects that a test starts: a free port, and the moment when something listens there."""

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from subprocess import Popen


def free_port() -> int:
    """A port of this machine that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, process: "Popen[bytes]") -> None:
    """Wait until the process listens there; it must not end before."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert process.poll() is None, f"{process.args!r} has ended"
        assert time.monotonic() < deadline, f"{process.args!r} listens nowhere"
        time.sleep(0.02)


@contextlib.contextmanager
def postgres_of(programs: Path, data: Path, port: int, log: IO[str], *, settings: Sequence[str] = ()) -> Iterator[None]:
    """A new Postgres, of the programs in a folder, which knows nothing of us. The user `postgres` needs no password."""
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
        wait_for_port(port, server)
        _wait_until_open(programs, port)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)


def _wait_until_open(programs: Path, port: int) -> None:
    """Wait until a Postgres takes sessions; it listens a moment before."""
    ready: list[str | Path] = [programs / "pg_isready", "-h", "127.0.0.1", "-p", str(port)]
    deadline = time.monotonic() + PATIENCE_S
    while subprocess.run(ready, check=False, capture_output=True, timeout=10).returncode != 0:  # noqa: S603 - the same
        assert time.monotonic() < deadline, f"the server at port {port} does not open"
        time.sleep(0.02)
