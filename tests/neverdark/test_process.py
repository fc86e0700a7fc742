"""One child: what it says, how it ends, and that nothing of it is left."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from neverdark.exec_child import STILL_USED
from neverdark.process import LINE_MAX, Command, Process

Make = Callable[..., Command]


async def test_every_line_is_heard_also_one_without_an_end(program: Make) -> None:
    heard: list[str] = []
    process = await Process.start(
        program("import sys; print('one'); print('two', file=sys.stderr); print('three', end='')"), said=heard.append
    )
    assert await process.wait() == 0
    await asyncio.sleep(0)
    assert sorted(heard) == ["one", "three", "two"]


async def test_a_line_without_end_does_not_fill_the_memory(program: Make) -> None:
    heard: list[str] = []
    size = 10 * LINE_MAX
    process = await Process.start(program(f"print('x' * {size}, end='')"), said=heard.append)
    assert await process.wait() == 0
    assert sum(map(len, heard)) == size
    assert max(map(len, heard)) < 4 * LINE_MAX


async def test_its_environment_is_ours_and_its_own(program: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_US", "ours")
    heard: list[str] = []
    command = program("import os; print(os.environ['FROM_US'], os.environ['OWN'])", environment={"OWN": "own"})
    await (await Process.start(command, said=heard.append)).wait()
    assert heard == ["ours own"]


async def test_it_is_asked_to_end_before_it_is_killed(program: Make) -> None:
    ready = asyncio.Event()
    heard: list[str] = []

    def hear(line: str) -> None:
        heard.append(line)
        ready.set()

    source = """
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: (print('goodbye'), sys.exit(3)))
        print('ready')
        time.sleep(60)
    """
    process = await Process.start(program(source), said=hear)
    await ready.wait()
    assert await process.stop()
    assert await process.wait() == 3
    assert heard == ["ready", "goodbye"]


async def test_one_that_will_not_end_is_killed_with_all_it_started(
    program: Make, until: Callable[..., None], alive: Callable[[int], bool]
) -> None:
    heard: list[str] = []
    ready = asyncio.Event()

    def hear(line: str) -> None:
        heard.append(line)
        ready.set()

    source = """
        import os, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = os.fork()
        if child:
            print(child)
        time.sleep(60)
    """
    process = await Process.start(program(source, stop_timeout_s=0.2), said=hear)
    await ready.wait()
    assert not await process.stop()
    assert await process.wait() == -signal.SIGKILL
    until(lambda: not alive(int(heard[0])))


async def test_what_a_dead_process_left_in_its_group_ends_with_it(
    program: Make, until: Callable[..., None], alive: Callable[[int], bool]
) -> None:
    heard: list[str] = []
    source = """
        import os, time
        child = os.fork()
        if child:
            print(child, flush=True)
        else:
            time.sleep(60)
    """
    process = await Process.start(program(source), said=heard.append)
    assert await process.wait() == 0
    until(lambda: not alive(int(heard[0])))


async def test_the_lock_is_held_while_it_lives_and_the_next_one_waits(program: Make, tmp_path: Path) -> None:
    first_lines: list[str] = []
    ready = asyncio.Event()
    lock = tmp_path / "data.lock"
    stale = tmp_path / "stale.pid"
    stale.touch()

    def hear(line: str) -> None:
        first_lines.append(line)
        ready.set()

    first = await Process.start(program("print('up'); import time; time.sleep(60)", lock=lock), said=hear)
    await ready.wait()
    second_lines: list[str] = []
    second = await Process.start(program("print('up')", lock=lock, remove=(stale,)), said=second_lines.append)
    await asyncio.sleep(0.3)
    assert not second.over
    assert stale.exists(), "it must not be touched while the first one lives"
    await first.stop()
    assert await second.wait() == 0
    assert second_lines == ["up"]
    assert not stale.exists()


def test_waiting_for_a_lock_has_an_end(program: Make, tmp_path: Path) -> None:
    lock = tmp_path / "data.lock"
    line = program("pass", lock=lock).launch()
    line.insert(line.index("--"), "--lock-wait=0.1")
    with subprocess.Popen(
        program("print('up'); import time; time.sleep(60)", lock=lock).launch(), stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        done = subprocess.run(line, check=False, capture_output=True, text=True, timeout=20)
        holder.kill()
    assert done.returncode == STILL_USED
    assert done.stderr == f"Another process still uses {tmp_path}; end it first.\n"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the reaper does it")
def test_it_dies_when_its_parent_is_killed(
    program: Make, tmp_path: Path, until: Callable[..., None], alive: Callable[[int], bool]
) -> None:
    child = program("import time; print('up'); time.sleep(60)")
    parent = tmp_path / "parent.py"
    parent.write_text(
        "import subprocess, time\n"
        "from neverdark.process import Command\n"
        f"line = Command(argv={child.argv!r}).launch()\n"
        "child = subprocess.Popen(line, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, str(parent)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert alive(pid)
        process.kill()
    until(lambda: not alive(pid))


def test_a_parent_that_is_gone_already_is_noticed(program: Make) -> None:
    line = program("print('up')").launch()
    line[line.index(f"--parent={os.getpid()}")] = "--parent=1"
    done = subprocess.run(line, check=False, capture_output=True, text=True, timeout=20)
    assert done.stdout == ""
