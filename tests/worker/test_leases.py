"""A lease is kept while the work goes on, and the work stops when the lease is lost."""

import asyncio

import pytest

from core.db.generations.claims import StaleError
from worker import leases


async def test_the_work_ends_as_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "RENEW_EVERY_S", 0.001)
    renewed = asyncio.Event()

    async def renew() -> None:
        renewed.set()

    async with asyncio.timeout(30), leases.kept(renew):
        await renewed.wait()
    with pytest.raises(ZeroDivisionError):
        async with leases.kept(renew):
            raise ZeroDivisionError


async def test_work_whose_lease_is_lost_stops_at_once_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "RENEW_EVERY_S", 0.001)

    async def renew() -> None:
        raise StaleError

    with pytest.raises(StaleError):
        async with asyncio.timeout(30), leases.kept(renew):
            await asyncio.Event().wait()
    await asyncio.sleep(0)  # nothing is left of the cancellation


async def test_a_stop_from_outside_is_not_taken_for_a_lost_lease() -> None:
    started = asyncio.Event()

    async def renew() -> None:
        return

    async def work() -> None:
        async with leases.kept(renew):
            started.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
