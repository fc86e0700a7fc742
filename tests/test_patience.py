"""A promise of seconds is measured by what we wait and do, not by what the machine does beside it."""

import asyncio
import time

import pytest

from tests.patience import in_time


async def test_a_pause_that_is_too_long_is_seen() -> None:
    with pytest.raises(AssertionError, match=r"it took \d"):
        async with in_time(0.2):
            await asyncio.sleep(0.5)


async def test_work_that_takes_too_long_is_seen() -> None:
    with pytest.raises(AssertionError, match=r"it took \d"):
        async with in_time(0.1):
            _work(0.15)


def _work(cpu_s: float) -> None:
    began = time.process_time()
    while time.process_time() - began < cpu_s:
        pass


async def test_a_machine_that_stands_still_is_not_counted() -> None:
    async with in_time(0.2):
        await asyncio.sleep(0.01)
        time.sleep(0.5)  # noqa: ASYNC251 - nothing of ours runs meanwhile, as on a busy machine
        await asyncio.sleep(0.01)
