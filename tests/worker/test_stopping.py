"""A worker that is told to stop finishes what it has in hand, or hands it back; the next one goes on from there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from core.db import workers
from core.db.errors import transaction
from core.ports import VideoJob
from tests.worker.sim import Sim, world
from worker.dispatcher import ClaimLimits, Dispatcher

SOON_S = 30.0


class Door:
    """Stands before a vendor: a submit waits there until it is opened."""

    def __init__(self, sim: Sim) -> None:
        self.reached, self.opened = asyncio.Event(), asyncio.Event()
        (self.vendor,) = (vendor for key, vendor in sim.vendors.items() if key.startswith("veo"))
        self._submit = self.vendor.submit
        self.vendor.submit = self.submit  # type: ignore[method-assign]  # the test stands in the way of this one vendor

    async def submit(self, job: VideoJob) -> str:
        self.reached.set()
        await self.opened.wait()
        return await self._submit(job)


@asynccontextmanager
async def stopped_while_submitting(sim: Sim, *, finish_s: float) -> AsyncIterator[tuple[Door, "asyncio.Task[None]"]]:
    """A worker that was told to stop while its request is on its way."""
    door, stopping = Door(sim), asyncio.Event()
    dispatcher = Dispatcher(sim.ctx, room=ClaimLimits(), finish_s=finish_s)
    dispatching = asyncio.create_task(dispatcher.run(stopping))
    await sim.ask()
    dispatcher.hint(sim.id)
    async with asyncio.timeout(SOON_S):
        await door.reached.wait()
        stopping.set()
        yield door, dispatching
        await dispatching


async def row(sim: Sim, table: str = "generations") -> Any:
    return await sim.admin.fetchrow(f"SELECT * FROM {table}")  # noqa: S608 - a table's name, from below


async def test_the_step_in_hand_is_finished_and_recorded(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        async with stopped_while_submitting(sim, finish_s=SOON_S) as (door, dispatching):
            assert not dispatching.done()
            door.opened.set()
        assert (await row(sim, "attempts"))["state"] == "accepted"
        seen = await row(sim)
        assert (seen["state"], seen["lease_owner"]) == ("rendering", None)


async def test_nothing_new_is_begun_after_the_word_to_stop(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        async with stopped_while_submitting(sim, finish_s=SOON_S) as (door, _):
            sim.run_n = 2  # another event
            await sim.ask()
            door.opened.set()
        fences = await sim.admin.fetch("SELECT fence > 0 AS claimed FROM generations ORDER BY id = $1", sim.id)
        assert [row["claimed"] for row in fences] == [True, False]


async def test_what_takes_too_long_is_handed_back_and_the_next_worker_begins_nothing_twice(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        async with stopped_while_submitting(sim, finish_s=0.05) as (door, _):
            pass
        assert (await row(sim))["lease_owner"] == sim.ctx.owner, "held until it says good-bye"
        async with transaction(sim.pool) as conn:
            assert await workers.leave(conn, worker=sim.ctx.owner) >= 1
        seen = await row(sim)
        assert (seen["lease_owner"], seen["claims"], seen["wake_at"]) == (None, 0, sim.world.now)
        assert (await row(sim, "attempts"))["state"] == "intended"
        door.opened.set()
        await sim.boot()
        await sim.run()
        assert (await row(sim))["outcome"] == "succeeded"
        assert sim.tasks == 1
