"""The real processes of one installation, each started again whenever it dies, and killed on request.

What runs, and with which environment, is decided by the product's own `neverdark.stack`; this takes the place of
`neverdark up`, whose pauses between restarts would be most of what is measured here.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from neverdark.process import Command
from neverdark.service import ServiceSpec
from neverdark.stack import Stack

RESTART_S = 0.2
"""What a supervisor takes to notice a death."""
STOP_S = 30.0
KEEPS_DATA = ("postgres", "redis")


class Member:
    """One process and its successors."""

    def __init__(self, name: str, prepare: Callable[[], Command], service: ServiceSpec, *, log: Path) -> None:
        self.name = name
        self.deaths = 0
        self.insisted = 0
        self._prepare = prepare
        self._service = service
        self._log = log
        self._command: Command | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._wanted = True

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def keep(self) -> None:
        """Run it until it is stopped for good."""
        while self._wanted:
            command = self._command = await asyncio.to_thread(self._prepare)
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *command.launch(), env=command.environ(), stdin=asyncio.subprocess.DEVNULL,
                    stdout=log, stderr=log, start_new_session=True,
                )  # fmt: skip
            await self._process.wait()
            self._end_group(signal.SIGKILL)
            if self._wanted:
                self.deaths += 1
                await asyncio.sleep(RESTART_S)

    async def ready(self) -> None:
        """Wait until it answers, where there is a way to ask."""
        if self._service.ready is None:
            return
        async with asyncio.timeout(self._service.ready_timeout_s):
            while not await self._service.ready():  # noqa: ASYNC110 - it is another process that gets ready
                await asyncio.sleep(0.05)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end_group(signal.SIGKILL)

    def end(self) -> None:
        """Ask it to end, its own way, and insist when its time is up."""
        process, command = self._process, self._command
        if process is None or process.returncode is not None or command is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(command.stop)
        asyncio.get_running_loop().call_later(command.stop_timeout_s, self._insist, process)

    def _insist(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is None:
            self.insisted += 1
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def stop(self) -> None:
        """Ask it to end for good, and insist."""
        self._wanted = False
        self.end()
        if self._process is not None:
            try:
                async with asyncio.timeout(STOP_S if self.name in KEEPS_DATA else 5):
                    await self._process.wait()
            except TimeoutError:
                self.kill()
                await self._process.wait()

    def _end_group(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)


class Crew:
    """All processes, by name; workers are worker-0, worker-1 and so on, all started alike."""

    def __init__(self, plan: Stack, *, workers: int, seed: int, logs: Path) -> None:
        logs.mkdir(exist_ok=True)
        self.logs = logs
        self.members: dict[str, Member] = {}
        for service in plan.specs:
            for name, prepare in _each(service, workers=workers, seed=seed):
                self.members[name] = Member(name, prepare, service, log=logs / f"{name}.log")
        self._keeping: dict[str, asyncio.Task[None]] = {}

    def __getitem__(self, name: str) -> Member:
        return self.members[name]

    @property
    def workers(self) -> tuple[str, ...]:
        return tuple(name for name in self.members if name.startswith("worker-"))

    async def start(self, *names: str) -> None:
        """Start some, and wait until they answer."""
        for name in names:
            self._keeping[name] = asyncio.create_task(self.members[name].keep(), name=name)
        for name in names:
            await self.members[name].ready()

    async def stop(self) -> None:
        """End all of them: those that keep data last."""
        last = [name for name in self._keeping if name in KEEPS_DATA]
        for names in ([name for name in self._keeping if name not in last], last):
            await asyncio.gather(*(self.members[name].stop() for name in names))
        await asyncio.gather(*self._keeping.values())


def _each(service: ServiceSpec, *, workers: int, seed: int) -> Iterator[tuple[str, Callable[[], Command]]]:
    """The processes of one service, with what makes each."""
    match service.name:
        case "worker":
            for n in range(workers):
                yield f"worker-{n}", service.prepare
        case "sandbox":
            yield service.name, partial(_seeded, service, seed)
        case _:
            yield service.name, service.prepare


def _seeded(service: ServiceSpec, seed: int) -> Command:
    command = service.prepare()
    return replace(command, argv=(*command.argv, f"--seed={seed}"))
