"""The last steps before a child of `up` becomes its program: whose it is, what it dies with, what it may hold alone.

Run as a file with `python -I -S`, so it knows the standard library and nothing else. It becomes the program by `exec`:
the process that the supervisor watches is the program itself. It decides nothing: `neverdark.process` says what to do.
"""

import argparse
import ctypes
import fcntl
import os
import signal
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
STILL_USED = 75
"""Exit code: another process holds the lock."""


def hold(lock: str, *, wait_s: float) -> None:
    """Lock a file for as long as this process, or a child that it forks, lives."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    os.set_inheritable(descriptor, True)
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                print(f"Another process still uses {Path(lock).parent}; end it first.", file=sys.stderr)
                raise SystemExit(STILL_USED) from None
            time.sleep(0.05)
        else:
            return


def become(uid: int, gid: int) -> None:
    """Give up root for good."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def die_with(parent: int, death: int) -> None:
    """Be sent a signal when the parent ends, however it ends. Linux only; elsewhere the reaper does it."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death, 0, 0, 0)
    if os.getppid() != parent:  # it ended before we asked
        raise SystemExit(0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--death", type=int, required=True)
    parser.add_argument("--lock")
    parser.add_argument("--lock-wait", type=float, default=15)
    parser.add_argument("--remove", action="append", default=[])
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    die_with(asked.parent, signal.SIGKILL)
    if asked.lock:
        hold(asked.lock, wait_s=asked.lock_wait)
    for stale in asked.remove:
        Path(stale).unlink(missing_ok=True)
    if asked.uid is not None:
        become(asked.uid, asked.gid)
    die_with(asked.parent, asked.death)  # again: the change of user has cleared it
    os.execvp(asked.command[0], asked.command)  # noqa: S606 - becoming another program is what this file is for


if __name__ == "__main__":
    main()
