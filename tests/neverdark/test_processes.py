"""Each process as the docs start it: it checks before it is ready, says one sentence, and ends when it is told to."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import asyncpg
import pytest

from neverdark.stack import _STOP_S
from tests.databases import as_an_administrator
from tests.quick import some

NAMES = ("worker", "web", "slack", "discord")
READY_S = 60.0
SOON_S = 1.0


Answer = tuple[int, Any] | Callable[[], tuple[int, Any]]


class Platform(BaseHTTPRequestHandler):
    """Slack and Discord as far as a start goes: each path has its answer, all others never get one."""

    answers: ClassVar[dict[str, Answer]] = {}
    over: ClassVar[threading.Event] = threading.Event()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        for path, answer in self.answers.items():
            if self.path.endswith(path):
                status, body = answer() if callable(answer) else answer
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
                return
        self.over.wait(READY_S)

    do_GET = do_POST  # noqa: N815 - the library's name

    def log_message(self, *_: Any) -> None:
        return


@contextmanager
def platform(answers: Mapping[str, Answer]) -> Iterator[str]:
    over = threading.Event()
    handler = type("Told", (Platform,), {"answers": dict(answers), "over": over})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        over.set()
        server.shutdown()
        serving.join()
        server.server_close()


@contextmanager
def silent() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield listener.getsockname()[1]


def environment(database: str, redis_url: str, home: Path, chats: str) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "DATABASE_URL": database, "REDIS_URL": redis_url, "NEVERDARK_HOME": str(home), "WEB_PORT": str(port),
        "LOG_FORMAT": "json", "NEVERDARK_ENV_FILE": str(home / "none"), "PYTHONUNBUFFERED": "1",
        "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_BASE_URL": f"{chats}/slack/",
        "DISCORD_TOKEN": "MTIz.abc.def", "DISCORD_API_URL": f"{chats}/discord/v10",
    }  # fmt: skip


@contextmanager
def started(name: str, env: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "neverdark", name]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def said_until(process: "subprocess.Popen[str]", word: str) -> str:
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if word in line:
            return said
    raise AssertionError(f"{word} was never said: {said}")


def ends_well(process: "subprocess.Popen[str]", *, within_s: float) -> None:
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=within_s + READY_S)
    assert process.returncode == 0, said
    assert time.monotonic() - began < within_s, said
    assert "Traceback" not in said


async def changed(database: str, statement: str) -> str:
    conn = await asyncpg.connect(as_an_administrator(database))
    await conn.execute(statement)
    await conn.close()
    return database


@pytest.mark.parametrize("name", some(NAMES, of="schema"))
@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DROP TABLE schema_migrations", "The database is empty: run `neverdark migrate`."),
        ("DELETE FROM schema_migrations WHERE version = '000015'", "1 migrations are missing, from 000015_rights.sql"),
    ],
    ids=["empty", "older"],
)
async def test_a_database_of_another_schema_is_one_sentence(
    name: str, statement: str, says: str, database: str, redis_url: str, tmp_path: Path
) -> None:
    await changed(database, statement)
    with (
        platform({}) as chats,
        started(name, environment(database, redis_url, tmp_path, chats)) as process,
    ):
        _, said = process.communicate(timeout=READY_S)
    assert process.returncode == 2, said
    assert says in said.splitlines()[-1]
    assert "Traceback" not in said
    assert f"{name}.ready" not in said


async def test_a_database_that_is_not_there_is_one_sentence(database: str, redis_url: str, tmp_path: Path) -> None:
    other = database.replace("/nd_", "/no_")
    assert other != database
    with started("worker", environment(other, redis_url, tmp_path, "http://127.0.0.1:1")) as process:
        _, said = process.communicate(timeout=READY_S)
    assert process.returncode == 2, said
    assert "DATABASE_URL is refused by the database" in said.splitlines()[-1]


REFUSED = (401, {"message": "401: Unauthorized", "code": 0})
WRONG_TOKENS = {
    "bot token": ("slack", {"auth.test": (200, {"ok": False, "error": "invalid_auth"})}, "SLACK_BOT_TOKEN is refused"),
    "app token": (
        "slack",
        {
            "auth.test": (200, {"ok": True, "team_id": "T1", "user_id": "U1"}),
            "apps.connections.open": (200, {"ok": False, "error": "invalid_auth"}),
        },
        "SLACK_APP_TOKEN is refused",
    ),
    "discord": ("discord", {"/users/@me": REFUSED}, "DISCORD_TOKEN is refused"),
    "worker in slack": (
        "worker", {"auth.test": (200, {"ok": False, "error": "token_revoked"})}, "SLACK_BOT_TOKEN is refused"
    ),
    "worker in discord": ("worker", {"/users/@me": REFUSED}, "DISCORD_TOKEN is refused"),
    "web in slack": ("web", {"auth.test": (200, {"ok": False, "error": "invalid_auth"})}, "SLACK_BOT_TOKEN is refused"),
}  # fmt: skip


@pytest.mark.parametrize("case", some(list(WRONG_TOKENS), of="wrong tokens"))
def test_a_wrong_token_is_one_sentence(case: str, database: str, redis_url: str, tmp_path: Path) -> None:
    name, answers, says = WRONG_TOKENS[case]
    with (
        platform(answers) as chats,
        started(
            name, environment(database, redis_url, tmp_path, chats) | {"SLACK_SIGNING_SECRET": "a signing secret"}
        ) as process,
    ):
        _, said = process.communicate(timeout=READY_S)
    assert process.returncode == 2, said
    assert says in said.splitlines()[-1]
    assert f"{name}.ready" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("name", some(NAMES, of="silent database"))
def test_told_to_stop_while_the_database_does_not_answer(name: str, redis_url: str, tmp_path: Path) -> None:
    with (
        silent() as port,
        platform({}) as chats,
        started(name, environment(f"postgresql://me@127.0.0.1:{port}/x", redis_url, tmp_path, chats)) as process,
    ):
        said_until(process, "outage.began")
        ends_well(process, within_s=_STOP_S[name])


@pytest.mark.parametrize("name", some(["slack", "discord"], of="connecting"))
@pytest.mark.parametrize("answers", [{}, {"auth.test": (200, {"ok": True}), "apps.connections.open": (503, "")}])
def test_told_to_stop_while_it_connects(
    name: str, answers: dict[str, Any], database: str, redis_url: str, tmp_path: Path
) -> None:
    with (
        platform(answers) as chats,
        started(name, environment(database, redis_url, tmp_path, chats)) as process,
    ):
        said_until(process, f"{name}.connecting")
        time.sleep(SOON_S)  # wherever it is by then: in its first call, or between two tries
        ends_well(process, within_s=_STOP_S[name])


@pytest.mark.parametrize(("name", "word"), [("worker", "worker.ready"), ("web", "web.ready")])
def test_told_to_stop_while_it_is_idle(name: str, word: str, database: str, redis_url: str, tmp_path: Path) -> None:
    with (
        platform({}) as chats,
        started(name, environment(database, redis_url, tmp_path, chats)) as process,
    ):
        said_until(process, word)
        ends_well(process, within_s=_STOP_S[name])


@pytest.mark.exhaustive
def test_three_workers_of_one_home_and_one_host_leave_each_other_alone(
    database: str, redis_url: str, tmp_path: Path
) -> None:
    env = environment(database, redis_url, tmp_path, "http://127.0.0.1:1")
    with started("worker", env) as one, started("worker", env) as two, started("worker", env) as three:
        said = [said_until(process, "worker.ready") for process in (one, two, three)]
        time.sleep(5 * SOON_S)  # some heartbeats of each
        for process in (one, two, three):
            ends_well(process, within_s=_STOP_S["worker"])
    slots = {json.loads(line)["slot"] for each in said for line in each.splitlines() if "worker.slot" in line}
    assert len(slots) == 3
    assert not any("took_over" in each for each in said)
    assert sorted(path.name for path in (tmp_path / "work").iterdir() if path.is_dir()) == ["0", "1", "2"]
