"""Every command in every situation: beside an `up`, with nothing there, with the servers away. It ends with a sentence
and an exit code that means it.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any

import pytest
import structlog
import typer

from neverdark.__main__ import main
from neverdark.cli import app
from neverdark.state import Home, only_one, publish

NOWHERE = "postgresql://nobody:a-password@127.0.0.1:1/none"
AWAY = {
    "DATABASE_URL": NOWHERE,
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "SLACK_BASE_URL": "http://127.0.0.1:1/api/",
    "SLACK_TOKEN_KEY": "q7IB4s7rcq6KNCYk8l7kcK3Tx8wqkC8Rk0LFKbTXHzY=",
    "DISCORD_TOKEN": "a-token",
    "DISCORD_API_URL": "http://127.0.0.1:1/api/v10",
    "KLING_API_KEY": "a-key",
    "KLING_API_BASE_URL": "http://127.0.0.1:1",
    "WEB_PORT": "1",
}
"""Everything is set, and nothing answers."""


class Needs(StrEnum):
    """What a command works with."""

    NOTHING = "nothing"
    CONTROL = "the `up` itself"
    DATABASE = "the database"
    OUTSIDE = "somebody outside"


WORDS: dict[tuple[str, ...], tuple[tuple[str, ...], Needs]] = {
    ("after-restore",): ((), Needs.DATABASE),
    ("credits", "balance"): (("T0123",), Needs.DATABASE),
    ("credits", "check"): ((), Needs.DATABASE),
    ("credits", "grant"): (("T0123", "5"), Needs.DATABASE),
    ("credits", "statement"): (("T0123",), Needs.DATABASE),
    ("credits", "teams"): (("--json",), Needs.DATABASE),
    ("discord", "invite"): ((), Needs.OUTSIDE),
    ("doctor",): (("--offline",), Needs.DATABASE),
    ("erase",): (("slack", "U1"), Needs.DATABASE),
    ("expire",): ((), Needs.DATABASE),
    ("freeze",): (("T0123",), Needs.DATABASE),
    ("generations",): ((), Needs.DATABASE),
    ("generations", "cancel"): (("0198c9f2",), Needs.DATABASE),
    ("generations", "retry"): (("0198c9f2",), Needs.DATABASE),
    ("generations", "show"): (("0198c9f2",), Needs.DATABASE),
    ("generations", "unlink"): (("0198c9f2",), Needs.DATABASE),
    ("healthy",): (("web",), Needs.OUTSIDE),
    ("housekeeping",): ((), Needs.DATABASE),
    ("manifest",): ((), Needs.NOTHING),
    ("migrate",): (("--wait", "0"), Needs.DATABASE),
    ("providers",): ((), Needs.DATABASE),
    ("providers", "check"): ((), Needs.OUTSIDE),
    ("providers", "events"): ((), Needs.DATABASE),
    ("providers", "hold"): (("kling.api", "--why", "a bad day"), Needs.DATABASE),
    ("providers", "release"): (("kling.api",), Needs.DATABASE),
    ("settings",): ((), Needs.NOTHING),
    ("slack", "manifest"): ((), Needs.NOTHING),
    ("slack", "new-key"): ((), Needs.NOTHING),
    ("slack", "rotate-keys"): ((), Needs.DATABASE),
    ("slack", "workspaces"): ((), Needs.DATABASE),
    ("start",): (("redis",), Needs.CONTROL),
    ("status",): ((), Needs.CONTROL),
    ("stop",): (("redis",), Needs.CONTROL),
    ("thaw",): (("T0123",), Needs.DATABASE),
}
"""Every command, with the words it wants, and what it works with."""

PROCESSES = {("up",), ("worker",), ("web",), ("slack",), ("discord",)}
"""These run until they are told to stop, with what is set alone; tests/neverdark/test_processes.py looks at them."""


def _leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    below = getattr(command, "commands", None)
    if below is None or command.invoke_without_command:
        yield path
    for name, each in (below or {}).items():
        yield from _leaves(each, (*path, name))


def test_no_command_is_left_out() -> None:
    every = set(_leaves(typer.main.get_command(app))) - {()}
    assert every == set(WORDS) | PROCESSES


Ended = tuple[int, str, str]
Run = Callable[..., Ended]


@pytest.fixture
def run(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command with these settings and no others; its code, and what it said."""

    def ran(command: tuple[str, ...], **values: str) -> Ended:
        with monkeypatch.context() as patch:
            for name in AWAY:
                patch.delenv(name, raising=False)
            for name, value in {"NEVERDARK_HOME": str(home.path), **values}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["neverdark", *command, *WORDS[command][0]])
            with pytest.raises(SystemExit) as ended:
                main()
            structlog.reset_defaults()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return ran


