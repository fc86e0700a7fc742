"""Outlives `up` by a moment: when its pipe to us closes, whatever `up` still had running is ended.

The kernel does the same on Linux for direct children (see exec_child.py); this also reaches what those started, and
other systems. Run as a file with `python -I -S`. Its input is one line for each change: `+PID SIGNAL` or `-PID`.
"""

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


def send(number: int, *, to: int) -> bool:
    """Signal a process, or by its negative number a group; whether there was anyone to get it."""
    try:
        os.kill(to, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs as another user now, and is there
        return True
    return True


def end(running: dict[int, int]) -> None:
    """Give each leader its signal and the time to follow it, and end its group when it is gone."""
    for leader, number in running.items():
        send(number, to=leader)
    deadline = time.monotonic() + PATIENCE_S
    left = set(running)
    while left:
        for leader in tuple(left):
            if time.monotonic() > deadline or running[leader] == signal.SIGKILL or not send(0, to=leader):
                send(signal.SIGKILL, to=-leader)
                left.discard(leader)
        time.sleep(0.05)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    end(groups_at_the_end())
