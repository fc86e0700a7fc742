"""A video goes on from its last picture, and both are one file; where the first is gone, the second stands alone."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.video.frame import VideoFrame
from PIL import Image

from core.domain.chat.addresses import Addresses
from core.domain.ids import ChannelId, Installation
from core.domain.requests.refusals import NothingToExtend, UnknownGeneration
from core.replies.chat.card import Picture
from core.usecases.generations.remove import delete
from core.usecases.requests.extend import extend
from core.usecases.requests.submit import VideoCommand, submit
from tests.rows import one_row
from tests.worker.sim import ANA, PLATFORM, Sim, world
from worker.removals import once

SECONDS = 8


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Eight seconds that are large enough for a picture."""
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=2)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for n in range(2 * SECONDS):
            frame = VideoFrame.from_image(Image.new("RGB", (640, 360), (n * 15, 40, 80)))
            frame.pts, frame.time_base = n, Fraction(1, 2)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


async def _goes_on(sim: Sim) -> None:
    request = await extend(sim.id, by=sim.ana, pool=sim.pool, storage=sim.ctx.storage)
    assert request.first_frame is not None
    order = VideoCommand(
        platform=PLATFORM,
        installation=sim.installation,
        channel=ChannelId(sim.place),
        user=ANA,
        event="again",
        place=sim.place,
        request=request,
    )
    await submit(order, pool=sim.pool, terms=sim.terms, owner="bot")


async def _last(sim: Sim) -> tuple[str, float]:
    row = await one_row(sim.admin, "SELECT clip, outcome, settled FROM generations ORDER BY created_at DESC LIMIT 1")
    assert (row["outcome"], row["settled"] > 0) == ("succeeded", True)
    clip = row["clip"] if isinstance(row["clip"], dict) else json.loads(row["clip"])
    return clip["key"], clip["duration_s"]


def _framed(sim: Sim) -> None:
    """Vendors of this world that take pictures."""
    offers = {
        name: replace(each, capabilities=replace(each.capabilities, first_frame=True, last_frame=True))
        for name, each in sim.terms.offers.items()
    }
    sim.terms = replace(sim.terms, offers=offers)
    sim.ctx = replace(sim.ctx, terms=sim.terms)
    sim.dispatcher._ctx = sim.ctx


async def test_the_second_part_is_joined_to_the_first_and_paid_for_by_itself(
    database: str, tmp_path: Path, film: Path
) -> None:
    async with world(database, tmp_path, film, veo=["ok"], kling=["ok"]) as sim:
        _framed(sim)
        await sim.ask()
        await sim.run()
        await _goes_on(sim)
        await sim.run()
        key, duration_s = await _last(sim)
        assert key.endswith("-joined.mp4")
        assert duration_s == pytest.approx(2 * SECONDS, abs=0.6)
        await sim.ctx.storage.fetch(key, to=tmp_path / "joined.mp4")
        assert b"trainedAlgorithmicMedia" in (tmp_path / "joined.mp4").read_bytes(), "it says that AI made it"
        settled = await sim.admin.fetch("SELECT settled FROM generations")
        assert len({row["settled"] for row in settled}) == 1


@pytest.mark.parametrize("is_veiled", [True, False])
async def test_a_veiled_video_comes_veiled_has_no_still_in_the_channel_and_goes_on_veiled(
    database: str, tmp_path: Path, film: Path, *, is_veiled: bool
) -> None:
    async with world(database, tmp_path, film, veo=["ok"], kling=["ok"]) as sim:
        _framed(sim)
        sim.ctx = replace(sim.ctx, addresses=Addresses(base="https://films.example", secret="a secret of the tests"))
        sim.dispatcher._ctx = sim.ctx
        await sim.ask()
        await sim.admin.execute(
            "UPDATE generations SET request = request || $1::jsonb", json.dumps({"is_veiled": is_veiled})
        )
        await sim.run()
        await _goes_on(sim)
        await sim.run()
        said = [message for messages in sim.chat.threads.values() for message in messages]
        stills = [message for message in said if any(isinstance(part, Picture) for part in message.card.parts)]
        assert [message.is_veiled for message in said if message.has_file] == [is_veiled] * 2
        assert len(stills) == (0 if is_veiled else 2)


async def test_where_the_first_is_deleted_meanwhile_the_second_part_is_the_result(
    database: str, tmp_path: Path, film: Path
) -> None:
    async with world(database, tmp_path, film, veo=["ok"], kling=["ok"]) as sim:
        _framed(sim)
        await sim.ask()
        await sim.run()
        await _goes_on(sim)
        await delete(sim.id, by=sim.ana, pool=sim.pool)
        await once(sim.ctx)
        await sim.run()
        _, duration_s = await _last(sim)
        assert duration_s == pytest.approx(SECONDS, abs=0.6)


async def test_only_the_team_goes_on_with_it_and_only_while_its_file_is_there(
    database: str, tmp_path: Path, film: Path
) -> None:
    async with world(database, tmp_path, film, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        with pytest.raises(NothingToExtend):
            await extend(sim.id, by=sim.ana, pool=sim.pool, storage=sim.ctx.storage)
        await sim.run()
        stranger = replace(sim.ana, installation=Installation("elsewhere"))
        with pytest.raises(UnknownGeneration):
            await extend(sim.id, by=stranger, pool=sim.pool, storage=sim.ctx.storage)
        await sim.ctx.storage.delete_below(f"clips/{sim.id}/")
        with pytest.raises(NothingToExtend):
            await extend(sim.id, by=sim.ana, pool=sim.pool, storage=sim.ctx.storage)
