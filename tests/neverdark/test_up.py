"""`neverdark up` for real, everything embedded or stood in for: it comes up, goes down, and survives its murder."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from neverdark import control, state
from neverdark.state import Home

Until = Callable[[Callable[[], object]], None]
Alive = Callable[[int], bool]


class Up:
    """A running `up`, whose output goes to a file."""

    def __init__(self, home: Home, port: int) -> None:
        self.home = home
        self.log = home.path.with_name(f"{home.path.name}.log")
        environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        with self.log.open("a") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "neverdark", "up"],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                env={**environment, "NEVERDARK_HOME": str(home.path), "NEVERDARK_PORT": str(port)},
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text()

    def pids(self) -> dict[str, int]:
        return {process["name"]: process["pid"] for process in control.ask(self.home, do="status")["processes"]}


@pytest.fixture
def up(test_home: Home) -> Iterator[Callable[[], Up]]:
    folder = test_home.path / uuid4().hex[:6]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running: list[Up] = []

    def start() -> Up:
        running.append(Up(state.open_home(folder), port))
        return running[-1]

    yield start
    for one in running:
        if one.process.poll() is None:
            one.process.terminate()
        one.process.wait(60)


@pytest.mark.exhaustive
def test_it_comes_up_and_goes_down_and_nothing_is_left_after_a_kill(
    up: Callable[[], Up], until: Until, alive: Alive
) -> None:
    """One test, because a start of everything takes seconds."""
    first = up()
    until(lambda: "\nOpen http://127.0.0.1:" in first.said() or first.process.poll() is not None)
    assert first.process.poll() is None, first.said()
    assert "Postgres is embedded" in first.said()
    address = str(state.published(first.home)["address"])
    with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:  # noqa: S310 - an address of ours
        assert answer.status == 200
    before = first.pids()
    assert list(before) == ["postgres", "redis", "sandbox", "slack", "discord", "worker", "web"]
    assert all(alive(pid) for pid in before.values())

    os.kill(before["worker"], signal.SIGKILL)
    until(lambda: first.pids()["worker"] not in {None, before["worker"]})
    assert {**first.pids(), "worker": 0} == {**before, "worker": 0}, first.said()

    killed = first.pids()
    first.process.kill()
    first.process.wait(10)
    until(lambda: not [name for name, pid in killed.items() if alive(pid)])
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(address, timeout=1)  # noqa: S310 - an address of ours

    second = up()
    until(lambda: second.said().count("\nOpen http://127.0.0.1:") == 2 or second.process.poll() is not None)
    assert second.process.poll() is None, second.said()
    pids = second.pids()
    second.process.send_signal(signal.SIGINT)
    assert second.process.wait(60) == 0
    assert second.said().endswith("Stopped.\n")
    until(lambda: not [name for name, pid in pids.items() if alive(pid)])
    assert state.published(second.home) == {}