def _sound(command: tuple[str, ...], ended: Ended) -> None:
    """What holds of every end of a command."""
    code, out, err = ended
    assert code in {0, 1, 2}, err
    assert "Traceback" not in out + err
    assert "a-password" not in out + err
    assert code or not err, "a command that did what it had to has nothing to complain of"
    assert out or err, "a command says what came of it"
    if code and not out:
        assert err.rstrip().endswith((".", "!", ")", "Nothing was changed.")) or "can't be reached: " in err, err


NAMES = [" ".join(command) for command in WORDS]


@pytest.mark.parametrize("command", WORDS, ids=NAMES)
def test_with_nothing_there_a_command_says_what_to_set(run: Run, command: tuple[str, ...]) -> None:
    ended = run(command)
    _sound(command, ended)
    code, out, err = ended
    match WORDS[command][1]:
        case Needs.NOTHING:
            assert code == 0
        case Needs.CONTROL:
            assert "is not running with the state folder" in err
        case Needs.DATABASE if command != ("slack", "rotate-keys"):
            assert code == 2
            assert "DATABASE_URL" in out + err
        case _:
            assert code, "nothing could be asked"


@pytest.mark.parametrize("command", WORDS, ids=NAMES)
def test_with_the_servers_away_a_command_says_so(run: Run, command: tuple[str, ...]) -> None:
    ended = run(command, **AWAY)
    _sound(command, ended)
    assert (ended[0] == 0) == (WORDS[command][1] is Needs.NOTHING)
    assert "is not set" not in ended[2], "all that it needs is set"


@pytest.mark.parametrize("command", WORDS, ids=NAMES)
def test_beside_an_up_a_command_takes_its_settings(run: Run, home: Home, command: tuple[str, ...]) -> None:
    with only_one(home):
        publish(home, {"pid": 42, "given": AWAY})
        beside = run(command)
    assert beside[0] == run(command, **AWAY)[0]
    assert "is not set" not in beside[2], "the processes of the `up` have it"
    if WORDS[command][1] is Needs.DATABASE and command != ("doctor",):
        assert "can't be reached" in beside[2]


@pytest.mark.parametrize("command", [each for each in WORDS if WORDS[each][1] is Needs.DATABASE], ids=" ".join)
def test_with_a_database_every_command_does_its_work_or_says_why_not(
    run: Run, home: Home, database: str, redis_url: str, command: tuple[str, ...]
) -> None:
    with only_one(home):
        publish(home, {"pid": 42, "given": {**AWAY, "DATABASE_URL": database, "REDIS_URL": redis_url}})
        ended = run(command)
    _sound(command, ended)
    assert "DATABASE_URL" not in ended[2]


@pytest.mark.parametrize(
    ("into", "code", "says"),
    [("/dev/full", 1, "There is no room left on the disk"), ("closed", 0, "")],
)
def test_an_answer_that_nobody_can_take_is_no_traceback(home: Home, into: str, code: int, says: str) -> None:
    line = [sys.executable, "-m", "neverdark", "settings"]
    shell = f'exec "$@" {">&-" if into == "closed" else f">{into}"}'
    done = subprocess.run(
        ["/bin/sh", "-c", shell, "sh", *line],
        check=False, stderr=subprocess.PIPE, text=True, timeout=60,
        env={"PATH": os.environ["PATH"], "NEVERDARK_HOME": str(home.path)},
    )  # fmt: skip
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_who_leaves_early_is_no_traceback(home: Home) -> None:
    line = [sys.executable, "-m", "neverdark", "settings"]
    done = subprocess.run(
        ["/bin/sh", "-c", '"$@" | head -c 1', "sh", *line], check=False, capture_output=True, text=True, timeout=60,
        env={"PATH": os.environ["PATH"], "NEVERDARK_HOME": str(home.path)},
    )  # fmt: skip
    assert (done.stdout, "Traceback" in done.stderr) == ("#", False)


def test_a_terminal_of_another_character_set_gets_a_mark_for_what_it_lacks(home: Home) -> None:
    bare = {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "neverdark", "settings"], check=False, capture_output=True, text=True, timeout=60,
        env={"PATH": os.environ["PATH"], "NEVERDARK_HOME": str(home.path), **bare},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
