"""Runs the processes of `up`: in order, kept running, and stopped in reverse whatever happens.

One process and its restarts are in `keeper`; what is started, and with which environment, is in `stack`.
"""

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path

from neverdark.errors import Misconfigured, Trouble
from neverdark.keeper import Keeper, Service, State
from neverdark.output import Output

WARDEN = Path(__file__).with_name("warden.py")
HURRIED_STOP_S = 3.0


class Supervisor:
    """The processes of one `up`, by name."""

    def __init__(self, services: Iterable[Service], *, output: Output) -> None:
        self._output = output
        self._asked = asyncio.Event()
        self._times_asked = 0
        self._warden: subprocess.Popen[str] | None = None
        self.keepers: dict[str, Keeper] = {service.name: self._keeper(service) for service in services}

    def _keeper(self, service: Service) -> Keeper:
        return Keeper(
            service,
            said=lambda line: self._output.line(service.name, line),
            noted=lambda what: self._output.note(service.name, what),
            started=lambda pid, death: self._tell_warden(f"+{pid} {death}"),
            ended=lambda pid: self._tell_warden(f"-{pid}"),
        )

    async def start(self, *names: str) -> None:
        """Start some processes at the same time, and wait until they answer.

        Raises:
            Trouble: one without which the rest is of no use, or one that is configured wrongly, did not come up.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for name in names:
                    group.create_task(self._start(self.keepers[name]))
        except* Trouble as troubles:
            raise next(_leaves(troubles)) from None

    async def _start(self, keeper: Keeper) -> None:
        try:
            await keeper.start()
        except Trouble as trouble:
            if keeper.service.essential or isinstance(trouble, Misconfigured):
                raise
            self._output.note(keeper.service.name, "is not up yet; trying on")

    async def run(self, opening: Callable[[], Awaitable[None]]) -> None:
        """Do the opening, then keep everything running until `stop` or a signal; stop all, also after a failure."""
        with self._signals(), self._warded():
            keeping = [asyncio.create_task(keeper.keep()) for keeper in self.keepers.values()]
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
        """Ask for the end. A second time hurries it; a third one waits for nothing."""
        self._times_asked += 1
        self._asked.set()
        if self._times_asked == 1:
            self._output.say("Stopping …")
        else:
            for keeper in self.keepers.values():
                keeper.kill(even_with_data=self._times_asked > 2)

    async def _stop_all(self) -> None:
        for keeper in reversed(self.keepers.values()):
            if keeper.state is not State.STOPPED:
                await keeper.stop(timeout_s=HURRIED_STOP_S if self._times_asked > 1 else None)

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
            [sys.executable, "-I", "-S", str(WARDEN)],
            stdin=subprocess.PIPE,
            start_new_session=True,
            text=True,
        ) as self._warden:
            yield

    def _tell_warden(self, change: str) -> None:
        if self._warden and self._warden.stdin:
            with contextlib.suppress(BrokenPipeError):  # it was killed; the kernel still does most of its work
                self._warden.stdin.write(change + "\n")
                self._warden.stdin.flush()


def _leaves(group: BaseExceptionGroup[Trouble]) -> Iterator[Trouble]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
