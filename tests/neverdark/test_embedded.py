"""The embedded servers for real: first start, restart, crash, and what is said when the folder is no good."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import redis

from neverdark import embedded
from neverdark.errors import CliError, Misconfigured
from neverdark.postgres_user import NAME, let_pass, let_read, postgres_user_for
from neverdark.state import Home, open_home

Until = Callable[[Callable[[], object]], None]


@pytest.fixture(scope="module")
def cluster(test_home: Home) -> Iterator[Path]:
    """A state folder with a cluster in it, made once; tests copy it."""
    folder = test_home.path / f"cluster-{uuid4().hex[:6]}"
    embedded.postgres(open_home(folder))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def used(cluster: Path, test_home: Home) -> Iterator[Home]:
    """A state folder that had a first start already, in memory where there is some."""
    folder = test_home.path / uuid4().hex[:6]
    subprocess.run(["cp", "-a", str(cluster), str(folder)], check=True)  # noqa: S607 - keeps owners, as shutil does not
    yield open_home(folder)
    shutil.rmtree(folder, ignore_errors=True)


async def ask(url: str, *statements: str) -> object:
    session = await asyncpg.connect(url, timeout=10)
    try:
        for statement in statements[:-1]:
            await session.execute(statement)
        return await session.fetchval(statements[-1])
    finally:
        await session.close()


def crash(home: Home) -> None:
    os.kill(int((home.postgres / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)


async def test_data_survives_a_restart(used: Home) -> None:
    with embedded.serving(embedded.postgres(used), log=used.run / "log") as url:
        await ask(url, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)", "SELECT 1")
    with embedded.serving(embedded.postgres(used), log=used.run / "log") as url:
        assert await ask(url, "SELECT n FROM kept") == 7


async def test_committed_data_survives_a_crash_and_the_next_start_is_the_same_command(used: Home) -> None:
    server = embedded.postgres(used)
    with embedded.serving(server, log=used.run / "log") as url:
        await ask(url, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)", "SELECT 1")
        crash(used)
    assert (used.postgres / "postmaster.pid").exists()
    with embedded.serving(server, log=used.run / "log") as url:
        assert await ask(url, "SELECT n FROM kept") == 7


async def test_a_pid_file_whose_number_somebody_else_has_now_is_no_hindrance(used: Home) -> None:
    server = embedded.postgres(used)
    lines = [str(os.getpid()), str(used.postgres), "1700000000", "5432", str(used.postgres_socket), "", "", "ready"]
    (used.postgres / "postmaster.pid").write_text("\n".join(lines))
    with embedded.serving(server, log=used.run / "log") as url:
        assert await ask(url, "SELECT 1") == 1


async def test_it_is_reached_by_a_private_socket_alone(used: Home) -> None:
    with embedded.serving(embedded.postgres(used), log=used.run / "log") as url:
        assert await ask(url, "SHOW listen_addresses") == ""
        assert await ask(url, "SHOW server_encoding") == "UTF8"
        assert await ask(url, "SHOW timezone") == "UTC"
        assert used.postgres_socket.stat().st_mode & 0o777 == 0o700
        assert used.postgres.stat().st_mode & 0o777 == 0o700


async def test_a_new_cluster_has_our_database_and_survives_an_interrupted_first_start(test_home: Home) -> None:
    folder = test_home.path / uuid4().hex[:6]
    home = open_home(folder)
    (home.path / "postgres.new" / "half").mkdir(parents=True)
    with embedded.serving(embedded.postgres(home), log=home.run / "log") as url:
        assert await ask(url, "SELECT current_database()") == "neverdark"
    assert not (home.path / "postgres.new").exists()
    shutil.rmtree(folder)


def test_a_folder_of_another_version_is_said(home: Home) -> None:
    home.postgres.mkdir()
    (home.postgres / "PG_VERSION").write_text("12\n")
    with pytest.raises(Misconfigured, match=r"postgres was made by Postgres 12 and this is Postgres 18: "):
        embedded.postgres(home)


def test_a_folder_of_something_else_is_said_and_left_alone(home: Home) -> None:
    home.postgres.mkdir()
    (home.postgres / "thesis.txt").write_text("years of work")
    with pytest.raises(Misconfigured, match="holds something that is not a Postgres data folder"):
        embedded.postgres(home)
    assert (home.postgres / "thesis.txt").read_text() == "years of work"


def test_a_broken_data_folder_is_said_in_postgres_words(used: Home) -> None:
    (used.postgres / "global" / "pg_control").unlink()
    with (
        pytest.raises(CliError, match=r"postgres did not start: .*could not find the database system"),
        embedded.serving(embedded.postgres(used), log=used.run / "log"),
    ):
        pass


def test_valkey_keeps_what_it_was_told(home: Home) -> None:
    for expected in (None, b"7"):
        with (
            embedded.serving(embedded.valkey(home), log=home.run / "log") as url,
            redis.Redis.from_url(url) as client,
        ):
            assert client.get("n") == expected
            client.set("n", 7)
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert client.config_get("appendfsync") == {"appendfsync": "everysec"}
            assert client.config_get("port") == {"port": "0"}


def test_two_servers_never_share_a_folder(home: Home, until: Until) -> None:
    server = embedded.valkey(home)
    with (
        embedded.serving(server, log=home.run / "log"),
        subprocess.Popen(server.command.launch(), stdin=subprocess.DEVNULL) as second,
    ):
        until(lambda: Path(f"/proc/{second.pid}").exists())
        assert second.poll() is None, "it waits for the lock"
        second.kill()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs a user of Postgres' own")
def test_as_root_the_server_runs_as_whoever_owns_its_data(tmp_path: Path) -> None:
    data = tmp_path / "postgres"
    made = postgres_user_for(data)
    assert made is not None
    assert pwd.getpwuid(made.uid).pw_name in {NAME, "nobody"}
    data.mkdir()
    os.chown(data, 12345, 54321)
    owner = postgres_user_for(data)
    assert owner is not None
    assert (owner.uid, owner.gid) == (12345, 54321)


def test_the_way_to_a_folder_is_opened_for_passing_only(tmp_path: Path) -> None:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "a").chmod(0o700)
    (tmp_path / "a" / "b").chmod(0o755)
    opened = let_pass(tmp_path / "a" / "b" / "c")
    assert tmp_path / "a" in opened
    assert tmp_path / "a" / "b" not in opened
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o701


def test_programs_that_a_strict_umask_hid_are_shown(tmp_path: Path) -> None:
    program, text = tmp_path / "program", tmp_path / "text"
    program.touch(mode=0o700)
    text.touch(mode=0o600)
    let_read(tmp_path)
    assert program.stat().st_mode & 0o777 == 0o705
    assert text.stat().st_mode & 0o777 == 0o604


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs every test of this file as one")
def test_an_ordinary_user_needs_no_user_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    opened = let_pass(folder / "x")
    script = (
        "from pathlib import Path; from neverdark import embedded; from neverdark.state import open_home\n"
        f"home = open_home(Path({str(folder / 'state')!r})); server = embedded.postgres(home)\n"
        "assert server.command.notes == () and server.command.postgres_user is None\n"
        "with embedded.serving(server, log=home.run / 'log'): print('it runs')\n"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", script],
            check=False,
            capture_output=True,
            text=True,
            user="nobody",
            group=nobody.pw_gid,
            extra_groups=[],
            cwd="/",
            timeout=120,
        )
    except PermissionError:
        pytest.skip("this Python is in a folder that an ordinary user may not enter")
    finally:
        for path in opened:
            path.chmod(path.stat().st_mode & 0o776)
    if "Permission denied" in done.stderr and "neverdark" not in done.stderr:
        pytest.skip("this Python is in a folder that an ordinary user may not enter")
    assert done.stdout == "it runs\n", done.stderr
