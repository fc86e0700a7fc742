"""Keeps one process of `up` running: starts it, waits until it answers, and starts it again when it has died.

The supervisor decides the order of processes, and ends all of them.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from core.domain.backoff import backoff_s
from neverdark.errors import CliError, Misconfigured
from neverdark.process import Command, Process

BACKOFF_FIRST_S = 0.5
BACKOFF_MAX_S = 30.0
HEALTHY_AFTER_S = 60.0
READY_POLL_S = 0.05
EVENT_TIMEOUT_S = 30.0


class State(StrEnum):
    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting to be started again"
    REFUSED = "not started again before something is changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """A process that `up` keeps running.

    Args:
        prepare: makes its command before every start; it may block, because it runs in a thread.
        ready: asks whether it answers; None: it counts as ready when it runs.
        ready_event: a word in its output that shows readiness; looked for at most `EVENT_TIMEOUT_S`.
        ready_timeout_s: seconds that a start waits for an answer.
        mute: lines that contain one of these are not shown.
        essential: whether the rest needs it, so that a failed first start ends `up`.
    """

    name: str
    prepare: Callable[[], Command]
    ready: Callable[[], Awaitable[bool]] | None = None
    ready_event: str | None = None
    ready_timeout_s: float = 60.0
    mute: tuple[str, ...] = ()
    essential: bool = False


def deaths_in_a_row(before: int, *, ran_for_s: float) -> int:
    """The number of deaths for the next back-off: a process that ran for a minute begins at one again."""
    return 1 if ran_for_s >= HEALTHY_AFTER_S else before + 1


class Service:
    """One service with its present process."""

    def __init__(
        self,
        spec: ServiceSpec,
        *,
        said: Callable[[str], None],
        noted: Callable[[str], None],
        started: Callable[[int, int], None],
        ended: Callable[[int], None],
    ) -> None:
        self.spec = spec
        self.state = State.STOPPED
        self.starts = 0
        self._said, self._noted, self._started, self._ended = said, noted, started, ended
        self._process: Process | None = None
        self._wanted = asyncio.Event()
        self._no_more_waiting = asyncio.Event()
        self._changed = asyncio.Condition()
        self._announced = asyncio.Event()
        self._was_up = False
        self._last_line = ""
        self._last_code: int | None = None
        self._trouble: CliError | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and not self._process.over else None

    async def keep(self) -> None:
        """Keep the process running while it is wanted, until cancelled."""
        deaths = 0
        while True:
            await self._wanted.wait()
            began = time.monotonic()
            how = await self._run_once()
            if not self._wanted.is_set():
                deaths = 0
                await self._become(State.STOPPED)
                continue
            if self._last_code == Misconfigured.exit_code:
                self._wanted.clear()
                deaths = 0
                if self._was_up:
                    self._noted(f"{how}; {State.REFUSED}: {self._last_line}")
                await self._become(State.REFUSED)
                continue
            deaths = deaths_in_a_row(deaths, ran_for_s=time.monotonic() - began)
            delay_s = backoff_s(deaths, first_s=BACKOFF_FIRST_S, most_s=BACKOFF_MAX_S)
            if self._was_up or not self.spec.essential:  # otherwise `up` ends, and says why
                self._noted(f"{how}; starting again in {delay_s:g} s")
            await self._become(State.WAITING)
            await self._wait(delay_s)
            if not self._wanted.is_set():
                await self._become(State.STOPPED)

    async def _wait(self, delay_s: float) -> None:
        """Wait, until the time is over or a command starts or stops it."""
        if not self._wanted.is_set():
            return
        self._no_more_waiting.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self._no_more_waiting.wait()

    async def start(self) -> None:
        """Start it, and wait until it answers, has died, or is late.

        Raises:
            CliError: it did not start this time; it is tried again while it is wanted.
        """
        self._wanted.set()
        self._no_more_waiting.set()
        if self.state in {State.STOPPED, State.WAITING, State.REFUSED}:
            await self._become(State.STARTING)
        try:
            async with asyncio.timeout(self.spec.ready_timeout_s), self._changed:
                await self._changed.wait_for(lambda: self.state is not State.STARTING)
        except TimeoutError:
            raise CliError(f"{self.spec.name} has not answered for {self.spec.ready_timeout_s:g} s") from None
        if self.state in {State.WAITING, State.REFUSED}:
            if self._trouble is not None:
                raise self._trouble
            kind = Misconfigured if self._last_code == Misconfigured.exit_code else CliError
            raise kind(f"{self.spec.name} did not start: {self._last_line or f'exit code {self._last_code}'}")

    async def stop(self, *, timeout_s: float | None = None) -> None:
        """Stop it, and wait until it has ended."""
        self._wanted.clear()
        self._no_more_waiting.set()
        process = self._process
        if process and not process.over and not await process.stop(timeout_s=timeout_s):
            self._noted("did not end in time and was killed")
        async with self._changed:
            await self._changed.wait_for(lambda: self.state in {State.STOPPED, State.REFUSED})

    def kill(self, *, even_with_data: bool) -> None:
        """Kill it; a process that keeps data only if the caller asks for that, too."""
        if self._process and (even_with_data or not self._process.keeps_data):
            self._process.kill()

    async def _run_once(self) -> str:
        """Run the process once, from its start to its end; returns how it ended."""
        await self._become(State.STARTING)
        self._announced.clear()
        self._last_line, self._last_code, self._trouble = "", None, None
        try:
            command = await asyncio.to_thread(self.spec.prepare)
            process = await Process.start(command, said=self._heard)
        except (CliError, OSError) as error:
            self._trouble = error if isinstance(error, CliError) else CliError(f"{self.spec.name}: {error}.")
            return f"can't be started: {str(error).rstrip('.')}"
        for note in command.notes:
            self._noted(note)
        self._process = process
        self.starts += 1
        self._started(process.pid, int(command.death))
        if not self._wanted.is_set():  # it was stopped during its preparation
            await process.stop()
        ready = asyncio.create_task(self._wait_ready(process))
        try:
            self._last_code = await process.wait()
        finally:
            ready.cancel()
            self._ended(process.pid)
        return (
            f"ended with exit code {self._last_code}"
            if self._last_code >= 0
            else f"was killed (signal {-self._last_code})"
        )

    async def _wait_ready(self, process: Process) -> None:
        if self.spec.ready is not None:
            while not await self.spec.ready():  # noqa: ASYNC110 - it is another process that gets ready
                await asyncio.sleep(READY_POLL_S)
        if self.spec.ready_event is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVENT_TIMEOUT_S):
                    await self._announced.wait()
        if not process.over:
            self._was_up = True
            await self._become(State.RUNNING)

    def _heard(self, line: str) -> None:
        if line.strip():
            self._last_line = line.strip()
        if self.spec.ready_event and self.spec.ready_event in line:
            self._announced.set()
        if not any(part in line for part in self.spec.mute):
            self._said(line)

    async def _become(self, state: State) -> None:
        async with self._changed:
            self.state = state
            self._changed.notify_all()
