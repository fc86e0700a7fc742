"""Fetching a finished video: proven to be the one that was ordered, by a fresh link where the old one has expired."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import av
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from PIL import Image

from core.domain.errors import ErrorClass, StorageAway, WontWork
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import RouteKey
from core.storage import ObjectStorage
from tests.core.media.films import film as any_film
from tests.providers import test_seedance as seedance
from tests.providers.harness import NOW, Reply, Step, Vendor, adapter, offer, ok
from tests.providers.harness import job as job_of
from worker.steps.fetch import TRIES, Unusable, fetch
from worker.waiting_files import WaitingFiles

ROUTE = RouteKey("seedance.ark")
OLD, FRESH = "https://cdn.vendor.example/old.mp4", "https://cdn.vendor.example/fresh.mp4"


def film(path: Path, *, seconds: int) -> bytes:
    """A small video of so many seconds."""
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=2)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for shade in range(seconds * 2):
            frame = VideoFrame.from_image(Image.new("RGB", (64, 36), (shade * 9 % 255, 40, 80)))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path.read_bytes()


def frameless(video: bytes) -> bytes:
    """The same with its head alone: it says that there are frames, and has none."""
    return video[: video.index(b"mdat") + 4]


def song(path: Path) -> bytes:
    """Sound without a picture, in a file that says it is a video."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        for n in range(16):
            tone = AudioFrame(format="fltp", layout="mono", samples=1024)
            tone.planes[0].update(bytes(tone.planes[0].buffer_size))
            tone.sample_rate, tone.pts, tone.time_base = 16_000, n * 1024, Fraction(1, 16_000)
            container.mux(stream.encode(tone))
        container.mux(stream.encode())
    return path.read_bytes()


class Bench:
    """A worker's step with a real adapter, real storage, and a vendor of canned answers."""

    def __init__(self, folder: Path, *steps: Step) -> None:
        self.vendor = Vendor(list(steps))
        self.storage = ObjectStorage((folder / "store").as_uri())
        self.workdir = folder / "work"
        self.workdir.mkdir()
        route = adapter(ROUTE, self.vendor, seedance.TestSeedance.config)
        self.ctx: Any = SimpleNamespace(
            routes={ROUTE: route}, storage=self.storage, workdir=self.workdir, addresses=None, scaled=lambda _: 0.0,
            waiting=WaitingFiles(),
        )  # fmt: skip
        self.attempt: Any = SimpleNamespace(
            generation_id=uuid4(), n=1, route=ROUTE, result=RemoteClip(url=OLD),
            provider_task_id=seedance.TestSeedance.task_id,
            fitted=job_of(offer(ROUTE)).fitted,
        )  # fmt: skip

    async def fetch(self) -> Any:
        try:
            return await fetch(self.attempt, self.ctx)
        finally:
            assert list(self.workdir.iterdir()) == [], "the step leaves nothing behind"

    @property
    def stored(self) -> list[Path]:
        return [path for path in (self.workdir.parent / "store").rglob("*") if path.is_file()]


async def test_a_video_of_the_length_that_was_ordered_is_stored(tmp_path: Path) -> None:
    video = film(tmp_path / "v.mp4", seconds=8)
    bench = Bench(tmp_path, Reply(body=video))
    clip = await bench.fetch()
    assert (clip.width, clip.height, round(clip.duration_s)) == (64, 36, 8)
    assert clip.size == len(await bench.storage.read(clip.key)) > len(video)
    assert (await bench.storage.read(clip.key)).startswith(video), "with the label behind it"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_where_the_link_has_expired_the_task_gives_a_fresh_one(tmp_path: Path, status: int) -> None:
    video = film(tmp_path / "v.mp4", seconds=8)
    done = seedance.DONE | {"content": {"video_url": FRESH}, "updated_at": NOW}
    bench = Bench(tmp_path, Reply(status=status, body=b"<Error>expired</Error>"), ok(done), Reply(body=video))
    clip = await bench.fetch()
    assert (await bench.storage.read(clip.key)).startswith(video), "with the label behind it"
    paths = [request.url.path for request in bench.vendor.requests]
    assert paths == ["/old.mp4", f"/api/v3/contents/generations/tasks/{seedance.TestSeedance.task_id}", "/fresh.mp4"]


