"""A whole `up` of small programs, as a process of its own: order, prefixes, signals, control, and sudden death."""

import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from neverdark import control
from neverdark.errors import CliError
from neverdark.state import Home

REHEARSAL = Path(__file__).with_name("rehearsal.py")
Until = Callable[[Callable[[], object]], None]
Alive = Callable[[int], bool]

PROGRAM = """
    import os, signal, sys, time
    name = sys.argv[1]
    def goodbye(*_):
        print('goodbye')
        sys.exit(0)
    signal.signal(signal.SIGTERM, goodbye)
    child = os.fork()
    if not child:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(60)
    print(f'{name}.ready {os.getpid()} {child}')
    while True:
        time.sleep(60)
"""


class Rehearsal:
    """A running rehearsal, and what it has said."""

    def __init__(self, home: Path, programs: dict[str, Path]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(REHEARSAL), str(home), *(f"{name}={path}" for name, path in programs.items())],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(line.rstrip("\n") for line in self.process.stdout)

    def said(self, text: str) -> bool:
        return any(text in line for line in self.lines)

    def pids(self, name: str) -> list[int]:
        """The ids of the newest process of that name, and of its child."""
        line = next(line for line in reversed(self.lines) if f"{name}.ready" in line)
        return [int(word) for word in line.split()[-2:]]

    def wait(self) -> int:
        code = self.process.wait(20)
        self._reader.join(20)
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(20)
        self._reader.join(20)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def rehearse(home: Home, tmp_path: Path) -> Iterator[Callable[..., Rehearsal]]:
    running: list[Rehearsal] = []

    def start(**sources: str) -> Rehearsal:
        programs = {}
        for name, source in sources.items():
            programs[name] = tmp_path / f"{name}.py"
            programs[name].write_text(textwrap.dedent(source))
        running.append(Rehearsal(home.path, programs))
        return running[-1]

    yield start
    for rehearsal in running:
        rehearsal.close()


def test_it_starts_in_order_prefixes_output_and_stops_in_reverse(
    rehearse: Callable[..., Rehearsal], until: Until, alive: Alive
) -> None:
    up = rehearse(data=PROGRAM, middle=PROGRAM, last=PROGRAM)
    until(lambda: up.said("all up"))
    started = [line.split()[0] for line in up.lines if ".ready" in line]
    assert started == ["data", "middle", "last"]
    assert all(line.split()[1] == "│" for line in up.lines if ".ready" in line)
    pids = [pid for name in ("data", "middle", "last") for pid in up.pids(name)]
    up.process.send_signal(signal.SIGINT)
    assert up.wait() == 0
    assert [line.split()[0] for line in up.lines if "goodbye" in line] == ["last", "middle", "data"]
    assert up.lines[-1] == "stopped"
    until(lambda: not [pid for pid in pids if alive(pid)])


def test_sigterm_stops_it_as_well(rehearse: Callable[..., Rehearsal], until: Until) -> None:
    up = rehearse(one=PROGRAM)
    until(lambda: up.said("all up"))
    up.process.terminate()
    assert up.wait() == 0
    assert up.said("goodbye")


def test_killing_it_leaves_nothing_running(rehearse: Callable[..., Rehearsal], until: Until, alive: Alive) -> None:
    up = rehearse(data=PROGRAM, one=PROGRAM, two=PROGRAM)
    until(lambda: up.said("all up"))
    pids = [pid for name in ("data", "one", "two") for pid in up.pids(name)]
    assert all(alive(pid) for pid in pids)
    up.process.kill()
    up.wait()
    until(lambda: not [pid for pid in pids if alive(pid)])


def test_after_a_kill_it_starts_again_at_once(rehearse: Callable[..., Rehearsal], until: Until) -> None:
    first = rehearse(data=PROGRAM, one=PROGRAM)
    until(lambda: first.said("all up"))
    first.process.kill()
    second = rehearse(data=PROGRAM, one=PROGRAM)
    until(lambda: second.said("all up"))


