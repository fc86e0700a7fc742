"""A vendor's Retry-After, in both its forms, from the wire through a real adapter into the route's health."""

from dataclasses import dataclass, field, fields
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from core.domain.requests.tiers import VEO
from core.ports import VideoJob, VideoRoute
from tests.providers import test_seedance as seedance
from tests.providers.harness import Reply, adapter
from tests.providers.harness import Vendor as Canned
from tests.worker.sim import Sim, world
from tests.worker.strangers import Vendor

WAIT_S = 90


@dataclass
class Throttled(Vendor):
    """A route of the simulated world that answers submits through a real adapter."""

    inner: VideoRoute = field(kw_only=True)

    async def submit(self, job: VideoJob) -> str:
        self.submits += 1
        return await self.inner.submit(job)


def throttle(sim: Sim, form: str) -> None:
    """The first route's vendor throttles every submit and says until when."""
    value = (
        str(WAIT_S) if form == "seconds" else format_datetime(sim.world.now + timedelta(seconds=WAIT_S), usegmt=True)
    )
    refusal = Reply(status=429, body=seedance.said("AccountRateLimitExceeded"), headers={"retry-after": value})

    def clock() -> float:
        return sim.world.now.timestamp()

    inner = adapter("seedance.ark", Canned([refusal]), seedance.TestSeedance.config, clock=clock)
    old = first(sim)
    same = {each.name: getattr(old, each.name) for each in fields(old)}
    sim.vendors[old.key] = Throttled(**same, inner=inner)


def first(sim: Sim) -> Vendor:
    return next(vendor for vendor in sim.vendors.values() if vendor.provider == VEO)


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_a_route_is_left_alone_for_as_long_as_its_vendor_asks(
    form: str, database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        throttle(sim, form)
        began = sim.world.now
        await sim.ask()
        await sim.run()
        until = await sim.admin.fetchval("SELECT cooldown_until FROM provider_health WHERE route = $1", first(sim).key)
        outcome = await sim.admin.fetchval("SELECT outcome FROM generations")
        assert outcome == "succeeded", "the next route makes it meanwhile"
        waited = (until - began).total_seconds()
        assert waited == pytest.approx(WAIT_S, abs=5)
        assert first(sim).submits == 1