async def test_where_a_page_lies_at_the_link_the_task_gives_a_fresh_one(tmp_path: Path) -> None:
    video = film(tmp_path / "v.mp4", seconds=8)
    done = seedance.DONE | {"content": {"video_url": FRESH}, "updated_at": NOW}
    bench = Bench(tmp_path, Reply(body=b"<html>Bad Gateway</html>"), ok(done), Reply(body=video))
    assert (await bench.storage.read((await bench.fetch()).key)).startswith(video), "with the label behind it"


async def test_where_task_and_link_are_both_gone_it_is_said(tmp_path: Path) -> None:
    gone = Reply(status=404, body=seedance.said("NotFound.task"))
    for answer in (gone, ok(seedance.task("failed")), ok(seedance.DONE)):
        (tmp_path / (folder := uuid4().hex)).mkdir()
        bench = Bench(tmp_path / folder, Reply(status=403, body=b""), answer, Reply(status=403, body=b""))
        with pytest.raises(WontWork) as caught:
            await bench.fetch()
        assert caught.value.error_class is ErrorClass.TASK_GONE
        assert bench.stored == []


async def test_what_is_no_video_or_has_no_frames_is_no_delivery(tmp_path: Path) -> None:
    for number, (file, why) in enumerate(
        (
            (b"BM no film at all", "no video"),
            (b"", "no video"),
            (song(tmp_path / "song.mp4"), "no video stream"),
            (frameless(film(tmp_path / "whole.mp4", seconds=8)), "bytes are missing"),
            (film(tmp_path / "cut.mp4", seconds=8)[:400], "no video"),
        )
    ):
        (tmp_path / str(number)).mkdir()
        bench = Bench(tmp_path / str(number), *[Reply(body=file)] * (1 if why.startswith("asked") else TRIES))
        with pytest.raises(Unusable, match=why) as caught:
            await bench.fetch()
        assert caught.value.error_class is ErrorClass.TRANSIENT_SERVER
        assert bench.stored == []


async def test_a_file_that_comes_cut_is_fetched_again(tmp_path: Path) -> None:
    video = film(tmp_path / "v.mp4", seconds=8)
    bench = Bench(tmp_path, Reply(body=video[: len(video) * 55 // 100]), Reply(body=b"no video"), Reply(body=video))
    clip = await bench.fetch()
    assert (await bench.storage.read(clip.key)).startswith(video), "with the label behind it"


async def test_a_file_that_no_chat_shows_is_made_one_that_both_show(tmp_path: Path) -> None:
    odd = any_film(tmp_path / "odd", codec="libx265", options={"x265-params": "log-level=none"}, seconds=8)
    bench = Bench(tmp_path, Reply(body=odd.read_bytes()))
    clip = await bench.fetch()
    (tmp_path / "stored.mp4").write_bytes(await bench.storage.read(clip.key))
    with av.open(str(tmp_path / "stored.mp4")) as container:
        assert container.streams.video[0].codec_context.name == "h264"
    assert (clip.width, clip.height, round(clip.duration_s)) == (192, 108, 8)
    assert clip.size == (tmp_path / "stored.mp4").stat().st_size


async def test_a_mended_file_waits_for_the_storage_and_is_not_mended_again(tmp_path: Path) -> None:
    odd = any_film(tmp_path / "odd", codec="libx265", options={"x265-params": "log-level=none"}, seconds=8)
    bench = Bench(tmp_path, Reply(body=odd.read_bytes()))
    put, tries = bench.storage.put, []

    async def away_at_first(key: str, path: Path, *, content_type: str) -> Any:
        tries.append((path, path.stat().st_mtime_ns))  # noqa: ASYNC240 - one file of a test
        if len(tries) < 3:
            raise StorageAway("full")
        return await put(key, path, content_type=content_type)

    bench.storage.put = away_at_first  # type: ignore[method-assign]  # the test stands before this one storage
    for _ in range(2):
        with pytest.raises(StorageAway):
            await fetch(bench.attempt, bench.ctx)
        assert list(bench.workdir.iterdir()) == [tries[0][0]], "what it was made of is not kept"
    await bench.fetch()
    assert set(tries) == {tries[0]}, "the same file, written once"
