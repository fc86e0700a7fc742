"""The commands of the documentation, run as they stand there: the first minute, and from nothing to production."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from neverdark.state import Home
from tests.debian import POSTGRES, cluster
from tests.docs.blocks import ROOT, everywhere, marked
from tests.servers import free_port

pytestmark = [pytest.mark.long, pytest.mark.exhaustive]
PROGRAMS = Path(sys.executable).parent
START_S = 180.0


def until(look: Callable[[], Any], *, within_s: float = START_S) -> Any:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {within_s} s")


def ended(process: subprocess.Popen[Any]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=60)
    finally:
        process.kill()


def answers(http: httpx.Client, path: str = "/healthz") -> bool:
    try:
        return http.get(path).status_code == 200
    except httpx.HTTPError:
        return False


def video(http: httpx.Client, prompt: str) -> None:
    """Ask for one in Slack, and wait for its last word."""
    asked = {"platform": "slack", "channel": "general", "user": "ana", "text": f"/video {prompt} tier:draft"}

    def taken() -> bool:
        answer = http.post("/api/say", json=asked).json()
        return bool(answer["ok"])

    def came() -> bool:
        query = {"platform": "slack", "channel": "general"}
        roots = http.get("/api/messages", params=query).json()["messages"]
        words = [word["text"] for root in roots if prompt in root["text"] for word in root["thread"]]
        return any("AI-generated" in each for each in words)

    until(taken)
    until(came)


def plain(**values: str) -> dict[str, str]:
    """An environment without a setting of ours, in which `neverdark` is the one under test."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1", **values}


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="there is nothing to clone")
def test_the_two_commands_of_the_readme(tmp_path: Path, test_home: Home) -> None:
    """Everything but the download: what `make run` would install is there already, by a path."""
    (block,) = marked("README.md", "readme")
    clone, run = block.strip().splitlines()
    assert run == "make run"
    line = clone.replace("<this repository>", f"--quiet file://{ROOT}").replace("&& cd neverdark", "")
    subprocess.run(["bash", "-c", line], check=True, cwd=tmp_path, env=plain(), timeout=120)
    here = tmp_path / "neverdark"
    place = here / ".venv"
    venv.create(place, with_pip=False)
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    (place / "lib" / version / "site-packages" / "there.pth").write_text(f"{sysconfig.get_path('purelib')}\n{here}\n")
    program = place / "bin" / "neverdark"
    program.write_text(f"#!{place}/bin/python\nfrom neverdark.__main__ import main\nmain()\n")
    program.chmod(0o755)
    wanted = subprocess.run(
        ["make", "--dry-run", "run"], check=True, capture_output=True, text=True, cwd=here, env=plain()
    )
    assert "requirements-run.lock" in wanted.stdout
    assert "requirements.lock" not in wanted.stdout, "`make run` installs what only the tests need"
    (place / ".runs").touch()
    port = free_port()
    environment = plain(
        NEVERDARK_PORT=str(port), WEB_PORT=str(free_port()), NEVERDARK_HOME=str(test_home.path / "readme")
    )
    with (tmp_path / "log").open("w") as log, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
        made = subprocess.Popen(["bash", "-c", f"exec {run}"], cwd=here, env=environment, stdout=log, stderr=log)
        try:
            until(lambda: made.poll() is not None or "Open http" in (tmp_path / "log").read_text())
            assert made.poll() is None, (tmp_path / "log").read_text()
            assert answers(http, "/")
            until(lambda: "discord.ready" in (tmp_path / "log").read_text())
            for block in everywhere("beside an up"):
                here_is = block.replace("localhost:8700", f"localhost:{port}")
                done = subprocess.run(
                    ["bash", "-euo", "pipefail", "-c", here_is], check=False, capture_output=True, text=True,
                    cwd=here, env=environment, timeout=180,
                )  # fmt: skip
                assert done.returncode == 0, done.stdout + done.stderr
        finally:
            ended(made)