def test_a_second_ctrl_c_does_not_wait(rehearse: Callable[..., Rehearsal], until: Until, alive: Alive) -> None:
    deaf = PROGRAM.replace("signal.signal(signal.SIGTERM, goodbye)", "signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    up = rehearse(deaf=deaf.replace("def goodbye(*_):", "def never(*_):"))
    until(lambda: up.said("all up"))
    up.process.send_signal(signal.SIGINT)
    until(lambda: up.said("Stopping"))
    up.process.send_signal(signal.SIGINT)
    assert up.wait() == 0
    until(lambda: not alive(up.pids("deaf")[0]))


def test_a_killed_process_comes_back_and_the_others_stay(rehearse: Callable[..., Rehearsal], until: Until) -> None:
    up = rehearse(data=PROGRAM, one=PROGRAM)
    until(lambda: up.said("all up"))
    data, first = up.pids("data")[0], up.pids("one")[0]
    subprocess.run(["kill", "-9", str(first)], check=True)  # noqa: S607 - the system's own
    until(lambda: up.pids("one")[0] != first)
    assert up.said("one      │ — was killed (signal 9); starting again in 0.5 s")
    assert up.pids("data")[0] == data


def test_one_without_which_nothing_works_ends_it_all(rehearse: Callable[..., Rehearsal]) -> None:
    up = rehearse(first=PROGRAM, data="print('no room'); raise SystemExit(1)")
    assert up.wait() == 1
    assert up.lines[-1] == "data did not start: no room"
    assert up.said("goodbye")


def test_a_wrong_setting_of_any_process_ends_it_all(rehearse: Callable[..., Rehearsal]) -> None:
    up = rehearse(first=PROGRAM, one="print('TOKEN wants a token.'); raise SystemExit(2)")
    assert up.wait() == 2
    assert up.lines[-1] == "one did not start: TOKEN wants a token."


def test_another_process_that_fails_is_tried_on(rehearse: Callable[..., Rehearsal], until: Until) -> None:
    up = rehearse(one="raise SystemExit(1)", two=PROGRAM)
    until(lambda: up.said("all up"))
    until(lambda: up.said("starting again in 1 s"))


def test_stop_and_start_take_one_process_down_and_up(
    rehearse: Callable[..., Rehearsal], until: Until, home: Home, alive: Alive
) -> None:
    up = rehearse(one=PROGRAM, two=PROGRAM)
    until(lambda: up.said("all up"))
    first = up.pids("one")
    answer = control.ask(home, do="stop", name="one")
    assert answer == {"ok": True, "say": "one is stopped; `neverdark start one` starts it again."}
    until(lambda: not [pid for pid in first if alive(pid)])
    states = {process["name"]: process["state"] for process in control.ask(home, do="status")["processes"]}
    assert states == {"one": "stopped", "two": "running"}
    assert control.ask(home, do="start", name="one") == {"ok": True, "say": "one is running."}
    until(lambda: up.pids("one") != first)
    assert control.ask(home, do="start", name="one") == {"ok": True, "say": "one is running already."}


def test_control_explains_what_it_cannot_do(rehearse: Callable[..., Rehearsal], until: Until, home: Home) -> None:
    up = rehearse(one=PROGRAM)
    until(lambda: up.said("all up"))
    assert control.ask(home, do="stop", name="nobody")["say"] == "There is no process nobody; there are one."
    assert control.ask(home, do="stop", name="absent")["say"] == "It is somewhere else."
    assert not control.ask(home, do="sing", name="one")["ok"]
    assert (home.sockets / "control.sock").stat().st_mode & 0o777 == 0o600


def test_without_an_up_control_says_so(home: Home) -> None:
    with pytest.raises(CliError, match="Neverdark is not running with the state folder"):
        control.ask(home, do="status")


def test_a_second_one_says_where_the_first_is(rehearse: Callable[..., Rehearsal], until: Until) -> None:
    first = rehearse(one=PROGRAM)
    until(lambda: first.said("all up"))
    second = rehearse(one=PROGRAM)
    assert second.wait() == 1
    assert second.lines[-1].startswith("Neverdark is running here already at http://rehearsal (process 1).")
