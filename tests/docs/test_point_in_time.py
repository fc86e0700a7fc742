"""Back to a moment, with the commands of docs/production.md on a Postgres 15 of Debian's packages."""

import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.debian import POSTGRES
from tests.docs.blocks import marked
from tests.patience import PATIENCE_S
from tests.servers import free_port

pytestmark = [pytest.mark.long, pytest.mark.exhaustive]
PAGE = "docs/production.md"

SUDO = """#!/bin/sh
[ "$1" = -u ] || exec "$@"
user="$2"; shift 2
[ "$user" = postgres ] || exec "$@"
exec setpriv --reuid=postgres --regid=postgres --init-groups "$@"
"""
SYSTEMCTL = """#!/bin/sh
[ "$2" = postgresql ] && cd / && exec sudo -u postgres "{programs}/pg_ctl" "$1" --wait --silent --pgdata "{data}" \\
  --log "{log}" --mode fast --options "-h 127.0.0.1 -p {port} -k /tmp"
"""
"""What Debian's unit does, by the server's own program; where there is no systemd."""


class Server:
    """A Postgres with the folders of the page below another one, and `sudo` and `systemctl` that know nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / "pg" / "server.log"
        self.data = folder / "pg" / "15" / "main"
        self.data.parent.mkdir(parents=True)
        user = pwd.getpwnam("postgres")
        for path in (folder / "pg", self.data.parent):
            os.chown(path, user.pw_uid, user.pw_gid)
        shims = folder / "shims"
        shims.mkdir()
        for name, text in (
            ("sudo", SUDO),
            ("systemctl", SYSTEMCTL.format(programs=POSTGRES, data=self.data, log=self.log, port=self.port)),
            ("neverdark", f'#!/bin/sh\nexec {sys.executable} -m neverdark "$@"\n'),
        ):
            (shims / name).write_text(text)
            (shims / name).chmod(0o755)
        owner = f"postgresql://postgres@127.0.0.1:{self.port}/neverdark"
        self.migrated = ("createdb neverdark", f"DATABASE_OWNER_URL={owner} neverdark migrate")
        product = f"postgresql://neverdark_app:of-the-product@127.0.0.1:{self.port}/neverdark"
        self.environment = {
            "PATH": f"{shims}:{POSTGRES}:{os.environ['PATH']}", "HOME": str(folder), "LC_ALL": "C.UTF-8",
            "PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "postgres", "NO_COLOR": "1",
            "DATABASE_URL": product, "NEVERDARK_ENV_FILE": os.devnull, "NEVERDARK_HOME": str(folder / "home"),
            "KLING_API_KEY": "of-a-sandbox",
        }  # fmt: skip

    def run(self, *commands: str, fails: bool = False) -> str:
        script = "\n".join(commands).replace("/var/lib/postgresql", str(self.folder / "pg"))
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], check=False, capture_output=True, text=True,
            cwd=self.folder, env=self.environment, timeout=300,
        )  # fmt: skip
        assert fails or done.returncode == 0, done.stdout + done.stderr + self.log.read_text()[-4000:]
        return done.stdout

    def asked(self, sql: str) -> str:
        return self.run(f'psql -At -c "{sql}" neverdark').strip()

    def until(self, sql: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while self.asked(sql) != "t":
            assert time.monotonic() < end, f"never: {sql}\n{self.log.read_text()[-4000:]}"
            time.sleep(0.2)


@pytest.fixture
def server() -> Iterator[Server]:
    if os.geteuid() != 0 or not (POSTGRES / "initdb").exists():
        pytest.skip("it wants Debian's package postgresql-15, and root, who may become its user")
    folder = Path(tempfile.mkdtemp(prefix="nd-moment-"))
    folder.chmod(0o711)
    one = Server(folder)
    try:
        one.run(
            f'cd / && sudo -u postgres initdb --username=postgres --auth=trust --no-sync -D "{one.data}" >/dev/null'
        )
        one.run("systemctl start postgresql")
        yield one
    finally:
        one.run("systemctl stop postgresql", fails=True)
        shutil.rmtree(folder, ignore_errors=True)


def test_back_to_a_moment_by_the_commands_of_the_page(server: Server) -> None:
    (archive,), (base,) = marked(PAGE, "point in time, archive"), marked(PAGE, "point in time, base")
    restore, rest = marked(PAGE, "point in time, restore")
    (start,), (go_on,) = marked(PAGE, "point in time, start"), marked(PAGE, "point in time, go on")
    server.run(*server.migrated)
    said = server.run(archive, base)
    assert "last_archived_time" in said
    server.run("neverdark providers hold kling --why before-it")
    moment = server.asked("SELECT now()")
    server.run("neverdark providers release kling --why a-mistake")
    server.until("SELECT pg_switch_wal() IS NOT NULL")
    server.run("neverdark providers hold kling --why after-the-archive")

    server.run(restore.replace("2026-11-30 10:00:00+00", moment), rest)
    assert "generations" in server.run(start)
    server.until("SELECT pg_get_wal_replay_pause_state() = 'paused'")
    assert server.asked("SELECT count(*) FROM provider_health_events") == "1"
    told = server.run(re.sub(r"^neverdark doctor$", "", go_on, flags=re.MULTILINE), "neverdark providers events kling")
    assert "is looked for" in told
    assert "before-it" in told
    assert "a-mistake" not in told
    # It writes and archives again, on a timeline of its own.
    server.run("neverdark providers release kling --why again")
    server.until("SELECT pg_walfile_name(pg_switch_wal()) LIKE '00000002%'")
    server.until("SELECT last_archived_wal LIKE '00000002%' FROM pg_stat_archiver")


def test_what_was_not_archived_yet_is_read_from_the_old_folder(server: Server) -> None:
    (archive,), (base,) = marked(PAGE, "point in time, archive"), marked(PAGE, "point in time, base")
    restore, rest = marked(PAGE, "point in time, restore")
    server.run(*server.migrated, archive, base)
    server.run("neverdark providers hold kling --why the-last-word")
    # As far as it can: without the moment, as the page has it.
    server.run(re.sub(r"^recovery_target_time.*$", "", restore, flags=re.MULTILINE), rest)
    server.run("sudo systemctl start postgresql")
    server.until("SELECT NOT pg_is_in_recovery()")
    assert "the-last-word" in server.run("neverdark providers events kling")