SUDO = """#!/bin/sh
# As sudo does: nothing of the caller's environment but what is named gets through to another user.
kept=
while :; do
  case "$1" in
    --preserve-env=*) kept="${1#*=}"; shift ;;
    -u) user="$2"; shift 2 ;;
    *) break ;;
  esac
done
[ "$user" = neverdark ] || exec "$@"
for name in $(env | sed -n 's/=.*//p' | grep -E '_URL$|_SECRET$|_TOKEN$|_KEY$'); do
  [ "$name" = "$kept" ] || unset "$name"
done
exec "$@"
"""


PUBLIC = """
SELECT p.proname FROM pg_proc p, LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) right_of
 WHERE p.pronamespace = 'public'::regnamespace AND (p.prosecdef OR p.proname = 'allow_product_role')
   AND right_of.grantee = 0
"""
"""The functions that are not for everybody, and yet are."""


class Debian:
    """A Postgres 15 and a Redis of Debian's packages, and the commands of the page run against them.

    Where the page has a machine of its own, a test has not: its folders, the servers' ports and `sudo` are replaced,
    and nothing else.
    """

    def __init__(self, folder: Path, postgres: int, redis: int) -> None:
        self.folder = folder
        self.postgres = postgres
        self.redis = redis
        shims = folder / "shims"
        shims.mkdir()
        sudo = shims / "sudo"
        sudo.write_text(SUDO)
        sudo.chmod(0o755)
        chgrp = shims / "chgrp"  # there is no user of ours here
        chgrp.write_text('#!/bin/sh\n[ "$1" = neverdark ] && [ -e "$2" ]\n')
        chgrp.chmod(0o755)
        self.environment = plain(PGHOST="127.0.0.1", PGPORT=str(postgres), PGUSER="postgres")
        self.environment["PATH"] = f"{shims}{os.pathsep}{POSTGRES}{os.pathsep}{self.environment['PATH']}"
        self.environment["NEVERDARK_HOME"] = str(folder / "var")
        for name in ("var", "pg"):
            (folder / name).mkdir()

    def here(self, text: str) -> str:
        for its, ours in (
            ("/etc/neverdark", self.folder / "etc"),
            ("/var/lib/neverdark", self.folder / "var"),
            ("/var/lib/postgresql", self.folder / "pg"),
            ("/usr/local/bin/neverdark", self.folder / "shims" / "neverdark"),
            ("/opt/neverdark/bin", Path(sys.executable).parent),
        ):
            text = text.replace(its, str(ours))
        return text.replace("@127.0.0.1/", f"@127.0.0.1:{self.postgres}/").replace(":6379", f":{self.redis}")

    def run(self, *blocks: str) -> str:
        script = "\n".join(self.here(block) for block in blocks)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], check=False, capture_output=True, text=True,
            cwd=self.folder, env=self.environment, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def debian() -> Iterator[Debian]:
    if not (POSTGRES / "initdb").exists() or shutil.which("redis-server") is None:
        pytest.skip("Debian's packages postgresql-15 and redis-server are not here")
    postgres, redis = free_port(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="nd-production-"))
    folder.chmod(0o711)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        log = stack.enter_context((folder / "servers.log").open("w"))
        stack.enter_context(cluster(folder / "data", postgres, log))
        cache = subprocess.Popen(
            ["redis-server", "--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
            stdout=log, stderr=log,
        )  # fmt: skip
        stack.callback(ended, cache)
        yield Debian(folder, postgres, redis)


def test_from_nothing_to_production_with_three_workers_and_back_from_a_backup(debian: Debian) -> None:
    blocks = marked("docs/production.md", "production")
    first = next(at for at, block in enumerate(blocks) if "neverdark migrate" in block)
    (backup,) = (at for at, block in enumerate(blocks) if "pg_dump" in block)
    port, web = free_port(), free_port()
    with contextlib.ExitStack() as stack, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
        log = stack.enter_context((debian.folder / "ours.log").open("w"))
        line = [sys.executable, "-m", "sandbox", f"--port={port}", f"--home={debian.folder / 'sandbox'}", "--factor=45"]
        (debian.folder / "sandbox").mkdir()
        stack.callback(ended, subprocess.Popen(line, stdout=log, stderr=log))
        until(lambda: answers(http))
        # The keys and tokens that the page says to add are those of the sandbox here.
        stand_ins = (ROOT / "deploy" / "sandbox.env").read_text()
        stand_ins = stand_ins.replace("sandbox:8700", f"127.0.0.1:{port}").replace(
            "http://web:8710", f"http://127.0.0.1:{web}"
        )
        add = f"cat >> /etc/neverdark/env <<'END'\n{stand_ins}WEB_PORT={web}\nEND"
        said = debian.run(*blocks[:first], add, blocks[first])
        assert "The database is up to date." in said
        assert re.search(r"^rights +fine", said, re.MULTILINE), said
        assert re.search(r"^Postgres +fine +version 15", said, re.MULTILINE), said
        assert re.search(r"^Redis +fine +Redis 7", said, re.MULTILINE), said
        for name in ("web", "worker", "worker", "worker", "slack", "discord"):
            process = subprocess.Popen(
                ["neverdark", name], env=debian.environment, cwd=debian.folder, stdout=log, stderr=log
            )
            stack.callback(ended, process)
        count = ["psql", "-At", "-c", "SELECT count(*) FROM workers", "neverdark"]
        until(lambda: subprocess.check_output(count, text=True, env=debian.environment, timeout=30).strip() == "3")
        until(lambda: "slack.ready" in (debian.folder / "ours.log").read_text())
        video(http, "a red fox in the snow")
        with httpx.Client(base_url=f"http://127.0.0.1:{web}", timeout=20) as served:
            ready = {"postgres": "ok", "migrations": "ok", "redis": "ok", "workers": "3 alive"}
            assert served.get("/readyz").json() == ready
    with_owner = f"export DATABASE_OWNER_URL=postgresql://postgres@127.0.0.1:{debian.postgres}/neverdark\n"
    debian.run(with_owner, *marked("docs/backup.md", "backup"))
    assert (debian.folder / "neverdark.dump").stat().st_size > 10_000
    restored = debian.run(*blocks[backup:])
    assert re.search(r"^ +1$", restored, re.MULTILINE), restored
    assert "is looked for" in restored, restored
    assert re.search(r"^ledger +fine", restored, re.MULTILINE), restored
    restored_elsewhere(debian)


def restored_elsewhere(debian: Debian) -> None:
    """The dump of docs/backup.md, on a new server that has the owner's role and nothing else of ours."""
    port = free_port()
    admin = {**debian.environment, "PGPORT": str(port)}
    with (debian.folder / "elsewhere.log").open("w") as log, cluster(debian.folder / "elsewhere", port, log):
        for line in (
            'psql -qc "CREATE ROLE neverdark_admin LOGIN CREATEROLE"',
            "createdb -O neverdark_admin neverdark",
        ):
            subprocess.run(["bash", "-c", line], check=True, capture_output=True, env=admin, timeout=60)
        address = f"127.0.0.1:{port}/neverdark"
        addresses = (
            f"export DATABASE_OWNER_URL=postgresql://neverdark_admin@{address}\n"
            f"export DATABASE_URL=postgresql://neverdark_app:a-password@{address}\n"
        )
        said = debian.run(addresses, *marked("docs/backup.md", "restore"))
        everybody = subprocess.check_output(
            ["psql", "-At", "-c", PUBLIC, "neverdark"], text=True, env=admin, timeout=60
        )
    assert re.search(r"^rights +fine", said, re.MULTILINE), said
    assert re.search(r"^ledger +fine", said, re.MULTILINE), said
    assert everybody.split() == [], "nobody but ours may call what writes to the ledger, or gives rights"
