"""What came is what is charged and said; what is not what was ordered counts as a failure, and is free."""

from pathlib import Path

import av
import pytest
from av.video.frame import VideoFrame
from PIL import Image

from core.db.generations import claims, deliveries
from core.domain.chat.delivery import Kind
from core.domain.generations.generation import Generation, Outcome
from core.domain.ids import RouteKey
from core.domain.requests.tiers import KLING, VEO
from tests.worker.sim import Sim, world
from tests.worker.strangers import Message


def film(path: Path, *, seconds: float, width: int = 64, height: int = 36) -> Path:
    """So many seconds of H.264, in one colour, silent."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=4)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for _ in range(round(seconds * 4)):
            container.mux(stream.encode(VideoFrame.from_image(Image.new("RGB", (width, height), "teal"))))
        container.mux(stream.encode())
    return path


async def _ended(sim: Sim) -> Generation:
    await sim.ask()
    await sim.run()
    async with sim.pool.acquire() as conn:
        found = await claims.load(conn, sim.id)
    assert found is not None
    assert await sim.admin.fetch("SELECT * FROM check_ledger(NULL)") == []
    return found


def _said(sim: Sim, kind: Kind, attempt: int = 0) -> Message:
    key = deliveries.key_of(sim.id, kind, attempt=attempt)
    return next(m for messages in sim.chat.threads.values() for m in messages if m.key == key)


async def _note(sim: Sim) -> str:
    return str(await sim.admin.fetchval("SELECT note FROM entry WHERE kind = 'settle'"))


@pytest.mark.parametrize(
    ("seconds", "size", "share", "told"),
    [
        (8, (64, 36), 1.0, None),
        (4, (64, 36), 0.5, "4 s instead of 8 s"),
        (6, (64, 36), 0.75, "6 s instead of 8 s"),
        (8, (36, 64), 0.5, "9:16 instead of 16:9"),
        (12, (64, 36), 1.0, None),
    ],
)
async def test_the_price_the_card_and_the_ledger_follow_the_file(
    seconds: int, size: tuple[int, int], share: float, told: str | None, database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        sim.vendors[RouteKey("veo.r1")].clip = film(
            tmp_path / "came.mp4", seconds=seconds, width=size[0], height=size[1]
        )
        ended = await _ended(sim)
        full = ended.prices[VEO]
        assert (ended.outcome, ended.settled) == (Outcome.SUCCEEDED, int(full * share))
        card, note = _said(sim, Kind.RESULT).text, await _note(sim)
        shape = "16:9" if size[0] > size[1] else "9:16"
        assert f"{seconds} s · {size[0]} × {size[1]} · {shape} · silent" in note
        assert f"{size[0]} × {size[1]} · {seconds} s · silent" in card
        if told is None:
            assert "less than you asked for" not in card
        else:
            back = full - int(full * share)
            assert f"Veo made less than you asked for: {told}. You get {back} credits back for that." in card
            assert "instead of" in note


async def test_half_a_second_is_no_video_of_eight_so_the_next_provider_makes_it_and_the_odd_clip_is_free(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        sim.vendors[RouteKey("veo.r1")].clip = film(tmp_path / "odd.mp4", seconds=2)
        ended = await _ended(sim)
        assert (ended.outcome, ended.settled) == (Outcome.SUCCEEDED, ended.prices[KLING])
        states = [r["state"] for r in await sim.admin.fetch("SELECT state FROM attempts ORDER BY n")]
        assert states == ["failed", "succeeded"]
        odd = _said(sim, Kind.EXTRA, 1)
        assert (odd.title, odd.has_file) == ("An odd take, on the house", True)
        assert "free · 64 × 36 · 2 s · silent · AI-generated" in odd.text
        assert "score" in str(
            await sim.admin.fetchval("SELECT to_jsonb(h) FROM provider_health h WHERE route = 'veo.r1'")
        )
        assert await sim.admin.fetchval("SELECT score FROM provider_health WHERE route = 'veo.r1'") > 0


async def test_where_nobody_is_left_all_comes_back_and_the_odd_clip_is_still_offered(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["fails"]) as sim:
        sim.vendors[RouteKey("veo.r1")].clip = film(tmp_path / "odd.mp4", seconds=1)
        ended = await _ended(sim)
        assert (ended.outcome, ended.settled) == (Outcome.FAILED, 0)
        assert _said(sim, Kind.EXTRA, 1).has_file
