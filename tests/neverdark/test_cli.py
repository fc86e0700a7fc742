"""The command line as a person meets it: sentences and exit codes, never a traceback."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg
import pytest
import typer
from typer.testing import CliRunner

from bots.registry import PLATFORMS
from core.domain.ids import PlatformName
from neverdark.__main__ import main
from neverdark.cli import add_platforms
from neverdark.state import Home, only_one, publish
from tests.databases import as_the_product


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def neverdark(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command inside this process: a Python of its own for each would take seconds."""

    def run(*arguments: str, **values: str) -> Done:
        with monkeypatch.context() as patch:
            for name in ("DATABASE_URL", "REDIS_URL"):
                patch.delenv(name, raising=False)
            for name, value in {"NEVERDARK_HOME": str(home.path), **values}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["neverdark", *arguments])
            with pytest.raises(SystemExit) as ended:
                main()
        out, err = capsys.readouterr()
        return Done(int(ended.value.code or 0), out, err)

    return run


def test_without_arguments_it_lists_its_commands(neverdark: Run) -> None:
    said = neverdark("--help").stdout
    assert all(f" {command} " in said for command in ("up", "slack", "discord", "worker", "migrate", "stop", "doctor"))


def test_each_platform_has_a_command_that_runs_its_bot(neverdark: Run) -> None:
    started = list[PlatformName]()
    pager = replace(
        PLATFORMS[PlatformName("discord")],
        name=PlatformName("pager"),
        label="Pager",
        main=lambda _admins: started.append(PlatformName("pager")),
    )
    beside = typer.Typer()
    beside.command("say")(lambda: print("a command of its own"))
    app = typer.Typer()
    add_platforms(app, [pager, replace(pager, name=PlatformName("buzzer"))], {PlatformName("buzzer"): beside})

    assert "Run the Pager bot alone." in CliRunner().invoke(app, ["--help"]).output
    assert CliRunner().invoke(app, ["buzzer", "say"]).output == "a command of its own\n"
    assert not started
    assert CliRunner().invoke(app, ["pager"]).exit_code == 0
    assert CliRunner().invoke(app, ["buzzer"]).exit_code == 0
    assert len(started) == 2
    assert "Run the" in neverdark("slack", "--help").stdout


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("TIME_SCALE", "fast", "TIME_SCALE wants a number from 0.1 to 1000."),
        ("NEVERDARK_PORT", "99999", "NEVERDARK_PORT wants a port number from 1 to 65535."),
        ("DATABASE_URL", "mysql://u:p@h/d", "DATABASE_URL wants a Postgres address such as postgresql://user:password@host/database."),
        ("LAST_RESORT_PRO", "nobody", "LAST_RESORT_PRO wants one of hailuo, kling, seedance, veo, wan."),
    ],
)  # fmt: skip
def test_a_wrong_setting_stops_the_start_with_one_sentence(
    neverdark: Run, name: str, value: str, sentence: str
) -> None:
    done = neverdark("up", **{name: value})
    assert done.returncode == 2
    assert done.stderr == sentence + "\n"


def test_a_process_alone_says_what_it_lacks(home: Home) -> None:
    environment = {"PATH": os.environ["PATH"], "NEVERDARK_HOME": str(home.path)}
    line = [sys.executable, "-m", "neverdark", "worker"]
    done = subprocess.run(line, check=False, capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 2
    assert done.stderr == "DATABASE_URL is not set; `neverdark up` runs a server of its own and sets it.\n"


@pytest.mark.parametrize("variable", ["NEVERDARK_PORT", "WEB_PORT"])
def test_a_taken_port_is_said_before_anything_starts(neverdark: Run, home: Home, variable: str) -> None:
    with socket.socket() as taken, socket.socket() as free:
        for each in (taken, free):
            each.bind(("127.0.0.1", 0))
        taken.listen()
        port, other = taken.getsockname()[1], free.getsockname()[1]
        free.close()
        ports = {"NEVERDARK_PORT": str(other), "WEB_PORT": str(other), variable: str(port)}
        done = neverdark("up", **ports)
    assert done.returncode == 2
    assert done.stderr == f"Port {port} is taken by another program: set {variable} to a free one.\n"
    assert not home.postgres.exists()


def test_a_state_folder_that_is_none_is_said(neverdark: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = neverdark("up", NEVERDARK_HOME=str(tmp_path / "file"))
    assert done.returncode == 2
    assert done.stderr == f"{tmp_path / 'file'} is not a folder: set NEVERDARK_HOME to one.\n"


def test_a_second_up_says_where_the_first_is(neverdark: Run, home: Home) -> None:
    with only_one(home):
        publish(home, {"pid": 42, "address": "http://127.0.0.1:8700"})
        done = neverdark("up")
    assert done.returncode == 1
    assert "Neverdark is running here already at http://127.0.0.1:8700 (process 42)." in done.stderr


@pytest.mark.parametrize("arguments", [("status",), ("stop", "redis"), ("start", "redis")])
def test_without_an_up_there_is_nothing_to_steer(neverdark: Run, home: Home, arguments: tuple[str, ...]) -> None:
    done = neverdark(*arguments)
    assert done.returncode == 1
    assert done.stderr == f"Neverdark is not running with the state folder {home.path}.\n"


def test_migrate_needs_a_database(neverdark: Run) -> None:
    done = neverdark("migrate")
    assert done.returncode == 2
    assert done.stderr.startswith("DATABASE_URL is not set")


def test_migrate_names_what_it_applied(neverdark: Run, postgres_dsn: str) -> None:
    url = postgres_dsn.format(db="nd_cli_migrate")
    both = {"DATABASE_OWNER_URL": url, "DATABASE_URL": as_the_product(url)}
    first = neverdark("migrate", **both)
    assert first.stdout.startswith("Applied 000001_base.sql\n")
    assert first.stdout.endswith("The database is up to date.\n")
    assert neverdark("migrate", **both).stdout == "The database is up to date.\n"
    alone = neverdark("migrate", DATABASE_URL=url).stdout
    assert "set DATABASE_OWNER_URL to what DATABASE_URL is now" in alone
    said = neverdark("doctor", DATABASE_URL=url).stdout
    assert "rights         warning  the product may do more than it should: it is a superuser" in said


def test_the_doctor_finds_nothing_wrong_with_a_sound_installation(
    neverdark: Run, database: str, redis_url: str
) -> None:
    done = neverdark("doctor", "--offline", DATABASE_URL=database, REDIS_URL=redis_url, KLING_API_KEY="a-key")
    assert done.returncode == 0, done.stdout
    verdicts = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines()}
    fine = ("Postgres", "migrations", "ledger", "Redis", "storage", "kling")
    assert {name: verdicts[name] for name in fine} == dict.fromkeys(fine, "fine")
    assert verdicts["wan"] == "warning"


def test_the_doctor_beside_an_up_with_the_sandbox_sees_its_keys(neverdark: Run, home: Home) -> None:
    given = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "WAN_DASHSCOPE_KEY": "sandbox"}
    with only_one(home):
        publish(home, {"pid": 42, "given": given})
        said = neverdark("doctor", "--offline").stdout
    assert "wan            fine     wan.dashscope" in said
    assert "kling          warning  no key" in said


