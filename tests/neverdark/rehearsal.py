"""An `up` of small programs: `python rehearsal.py HOME NAME=PROGRAM …` starts them in order, and stops as `up` does.

A program says `NAME.ready` when it is up. Run by the tests of the supervisor as a process of its own, to be killed.
"""

import asyncio
import signal
import sys
from pathlib import Path

from neverdark import control, state
from neverdark.errors import CliError
from neverdark.output import Output
from neverdark.process import Command
from neverdark.service import ServiceSpec
from neverdark.supervise import Supervisor


def spec(name: str, program: str, home: state.Home) -> ServiceSpec:
    data = name.startswith("data")
    command = Command(
        argv=(sys.executable, "-I", "-S", "-u", program, name),
        stop_timeout_s=5,
        death=signal.SIGTERM if data else signal.SIGKILL,
        lock=home.run / f"{name}.lock" if data else None,
    )
    return ServiceSpec(name=name, prepare=lambda: command, ready_event=f"{name}.ready", essential=data)


async def rehearse(home: state.Home, programs: dict[str, str]) -> None:
    output = Output()
    supervisor = Supervisor([spec(name, program, home) for name, program in programs.items()], output=output)

    async def opening() -> None:
        for name in programs:
            await supervisor.start(name)
        output.say("all up")

    async with control.listening(home, supervisor, absent={"absent": "It is somewhere else."}):
        await supervisor.run(opening)


def main() -> None:
    home = state.open_home(Path(sys.argv[1]))
    try:
        with state.only_one(home):
            state.publish(home, {"pid": 1, "address": "http://rehearsal"})
            asyncio.run(rehearse(home, dict(argument.split("=", 1) for argument in sys.argv[2:])))
    except CliError as trouble:
        print(trouble)
        sys.exit(trouble.exit_code)
    print("stopped")


if __name__ == "__main__":
    main()
