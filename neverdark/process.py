"""One program as a child process: starts it, reads its output line by line, and ends it.

The supervisor decides when to start it and whether to start it again.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from neverdark.postgres_user import PostgresUser

LAUNCHER = Path(__file__).with_name("exec_child.py")
LINE_MAX = 32_768
"""Bytes. Longer lines are cut, so that a process which never ends its line cannot fill our memory."""

LAST_WORDS_S = 1.0
"""Seconds after its end for which its output is read, in case another process holds the pipe open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """The commands to start and stop a program.

    Args:
        environment: variables that it has besides our own.
        stop: the signal that asks it to end; after `stop_timeout_s` its whole group is killed.
        death: the signal that the kernel sends it when we end.
        lock: a file that it locks while it lives; a second process waits for the first one to end.
        remove: files that a crashed predecessor may have left, removed once the lock is held.
        postgres_user: the user that it runs as; None is the current one.
        notes: sentences for the operator about what was done to run it.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop: signal.Signals = signal.SIGTERM
    stop_timeout_s: float = 15
    death: signal.Signals = signal.SIGKILL
    lock: Path | None = None
    remove: tuple[Path, ...] = ()
    postgres_user: PostgresUser | None = None
    notes: tuple[str, ...] = ()

    def launch(self) -> list[str]:
        """The command line that starts the program through `exec_child`. The caller must be its parent."""
        line = [sys.executable, "-I", "-S", str(LAUNCHER), f"--parent={os.getpid()}", f"--death={int(self.death)}"]
        if self.lock:
            line.append(f"--lock={self.lock}")
        line += [f"--remove={path}" for path in self.remove]
        if self.postgres_user:
            line += [f"--uid={self.postgres_user.uid}", f"--gid={self.postgres_user.gid}"]
        return [*line, "--", *self.argv]

    def environ(self) -> dict[str, str]:
        return {**os.environ, **self.environment}


class Process:
    """A started program. It has its own process group, so that a Ctrl-C at the terminal does not reach it."""

    def __init__(self, command: Command, transport: asyncio.SubprocessTransport, reader: "_OutputReader") -> None:
        self._command = command
        self._transport = transport
        self._reader = reader

    @classmethod
    async def start(cls, command: Command, *, said: Callable[[str], None]) -> "Process":
        """Start a program. `said` is called with each line of its output."""
        reader = _OutputReader(said)
        transport, _ = await asyncio.get_running_loop().subprocess_exec(
            lambda: reader,
            *command.launch(),
            env=command.environ(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        return cls(command, transport, reader)

    @property
    def pid(self) -> int:
        return self._transport.get_pid()

    @property
    def keeps_data(self) -> bool:
        """Whether it needs time to close its files."""
        return self._command.lock is not None

    @property
    def over(self) -> bool:
        return self._reader.exited.is_set()

    async def wait(self) -> int:
        """Wait for its end. The exit code is negative for a signal. The rest of its group is ended, too."""
        await self._reader.exited.wait()
        self.kill()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                await self._reader.silent.wait()
        self._transport.close()
        code = self._transport.get_returncode()
        return -signal.SIGKILL if code is None else code

    async def stop(self, *, timeout_s: float | None = None) -> bool:
        """Ask it to end, and kill its group after `stop_timeout_s`; returns whether it ended by itself."""
        with contextlib.suppress(ProcessLookupError):
            self._transport.send_signal(self._command.stop)
        try:
            async with asyncio.timeout(self._command.stop_timeout_s if timeout_s is None else timeout_s):
                await self.wait()
        except TimeoutError:
            self.kill()
            await self.wait()
            return False
        return True

    def kill(self) -> None:
        """Kill it and its process group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


class _OutputReader(asyncio.SubprocessProtocol):
    """Splits the output into lines, and notices the exit even while a grandchild holds the pipe open."""

    def __init__(self, said: Callable[[str], None]) -> None:
        self._said = said
        self._rest = b""
        self.exited = asyncio.Event()
        self.silent = asyncio.Event()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) >= LINE_MAX:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            self._said(line.decode(errors="replace").rstrip("\r"))

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if self._rest:
            self._said(self._rest.decode(errors="replace"))
            self._rest = b""
        self.silent.set()

    def process_exited(self) -> None:
        self.exited.set()
