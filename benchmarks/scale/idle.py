"""What each process of `neverdark up` takes while nobody asks for anything: it is started by the command itself.

`TIME_SCALE` is 1, as in production: with the 15 of the sandbox most loops come round 15 times as often.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil

HOUSE_SETTLE_S = 30.0
PROCESSES = {"worker", "web", "slack", "discord"}


def idle_house(*, idle_s: float) -> list[tuple[str, float, float]]:
    """Each process of `neverdark up`, started as the README says: its name, its share of a core, its memory in MB."""
    with tempfile.TemporaryDirectory(prefix="nd-idle-", ignore_cleanup_errors=True) as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
        free.close()
        house = subprocess.Popen(
            [sys.executable, "-m", "neverdark", "up"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "NEVERDARK_HOME": folder, "NEVERDARK_PORT": port, "TIME_SCALE": "1"},
        )  # fmt: skip
        try:
            _ready(Path(folder), house)
            time.sleep(HOUSE_SETTLE_S)
            before = _by_name(house.pid)
            time.sleep(idle_s)
            after = _by_name(house.pid)
        finally:
            house.terminate()
            house.wait(60)
    return [(name, (cpu_s - before[key][1]) / idle_s, mb) for key, (name, cpu_s, mb) in after.items() if key in before]


def _ready(home: Path, house: "subprocess.Popen[bytes]") -> None:
    """Wait until each process says that it works: before that it is starting, not idle."""
    end = time.monotonic() + 300
    while time.monotonic() < end and house.poll() is None:
        notes = {note.stem.rpartition("-")[0]: note for note in (home / "run" / "metrics").glob("*-*.json")}
        if notes.keys() >= PROCESSES and all(_is_ready(note) for note in notes.values()):
            return
        time.sleep(0.5)
    raise TimeoutError("neverdark up does not become ready")


def _is_ready(note: Path) -> bool:
    with contextlib.suppress(OSError, ValueError, httpx.HTTPError):
        (target,) = json.loads(note.read_text())[0]["targets"]
        return httpx.get(f"http://{target}/readyz", timeout=5).is_success
    return False


def _by_name(pid: int) -> dict[int, tuple[str, float, float]]:
    """By process id of each of its processes: name, CPU seconds, memory. Postgres' own children are one with it."""
    found: dict[int, tuple[str, float, float]] = {}
    for process in [psutil.Process(pid), *psutil.Process(pid).children()]:
        with contextlib.suppress(psutil.Error):
            line = process.cmdline()
            name = next((line[n + 1] for n, word in enumerate(line) if word == "neverdark" and n + 1 < len(line)), "")
            family = [process, *(process.children() if process.pid != pid else [])]
            spent = sum(one.cpu_times().user + one.cpu_times().system for one in family)
            found[process.pid] = (name or process.name(), spent, process.memory_info().rss / 2**20)
    return found
