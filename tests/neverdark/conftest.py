"""What the tests of the front door share: a state folder, and small programs to run instead of the real ones."""

import os
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from neverdark.process import Command
from neverdark.state import Home, open_home

PATIENCE_S = 90.0


@pytest.fixture
def place(test_home: Home) -> Iterator[Path]:
    """A folder with a short path, so that sockets fit into it and nothing is left below /tmp."""
    folder = test_home.path / uuid4().hex[:6]
    folder.mkdir()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def home(place: Path) -> Home:
    return open_home(place / "state")


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Command]:
    """Makes a command out of a few lines of Python. `{here}` in them is the test's folder."""
    made = 0

    def make(source: str, **how: Any) -> Command:
        nonlocal made
        made += 1
        path = tmp_path / f"program{made}.py"
        path.write_text(textwrap.dedent(source).replace("{here}", str(tmp_path)))
        return Command(argv=(sys.executable, "-I", "-S", "-u", str(path)), **how)

    return make


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Waits until something is so; fails when it takes too long."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "it never came to be"
            time.sleep(0.02)

    return wait


@pytest.fixture
def alive() -> Callable[[int], bool]:
    """Whether a process runs; a dead one that nobody has collected yet does not."""

    def check(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        status = Path(f"/proc/{pid}/stat")
        return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"

    return check
