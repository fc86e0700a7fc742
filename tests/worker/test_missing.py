"""A vendor that knows no such task, or has no file at the address it gave: what was paid for is waited for."""

from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.errors import ErrorClass, WontWork, provider_error
from core.domain.generations.remote_clip import RemoteClip
from core.domain.requests.tiers import VEO
from core.ports import Poll, TaskSucceeded
from tests.worker.sim import Sim, world
from tests.worker.strangers import Vendor


@dataclass
class Forgetful(Vendor):
    """Does not know its own task for a while after it was first asked, and has the file only a while after the end.

    `knows_after_s`, `has_after_s`: seconds; the addresses that it gives are new each time.
    """

    knows_after_s: float = 0.0
    has_after_s: float = 0.0
    keeps_s: float = 3600.0
    polls: int = 0
    downloads: int = 0
    tried: tuple[str, ...] = ()

    async def poll(self, task_id: str) -> Poll:
        self.polls += 1
        task = self.tasks[task_id]
        begun = task.ends_at - timedelta(seconds=self.takes_s)
        if begun <= self.clock() < task.ends_at + timedelta(seconds=self.knows_after_s) and self.knows_after_s:
            raise provider_error(ErrorClass.TASK_GONE, "no such task")
        answer = await super().poll(task_id)
        if isinstance(answer, TaskSucceeded):
            url = f"x://clip/{self.polls}"
            return TaskSucceeded(clip=RemoteClip(url=url, expires_at=task.ends_at + timedelta(seconds=self.keeps_s)))
        return answer

    async def download(self, task_id: str, clip: RemoteClip, *, to: Path) -> None:
        self.downloads += 1
        self.tried = (*self.tried, clip.url or "")
        if self.clock() < self.tasks[task_id].ends_at + timedelta(seconds=self.has_after_s):
            raise WontWork(ErrorClass.TASK_GONE, "HTTP 404 for the file", "404")
        await super().download(task_id, clip, to=to)


def forgetful(sim: Sim, **says: float) -> Forgetful:
    old = next(vendor for vendor in sim.vendors.values() if vendor.provider == VEO)
    made = Forgetful(**{each.name: getattr(old, each.name) for each in fields(old)} | says)
    sim.vendors[made.key] = made
    return made


async def failures(sim: Sim, vendor: Vendor) -> int:
    """How many attempts at this route have counted as failed."""
    query = "SELECT count(*) FROM attempts WHERE route = $1 AND state = 'failed' AND error_class = 'task_gone'"
    return int(await sim.admin.fetchval(query, vendor.key))


@pytest.mark.parametrize(
    ("knows_after_s", "is_lost"), [(1.0, False), (35.0, False), (9000.0, True)], ids=["a moment", "half", "for ever"]
)
async def test_not_found_ends_a_paid_job_only_when_it_is_said_for_a_minute(
    database: str, tmp_path: Path, clip: Path, knows_after_s: float, *, is_lost: bool
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        vendor = forgetful(sim, knows_after_s=knows_after_s)
        await sim.ask()
        await sim.run()
        others = sum(each.submits for each in sim.vendors.values() if each is not vendor)
        assert await sim.admin.fetchval("SELECT outcome FROM generations") == "succeeded"
        assert others == is_lost
        assert await failures(sim, vendor) == is_lost
        took = await sim.admin.fetchval(
            "SELECT extract(epoch FROM ended_at - accepted_at) FROM attempts WHERE route = $1", vendor.key
        )
        assert not is_lost or took >= 60
        assert not is_lost or vendor.polls >= 3


@pytest.mark.parametrize("has_after_s", [2.0, 100.0, 500.0])
async def test_a_file_that_is_not_there_yet_is_tried_at_fresh_addresses_before_another_is_paid(
    database: str, tmp_path: Path, clip: Path, has_after_s: float
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        vendor = forgetful(sim, has_after_s=has_after_s)
        await sim.ask()
        await sim.run()
        assert await sim.admin.fetchval("SELECT outcome FROM generations") == "succeeded"
        assert [each.submits for each in sim.vendors.values() if each is not vendor] == [0]
        assert len(set(vendor.tried)) > 1, "each try asks for a fresh address"
        assert vendor.downloads < 60, "the tries are spaced"
        assert await failures(sim, vendor) == 0


async def test_a_file_that_never_comes_is_given_up_when_the_vendor_keeps_it_no_longer(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        vendor = forgetful(sim, has_after_s=99_999.0, keeps_s=400.0)
        await sim.ask()
        await sim.run()
        assert await sim.admin.fetchval("SELECT outcome FROM generations") == "succeeded"
        assert [each.submits for each in sim.vendors.values() if each is not vendor] == [1]
        assert await failures(sim, vendor) == 1
