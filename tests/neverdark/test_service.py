"""One kept process: its restarts, its readiness, and what is said about it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.backoff import backoff_s
from neverdark.errors import CliError, Misconfigured
from neverdark.process import Command
from neverdark.service import (
    BACKOFF_FIRST_S,
    BACKOFF_MAX_S,
    HEALTHY_AFTER_S,
    Service,
    ServiceSpec,
    State,
    deaths_in_a_row,
)

Make = Callable[..., Command]
SLEEPS = "import time; print('up'); time.sleep(60)"


@contextlib.asynccontextmanager
async def kept(spec: ServiceSpec) -> AsyncIterator[tuple[Service, list[str], list[str]]]:
    said: list[str] = []
    noted: list[str] = []
    service = Service(
        spec,
        said=said.append,
        noted=noted.append,
        started=lambda pid, death: None,  # noqa: ARG005 - there is no reaper here
        ended=lambda pid: None,  # noqa: ARG005 - there is no reaper here
    )
    task = asyncio.create_task(service.keep())
    try:
        yield service, said, noted
    finally:
        await service.stop()
        task.cancel()


async def test_a_start_returns_when_the_process_answers(program: Make, tmp_path: Path) -> None:
    mark = tmp_path / "answers"

    async def ready() -> bool:
        return mark.exists()

    source = "import pathlib, time; time.sleep(0.2); pathlib.Path('{here}/answers').touch(); time.sleep(60)"
    spec = ServiceSpec(name="one", prepare=lambda: program(source), ready=ready)
    async with kept(spec) as (service, _, _):
        await service.start()
        assert mark.exists()
        assert service.state is State.RUNNING


async def test_a_start_may_wait_for_a_word_in_the_output(program: Make) -> None:
    source = "import time; print('hello'); time.sleep(0.2); print('now one.ready'); time.sleep(60)"
    spec = ServiceSpec(name="one", prepare=lambda: program(source), ready_event="one.ready")
    async with kept(spec) as (service, said, _):
        await service.start()
        assert said == ["hello", "now one.ready"]


async def test_a_process_that_dies_is_started_again(program: Make) -> None:
    source = """
        import pathlib, sys, time
        lives = pathlib.Path('{here}/lives')
        lives.write_text(str(int(lives.read_text() if lives.exists() else '0') + 1))
        print('life', lives.read_text())
        if lives.read_text() == '1':
            sys.exit(7)
        time.sleep(60)
    """
    command = program(source)
    spec = ServiceSpec(name="one", prepare=lambda: command, ready_event="life 2")
    async with kept(spec) as (service, said, noted):
        with pytest.raises(CliError, match="one did not start: life 1"):
            await service.start()
        await service.start()
        assert said == ["life 1", "life 2"]
        assert noted == ["ended with exit code 7; starting again in 0.5 s"]
        assert service.starts == 2


async def test_a_killed_process_is_started_again(program: Make) -> None:
    spec = ServiceSpec(name="one", prepare=lambda: program(SLEEPS), ready_event="up")
    async with kept(spec) as (service, said, noted):
        await service.start()
        first = service.pid
        service.kill(even_with_data=True)
        async with asyncio.timeout(10):
            while len(said) < 2:  # noqa: ASYNC110 - it is another process that says it
                await asyncio.sleep(0.02)
        assert service.pid != first
        assert noted == ["was killed (signal 9); starting again in 0.5 s"]


async def test_a_stopped_process_stays_down_until_it_is_wanted_again(program: Make) -> None:
    spec = ServiceSpec(name="one", prepare=lambda: program(SLEEPS), ready_event="up")
    async with kept(spec) as (service, _, noted):
        await service.start()
        await service.stop()
        assert service.state is State.STOPPED
        assert service.pid is None
        await service.start()
        assert service.state is State.RUNNING
        assert noted == []


async def test_a_process_can_be_stopped_while_it_waits_to_be_started_again(program: Make) -> None:
    spec = ServiceSpec(name="one", prepare=lambda: program("raise SystemExit(1)"), ready_event="never")
    async with kept(spec) as (service, _, _):
        with pytest.raises(CliError):
            await service.start()
        async with asyncio.timeout(2):
            await service.stop()
        assert service.state is State.STOPPED


async def test_exit_code_2_says_that_a_setting_is_wrong(program: Make) -> None:
    source = "print('TIME_SCALE wants a number.'); raise SystemExit(2)"
    spec = ServiceSpec(name="one", prepare=lambda: program(source), ready_event="never")
    async with kept(spec) as (service, _, _):
        with pytest.raises(Misconfigured, match=r"one did not start: TIME_SCALE wants a number\."):
            await service.start()


async def test_a_command_that_cannot_be_prepared_is_said_and_tried_again() -> None:
    def prepare() -> Command:
        raise CliError("there is no room.")

    async with kept(ServiceSpec(name="one", prepare=prepare)) as (service, _, noted):
        with pytest.raises(CliError, match=r"^there is no room\.$"):
            await service.start()
        assert noted == ["can't be started: there is no room; starting again in 0.5 s"]


async def test_an_essential_process_that_never_came_up_leaves_the_word_to_its_starter() -> None:
    def prepare() -> Command:
        raise CliError("there is no room.")

    async with kept(ServiceSpec(name="one", prepare=prepare, essential=True)) as (service, _, noted):
        with pytest.raises(CliError, match=r"^there is no room\.$"):
            await service.start()
        assert noted == []


async def test_a_late_start_is_said(program: Make) -> None:
    async def ready() -> bool:
        return False

    spec = ServiceSpec(name="one", prepare=lambda: program(SLEEPS), ready=ready, ready_timeout_s=0.3)
    async with kept(spec) as (service, _, _):
        with pytest.raises(CliError, match=r"one has not answered for 0\.3 s"):
            await service.start()


async def test_muted_lines_are_not_shown(program: Make) -> None:
    source = "print('chatter: nothing'); print('news'); import time; time.sleep(60)"
    spec = ServiceSpec(name="one", prepare=lambda: program(source), ready_event="news", mute=("chatter",))
    async with kept(spec) as (service, said, _):
        await service.start()
        assert said == ["news"]


def test_delays_double_up_to_the_longest() -> None:
    deaths, delays = 0, []
    for _ in range(10):
        deaths = deaths_in_a_row(deaths, ran_for_s=0)
        delays.append(backoff_s(deaths, first_s=BACKOFF_FIRST_S, most_s=BACKOFF_MAX_S))
    assert delays == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30]


@given(before=st.integers(0, 1000), ran_for_s=st.floats(0, 1e6))
def test_after_a_healthy_minute_deaths_are_counted_afresh(before: int, ran_for_s: float) -> None:
    deaths = deaths_in_a_row(before, ran_for_s=ran_for_s)
    assert deaths == (1 if ran_for_s >= HEALTHY_AFTER_S else before + 1)
