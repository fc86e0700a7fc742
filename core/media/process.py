"""Starts and commands the fork server: started with the first job and again if it died; ends with its parent."""

import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from core.media.limits import Limits

ROOT = Path(__file__).resolve().parents[2]
_BOOT = "import sys; sys.path.insert(0, sys.argv.pop(1)); from core.media.forkserver import main; main()"
_END_S = 2.0
_MEMORY = {"GLIBC_TUNABLES": f"glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold={32 << 20}"}
"""Large pages: a picture has megabytes, and taking them four kilobytes at a time is a third of a look. A picture that
is mapped by itself seldom begins where a large page does, so pictures come from the heap."""
_KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR")


class NotRunning(Exception):
    """No fork server is running, and none could be started."""


class Forks:
    """Starts and commands one fork server."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def order(self, job: str, arguments: Mapping[str, Any], *, limits: Limits, answers: socket.socket) -> int:
        """Order a job; its answer goes to the socket. The returned number is for `kill`.

        Raises:
            NotRunning
        """
        number = next(self._numbers)
        message = json.dumps(
            {"number": number, "job": job, "arguments": dict(arguments), "limits": limits.as_json()}
        ).encode()
        for _ in range(2):  # a dead server is noticed by the first order after its end
            control = self._running()
            try:
                socket.send_fds(control, [message], [answers.fileno()], socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
            except OSError:
                self.close()
            else:
                return number
        raise NotRunning("the fork server takes no orders")

    def kill(self, number: int) -> None:
        """Kill a job, if it is still running."""
        if self._control is not None:
            with contextlib.suppress(OSError):
                self._control.send(json.dumps({"kill": number}).encode(), socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)

    def close(self) -> None:
        """End the fork server and its media processes."""
        control, process = self._control, self._process
        self._control = self._process = None
        if control is not None:
            control.close()
        if process is not None:
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _running(self) -> socket.socket:
        if self._control is not None and self._process is not None and self._process.poll() is None:
            return self._control
        self.close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | _MEMORY
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and words of ours
                    [sys.executable, "-I", "-c", _BOOT, str(ROOT), str(theirs.fileno())],
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=environment,
                    cwd="/",
                )
            except OSError as error:
                ours.close()
                raise NotRunning(f"the fork server did not start: {type(error).__name__}") from error
        self._control = ours
        atexit.unregister(self.close)
        atexit.register(self.close)
        return ours
