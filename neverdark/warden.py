"""Outlives `up` by a moment: when its pipe to us closes, whatever `up` still had running is ended.

The kernel does the same on Linux for direct children (see launch.py); this also reaches what those started, and other
systems. Run as a file with `python -I -S`. Its input is one line for each change: `+PID SIGNAL` or `-PID`.
"""

import contextlib
import os
import signal
import sys
import time

PATIENCE_S = 10.0


def groups_at_the_end() -> dict[int, int]:
    """Follow the changes until the pipe closes: the process groups that are left, and the signal for each leader."""
    running: dict[int, int] = {}
    for line in sys.stdin:
        pid, _, number = line[1:].partition(" ")
        if line.startswith("+"):
            running[int(pid)] = int(number)
        else:
            running.pop(int(pid), None)
    return running


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def end(running: dict[int, int]) -> None:
    for leader, number in running.items():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if number == signal.SIGKILL:
                os.killpg(leader, number)
            else:
                os.kill(leader, number)
    deadline = time.monotonic() + PATIENCE_S
    left = set(running)
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = {group for group in left if alive(group)}
    for group in left:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    end(groups_at_the_end())
