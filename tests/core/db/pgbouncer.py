"""A real PgBouncer in front of the tests' server, which hands a connection on after every transaction."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from core.db.database_url import read_database_url
from neverdark.postgres_user import hand_over, postgres_user_for
from neverdark.state import Home
from tests.databases import APP, APP_PASSWORD
from tests.servers import free_port, wait_for_port

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


@contextlib.contextmanager
def pooler(dsn: str, home: Home, folder: Path, *, servers: int = 3) -> Iterator[int]:
    """The port of a PgBouncer with so few connections to the server that clients have to share them."""
    host, port = read_database_url(dsn).hosts[0]
    postgres_user = (
        postgres_user_for(home.postgres) if not os.environ.get("DATABASE_URL") else postgres_user_for(folder)
    )
    listens_at = free_port()
    (folder / "users.txt").write_text(f'"{APP}" "{APP_PASSWORD}"\n"postgres" ""\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={host} port={port}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {listens_at}\nunix_socket_dir =\n"
        f"auth_type = trust\nauth_file = {folder}/users.txt\npool_mode = transaction\n"
        f"default_pool_size = {servers}\nmax_client_conn = 300\nlogfile = {folder}/log\n"
    )
    if postgres_user is not None:
        for path in (folder, *folder.iterdir()):
            hand_over(path, postgres_user)
    assert PROGRAM is not None
    running = subprocess.Popen(  # noqa: S603 - a program of this machine
        [PROGRAM, "-q", str(folder / "pgbouncer.ini")],
        user=postgres_user.uid if postgres_user else None,
        group=postgres_user.gid if postgres_user else None,
        extra_groups=[] if postgres_user else None,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(listens_at, running)
        yield listens_at
    finally:
        running.kill()
        running.wait()


def through(dsn: str, port: int, *, user: str = APP) -> str:
    """The same database through the pooler."""
    return f"postgresql://{user}:{APP_PASSWORD}@127.0.0.1:{port}{urlsplit(dsn).path}"
