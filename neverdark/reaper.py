"""Ends the processes that `up` left behind: it runs beside `up`, and acts when the pipe from `up` closes.

On Linux the kernel does the same for direct children (see exec_child.py); this also covers their children, and other
systems. It is run as a file with `python -I -S`. Its input is one line for each change: `+PID SIGNAL` or `-PID`.
"""

import os
import signal
import sys
import time

PATIENCE_S = 10.0


def groups_at_the_end() -> dict[int, int]:
    """Read changes until the pipe closes; returns the process groups that are left, with the signal for each leader."""
    running: dict[int, int] = {}
    for line in sys.stdin:
        pid, _, number = line[1:].partition(" ")
        if line.startswith("+"):
            running[int(pid)] = int(number)
        else:
            running.pop(int(pid), None)
    return running


def send(number: int, *, to: int) -> bool:
    """Send a signal to a process, or to a group by its negative id; returns whether it exists."""
    try:
        os.kill(to, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # it exists, as another user's process
        return True
    return True


def end(running: dict[int, int]) -> None:
    """Send each leader its signal, wait for it to end, and then kill its group."""
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
