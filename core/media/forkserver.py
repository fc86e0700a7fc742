"""The fork server: a process with the decoders loaded, which forks one media process for each job.

It is a new program, not a fork of our process, with an empty environment, so its memory has no key, token or
connection. It ends with its parent, and all its media processes end with it.
"""

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any

from core.media.limits import Limits, apply

MESSAGE_MAX = 64 << 10
"""Bytes of one order at most; paths and numbers need a few hundred."""
ANSWER_MAX = 32 << 10
_NICE = 5
"""The niceness of media processes, so that event loops run first."""

Job = Callable[..., dict[str, Any]]


class ForkServer:
    """Takes orders from a socket that preserves the boundaries of messages.

    An order to run a job is sent with the socket for its answer.
    """

    def __init__(self, control: socket.socket, jobs: Mapping[str, Job]) -> None:
        self._control = control
        self._jobs = jobs
        self._running: dict[int, tuple[int, socket.socket]] = {}
        """By process id: the number of the order, and the socket for its answer."""

    def serve(self) -> None:
        """Work until the parent has closed its end."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # the parent gets the signal, too, and orders the end
        woken, wake = socket.socketpair()
        for end in (woken, wake):
            end.setblocking(False)
        signal.set_wakeup_fd(wake.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        while True:
            ready, _, _ = select.select([self._control, woken], [], [])
            if woken in ready:
                with contextlib.suppress(BlockingIOError):
                    woken.recv(4096)
                self._reap()
            if self._control in ready and not self._take(woken, wake):
                break
        for pid in self._running:
            os.kill(pid, signal.SIGKILL)

    def _take(self, *ours: socket.socket) -> bool:
        """Handle one order. False: the parent has closed the socket."""
        try:
            message, handles, _, _ = socket.recv_fds(self._control, MESSAGE_MAX, 1)
        except ConnectionError:
            return False
        if not message:
            return False
        order = json.loads(message)
        if "kill" in order:
            for pid, (number, _) in self._running.items():
                if number == order["kill"]:
                    os.kill(pid, signal.SIGKILL)  # it was not reaped yet, so the id is still its own
        elif handles:
            self._fork(order, socket.socket(fileno=handles[0]), ours)
        return True

    def _fork(self, order: dict[str, Any], answers: socket.socket, ours: tuple[socket.socket, ...]) -> None:
        pid = os.fork()
        if pid:
            self._running[pid] = (order["number"], answers)
            return
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            for end in (self._control, *ours, *(known for _, known in self._running.values())):
                end.close()
            status = self._work(order, answers)
        finally:
            os._exit(status)

    def _work(self, order: dict[str, Any], answers: socket.socket) -> int:
        """In the media process: run the job within its limits. An exception is sent as the answer."""
        os.nice(_NICE)
        apply(Limits(**order["limits"]))
        try:
            said: dict[str, Any] = {"done": self._jobs[order["job"]](**order["arguments"])}
        except MemoryError:
            said = {"failed": "memory"}
        except BaseException as error:
            _say(answers, {"failed": "crashed", "detail": type(error).__name__})
            raise
        _say(answers, said)
        return 0

    def _reap(self) -> None:
        while self._running:
            pid, status, used = os.wait4(-1, os.WNOHANG)
            if not pid:
                return
            _, answers = self._running.pop(pid)
            signalled = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
            _say(answers, {"signal": signalled, "peak": used.ru_maxrss * 1024})
            answers.close()


def _say(answers: socket.socket, said: Mapping[str, Any]) -> None:
    line = json.dumps(said).encode() + b"\n"
    with contextlib.suppress(OSError):  # the caller may have gone
        answers.sendall(line if len(line) <= ANSWER_MAX else b'{"failed": "crashed", "detail": "too much to say"}\n')


def main() -> None:
    """Serve on the socket whose number is the first argument."""
    from core.media.jobs import JOBS

    gc.freeze()  # what is loaded stays as it is: a media process that collects garbage would copy all of it
    ForkServer(socket.socket(fileno=int(sys.argv[1])), JOBS).serve()
