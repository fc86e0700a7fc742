"""The last steps of a child of `up` before it becomes its program: its lock, its user, its end with its parent.

It is run as a file with `python -I -S`, so it has only the standard library. It becomes the program by `exec`, so the
supervisor watches the program itself. `neverdark.process` decides which of these steps are done.
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
    """Lock a file while this process, or a child that it forks, lives."""
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
    """Get a signal when the parent ends for any reason. Linux only; elsewhere the reaper sends it."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death, 0, 0, 0)
    if os.getppid() != parent:  # the parent ended before this call
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
    die_with(asked.parent, asked.death)  # the change of user has cleared it
    os.execvp(asked.command[0], asked.command)  # noqa: S606 - becoming another program is what this file is for


if __name__ == "__main__":
    main()