def test_the_doctor_says_which_model_ends_and_what_comes_after_it(
    neverdark: Run, database: str, redis_url: str
) -> None:
    model = "gemini-omni-1.1-flash"
    keys = {"VEO_GEMINI_API_KEY": "a-key", "VEO_OMNI_MODEL": model}
    said = " ".join(neverdark("doctor", "--offline", DATABASE_URL=database, REDIS_URL=redis_url, **keys).stdout.split())
    assert f"{model} of veo.omni end" in said
    assert "gemini-omni-1.2-flash comes after it; VEO_OMNI_MODEL sets another" in said


def test_the_doctor_names_what_is_wrong(neverdark: Run, postgres_dsn: str) -> None:
    done = neverdark(
        "doctor",
        DATABASE_URL=postgres_dsn.format(db="postgres"),
        REDIS_URL="redis://127.0.0.1:1/0",
        STORAGE_URL="file:///proc/nowhere",
    )
    assert done.returncode == 1
    verdicts = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines()}
    wrong = ("migrations", "Redis", "storage")
    assert {name: verdicts[name] for name in wrong} == dict.fromkeys(wrong, "wrong")
    assert "run `neverdark migrate`" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_health_check_says_whether_web_lives(neverdark: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    done = neverdark("healthy", "web", WEB_PORT=str(port))
    assert (done.returncode, done.stderr) == (1, f"Nothing answers on port {port}.\n")
    assert neverdark("healthy", "slack").returncode == 2


async def test_a_worker_lives_while_one_of_its_machine_is_heard(
    neverdark: Run, database: str, administrator: asyncpg.Connection
) -> None:
    alone = neverdark_healthy(database)
    assert alone[0] == 1
    assert "was heard" in alone[1]
    await administrator.execute("SELECT worker_heartbeat('w', $1, '0', interval '10 s')", socket.gethostname())
    assert neverdark_healthy(database)[0] == 0
    await administrator.execute("UPDATE workers SET seen_at = seen_at - interval '2 min'")
    assert neverdark_healthy(database)[0] == 1
    assert neverdark_healthy("postgresql://nobody@127.0.0.1:1/none")[0] == 0, "nobody is restarted for a database"


def neverdark_healthy(database: str) -> tuple[int, str]:
    line = [sys.executable, "-m", "neverdark", "healthy", "worker"]
    environment = {**os.environ, "DATABASE_URL": database}
    done = subprocess.run(line, check=False, capture_output=True, text=True, env=environment, timeout=60)
    return done.returncode, done.stderr


def test_the_version_is_printed(neverdark: Run) -> None:
    assert neverdark("--version").stdout.startswith("neverdark 0.")


def test_the_status_is_had_as_json(neverdark: Run, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    running = [{"name": "web", "state": "running", "pid": 4711, "restarts": 0}]
    path = home.sockets / "control.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def answer() -> None:
            with server.accept()[0] as heard:
                heard.recv(4096)
                heard.sendall(json.dumps({"ok": True, "processes": running}).encode() + b"\n")

        threading.Thread(target=answer, daemon=True).start()
        done = neverdark("status", "--json")
    assert json.loads(done.stdout) == {"address": "", "processes": running}


def test_the_invitation_wants_a_token_and_a_server_by_its_number(neverdark: Run) -> None:
    unset = neverdark("discord", "invite", DISCORD_TOKEN="")
    assert (unset.returncode, "DISCORD_TOKEN is not set" in unset.stderr) == (2, True)
    named = neverdark("discord", "invite", "--server", "Acme", DISCORD_TOKEN="")
    assert (named.returncode, "by its id" in named.stderr) == (1, True)
