"""Runs the processes of `up`: starts them in order, keeps them running, and stops them in reverse order in every case.

`service` has one process and its restarts; `stack` decides which processes run, and with which environment.
"""

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path

from neverdark.errors import CliError, Misconfigured
from neverdark.output import Output
from neverdark.service import Service, ServiceSpec, State

REAPER = Path(__file__).with_name("reaper.py")
HURRIED_STOP_S = 3.0


class Supervisor:
    """The processes of one `up`, by name."""

    def __init__(self, specs: Iterable[ServiceSpec], *, output: Output) -> None:
        self._output = output
        self._asked = asyncio.Event()
        self._times_asked = 0
        self._reaper: subprocess.Popen[str] | None = None
        self.services: dict[str, Service] = {spec.name: self._service(spec) for spec in specs}

    def _service(self, spec: ServiceSpec) -> Service:
        return Service(
            spec,
            said=lambda line: self._output.line(spec.name, line),
            noted=lambda what: self._output.note(spec.name, what),
            started=lambda pid, death: self._tell_reaper(f"+{pid} {death}"),
            ended=lambda pid: self._tell_reaper(f"-{pid}"),
        )

    async def start(self, *names: str) -> None:
        """Start some processes at the same time, and wait until they answer.

        Raises:
            CliError: an essential process, or one with wrong settings, did not start.
        """
        found: CliError | None = None
        try:
            async with asyncio.TaskGroup() as group:
                for name in names:
                    group.create_task(self._start(self.services[name]))
        except* CliError as troubles:
            found = next(_leaves(troubles))
        if found is not None:  # raised in the block above it would be in a group again
            raise found

    async def _start(self, service: Service) -> None:
        try:
            await service.start()
        except CliError as trouble:
            if service.spec.essential or isinstance(trouble, Misconfigured):
                raise
            self._output.note(service.spec.name, "is not up yet; trying on")

    async def run(self, opening: Callable[[], Awaitable[None]]) -> None:
        """Run the start-up, keep all processes running until `stop` or a signal, and stop all, also after a failure."""
        with self._signals(), self._warded():
            keeping = [asyncio.create_task(service.keep()) for service in self.services.values()]
            opened = asyncio.ensure_future(opening())
            asked = asyncio.create_task(self._asked.wait())
            try:
                done, _ = await asyncio.wait({opened, asked, *keeping}, return_when=asyncio.FIRST_COMPLETED)
                if done == {opened}:
                    opened.result()
                    await asyncio.wait({asked, *keeping}, return_when=asyncio.FIRST_COMPLETED)
                for task in keeping:
                    if task.done():
                        task.result()
            finally:
                opened.cancel()
                asked.cancel()
                await self._stop_all()
                for task in keeping:
                    task.cancel()
                await asyncio.gather(opened, asked, *keeping, return_exceptions=True)

    def stop(self) -> None:
        """Stop. A second call shortens the waits; a third one kills at once."""
        self._times_asked += 1
        self._asked.set()
        if self._times_asked == 1:
            self._output.say("Stopping …")
        else:
            for service in self.services.values():
                service.kill(even_with_data=self._times_asked > 2)

    async def _stop_all(self) -> None:
        for service in reversed(self.services.values()):
            if service.state is not State.STOPPED:
                await service.stop(timeout_s=HURRIED_STOP_S if self._times_asked > 1 else None)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        for number in numbers:
            loop.add_signal_handler(number, self.stop)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    @contextlib.contextmanager
    def _warded(self) -> Iterator[None]:
        with subprocess.Popen(
            [sys.executable, "-I", "-S", str(REAPER)],
            stdin=subprocess.PIPE,
            start_new_session=True,
            text=True,
        ) as self._reaper:
            yield

    def _tell_reaper(self, change: str) -> None:
        if self._reaper and self._reaper.stdin:
            with contextlib.suppress(BrokenPipeError):  # the reaper was killed; the kernel does most of its work
                self._reaper.stdin.write(change + "\n")
                self._reaper.stdin.flush()


def _leaves(group: BaseExceptionGroup[CliError]) -> Iterator[CliError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
