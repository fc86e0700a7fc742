"""A video that begins with a picture: every vendor that is asked gets it, whoever fails and whatever was lost."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from PIL import Image

from core.db.generations import claims, deliveries
from core.domain.chat.addresses import Addresses
from core.domain.chat.delivery import Kind
from core.domain.errors import ErrorClass
from core.domain.generations.generation import Generation, Outcome, State
from core.domain.ids import ChannelId
from core.domain.requests.pictures import KeptPicture, Sides, framed, key_of
from core.domain.requests.pricing import Capabilities, Offer
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import KLING, VEO, TierName
from core.pictures import Written, prepared
from core.ports import InputImage, RouteFacts, VideoJob
from core.replies.chat.card import plain
from core.replies.generations.results import result
from core.usecases.requests.submit import VideoCommand, submit
from tests.worker.kill_runs import moments
from tests.worker.kills import Fuse
from tests.worker.scenarios import Scenario, ended_well
from tests.worker.sim import ANA, PLATFORM, Script, Sim, runs, world
from tests.worker.strangers import Vendor
from worker.card_view import load_view
from worker.dispatcher import ClaimLimits, Dispatcher
from worker.pictures import INLINE_MAX, frames_of

BASE = "https://video.example.org"


@dataclass
class Painter(Vendor):
    """A vendor that keeps what it was sent."""

    jobs: list[VideoJob] = field(default_factory=list)
    sought: list[VideoJob] = field(default_factory=list)
    sides: Sides = field(default_factory=Sides)

    @property
    def facts(self) -> RouteFacts:
        return replace(super().facts, picture=self.sides)

    async def submit(self, job: VideoJob) -> str:
        self.jobs.append(job)
        return await super().submit(job)

    async def find(self, job: VideoJob, *, sent_at: datetime) -> str | None:
        self.sought.append(job)
        return await super().find(job, sent_at=sent_at)


@dataclass
class Studio:
    """One run whose vendors take pictures."""

    sim: Sim
    veo: Painter
    kling: Painter

    async def keep(self, size: tuple[int, int] = (640, 360), *, colour: str = "red", noise: bool = False) -> Written:
        """Put a picture into the storage."""
        picture = Image.effect_noise(size, 180).convert("RGB") if noise else Image.new("RGB", size, colour)
        out = BytesIO()
        picture.save(out, "PNG")
        written = await prepared(out.getvalue())
        path = self.sim.ctx.workdir / f"{written.sha256}.jpg"
        path.write_bytes(written.data)
        await self.sim.ctx.storage.put(key_of(written.sha256), path, content_type="image/jpeg")
        path.unlink()
        return written

    async def ask(self, first: Written, last: Written | None = None) -> None:
        plain_request = VideoRequest(prompt="it turns its head", tier=TierName.ULTRA)
        await self.ask_for(framed(plain_request, first=_kept(first), last=_kept(last) if last else None))

    async def ask_for(self, request: VideoRequest) -> None:
        sim = self.sim
        asked = VideoCommand(
            platform=PLATFORM,
            installation=sim.installation,
            channel=ChannelId(sim.place),
            user=ANA,
            event="picture",
            place=sim.place,
            request=request,
        )
        sim.id = (await submit(asked, pool=sim.pool, terms=sim.terms, owner="bot")).generation_id

    async def generation(self) -> Generation:
        async with self.sim.pool.acquire() as conn:
            found = await claims.load(conn, self.sim.id)
        assert found is not None
        return found


def _kept(written: Written) -> KeptPicture:
    return KeptPicture(key=key_of(written.sha256), width=written.width, height=written.height)


def _offer(offer: Offer, *, last_frame: bool = True) -> Offer:
    capabilities: Capabilities = replace(offer.capabilities, first_frame=True, last_frame=last_frame)
    return replace(offer, capabilities=capabilities)


@asynccontextmanager
async def studio(
    database: str,
    folder: Path,
    clip: Path,
    *,
    veo: str = "ok",
    kling: str = "ok",
    kling_ends: bool = True,
    sides: Sides | None = None,
    public: bool = False,
) -> AsyncIterator[Studio]:
    async with world(database, folder, clip, veo=[veo], kling=[kling]) as sim:
        yield _furnished(sim, kling_ends=kling_ends, sides=sides or Sides(), public=public)


def _furnished(sim: Sim, *, kling_ends: bool = True, sides: Sides | None = None, public: bool = False) -> Studio:
    """A run in which both vendors take pictures."""
    painters = {}
    for key, vendor in list(sim.vendors.items()):
        given = {each.name: getattr(vendor, each.name) for each in fields(vendor)}
        painters[vendor.provider] = sim.vendors[key] = Painter(**given, sides=sides or Sides())
    offers = dict(sim.terms.offers)
    sim.terms = replace(
        sim.terms, offers={VEO: _offer(offers[VEO]), KLING: _offer(offers[KLING], last_frame=kling_ends)}
    )
    addresses = Addresses(base=BASE, secret="a secret of the tests") if public else None
    sim.ctx = replace(sim.ctx, terms=sim.terms, addresses=addresses)
    sim.dispatcher = Dispatcher(sim.ctx, room=ClaimLimits())
    return Studio(sim, painters[VEO], painters[KLING])


def _image(written: Written) -> InputImage:
    return InputImage(data=written.data, mime_type="image/jpeg")


async def test_the_vendor_gets_the_picture_that_was_kept(database: str, tmp_path: Path, clip: Path) -> None:
    async with studio(database, tmp_path, clip) as house:
        first, last = await house.keep(colour="red"), await house.keep(colour="blue")
        await house.ask(first, last)
        await house.sim.run()
        (job,) = house.veo.jobs
        assert (job.first_frame, job.last_frame) == (_image(first), _image(last))
        await ended_well(house.sim, Scenario(name="with pictures"))
        operation = await house.sim.admin.fetchval(
            "SELECT operation FROM provider_latency WHERE route = $1", house.veo.key
        )
        assert operation == "image", "its duration is remembered among those of words alone"


async def test_references_go_to_whoever_takes_them_and_the_result_says_who_did_not(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with studio(database, tmp_path, clip) as house:
        kept = [await house.keep(colour=colour) for colour in ("red", "blue", "green")]
        kling = house.sim.terms.offers[KLING]
        taking = replace(kling, capabilities=replace(kling.capabilities, references_max=3))
        house.sim.terms = replace(house.sim.terms, offers={**house.sim.terms.offers, KLING: taking})
        house.sim.ctx = replace(house.sim.ctx, terms=house.sim.terms)
        house.sim.dispatcher = Dispatcher(house.sim.ctx, room=ClaimLimits())
        keys = tuple(key_of(each.sha256) for each in kept)
        await house.ask_for(VideoRequest(prompt="a fox in this style", tier=TierName.ULTRA, references=keys))
        await house.sim.run()
        assert house.veo.jobs == []
        (job,) = house.kling.jobs
        assert job.references == tuple(map(_image, kept))
        assert (job.first_frame, job.last_frame) == (None, None)
        key = deliveries.key_of(house.sim.id, Kind.RESULT)
        [last] = [m for messages in house.sim.chat.threads.values() for m in messages if m.key == key]
        assert "Veo cannot make this one, so Kling made it." in last.text


async def test_who_takes_over_begins_with_the_same_picture(database: str, tmp_path: Path, clip: Path) -> None:
    async with studio(database, tmp_path, clip, veo="fails") as house:
        first = await house.keep()
        await house.ask(first)
        await house.sim.run()
        assert [job.first_frame for job in (*house.veo.jobs, *house.kling.jobs)] == [_image(first)] * 2
        assert (await house.generation()).outcome is Outcome.SUCCEEDED


async def test_a_lost_submit_is_looked_for_as_the_job_that_it_was(database: str, tmp_path: Path, clip: Path) -> None:
    async with studio(database, tmp_path, clip, veo="loses") as house:
        first = await house.keep()
        await house.ask(first)
        await house.sim.run()
        assert house.veo.sought
        assert all(job.first_frame == _image(first) for job in house.veo.sought)
        assert len(house.veo.jobs) == 1


async def test_who_cannot_end_with_a_picture_is_left_out_and_the_thread_says_how_more_could(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with studio(database, tmp_path, clip, veo="fails", kling_ends=False) as house:
        await house.ask(await house.keep(colour="red"), await house.keep(colour="blue"))
        await house.sim.run()
        ended = await house.generation()
        assert (ended.outcome, ended.settled, house.kling.jobs) == (Outcome.FAILED, 0, [])
        reasons = await house.sim.admin.fetchval(
            "SELECT plan -> 'skipped' FROM generations WHERE id = $1", house.sim.id
        )
        assert {one["reason"] for one in json.loads(reasons) if one["route"] == house.kling.key} == {"no last frame"}
        words = plain(result(await load_view(house.sim.id, house.sim.ctx)))
        assert "more can try without the last one" in words


async def test_a_picture_that_is_gone_ends_it_with_everything_given_back(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with studio(database, tmp_path, clip) as house:
        first = await house.keep()
        await house.ask(first)
        await house.sim.ctx.storage.delete(key_of(first.sha256))
        await house.sim.run()
        ended = await house.generation()
        assert (ended.state, ended.outcome, ended.settled) == (State.DONE, Outcome.FAILED, 0)
        assert (house.veo.jobs, house.kling.jobs) == ([], [])
        card = result(await load_view(house.sim.id, house.sim.ctx))
        assert card.title == "The picture for this video is gone"
        assert card.buttons == (), "once more would end the same way"
        assert await house.sim.admin.fetch("SELECT * FROM check_ledger(NULL)") == []


async def test_a_vendor_with_limits_gets_a_picture_inside_them(database: str, tmp_path: Path, clip: Path) -> None:
    async with studio(database, tmp_path, clip, sides=Sides(least=360, most=500)) as house:
        await house.ask(await house.keep((1000, 800)))
        await house.sim.run()
        (job,) = house.veo.jobs
        assert job.first_frame is not None
        with Image.open(BytesIO(job.first_frame.data)) as seen:
            assert (seen.size, seen.format) == ((500, 400), "JPEG")


async def test_a_large_picture_has_an_address_where_the_world_can_reach_us(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with studio(database, tmp_path, clip, public=True) as house:
        large, small = await house.keep((1600, 1200), noise=True), await house.keep()
        assert len(large.data) > INLINE_MAX
        await house.ask(large, small)
        generation, ctx = await house.generation(), house.sim.ctx
        for route, sides in ((house.veo.key, Sides()), (house.kling.key, Sides(least=360, most=1500))):
            ctx.routes[route].sides = sides  # type: ignore[attr-defined]  # they are Painters
            frames = await frames_of(generation, route, ctx)
            assert frames is not None
            assert frames.last == _image(small), "what is small goes inline"
            assert frames.first is not None
            assert frames.first.url is not None
            token = frames.first.url.removeprefix(f"{BASE}/p/").removesuffix(".jpg")
            assert ctx.addresses is not None
            named = ctx.addresses.pictured(token)
            assert named is not None
            assert named[1] > datetime.now(UTC)
            assert await ctx.storage.read(key_of(named[0])) == frames.first.data
        near = replace(ctx, addresses=Addresses(base="http://127.0.0.1:8710", secret="a secret of the tests"))
        frames = await frames_of(generation, house.veo.key, near)
        assert frames is not None
        assert frames.first == _image(large), "nobody outside can fetch from this machine"


async def test_a_refusal_speaks_of_the_picture_too(database: str, tmp_path: Path, clip: Path) -> None:
    async with studio(database, tmp_path, clip, veo="refuses") as house:
        await house.ask(await house.keep())
        await house.sim.run()
        assert (await house.generation()).error_class is ErrorClass.CONTENT_POLICY
        card = result(await load_view(house.sim.id, house.sim.ctx))
        assert card.title == "This picture or its description was refused"


async def test_whoever_is_killed_whenever_every_job_has_the_picture(database: str, tmp_path: Path, clip: Path) -> None:
    scenario = Scenario(name="with a picture, and the first fails", script=Script(veo=("fails",)), paid=135, tasks=2)
    async with runs(database, tmp_path, clip) as town:

        async def run(fuse: Fuse) -> int:
            house = _furnished(await town.begin(scenario.script, fuse=fuse))
            first = await house.keep()
            await house.ask(first)
            await house.sim.run()
            await ended_well(house.sim, scenario)
            jobs = (*house.veo.jobs, *house.veo.sought, *house.kling.jobs, *house.kling.sought)
            assert {job.first_frame for job in jobs} == {_image(first)}
            return house.sim.killed

        whole = Fuse()
        assert await run(whole) == 0
        assert whole.passed > 10
        for moment in moments(whole, set()):
            assert await run(Fuse(blows_at=frozenset({moment}))) == 1
