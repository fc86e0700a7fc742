"""A rendered clip is a real video, of the asked-for shape and length, and it shows what it should."""

import asyncio
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from sandbox.lettering import Caption, set_caption
from sandbox.render import CLIPS_MAX, SAMPLE_RATE, Clip, Renderer, render
from tests.quick import some

FOX = Clip(prompt="a red fox in the snow", vendor="Veo", model="veo-3.1-generate-001", seconds=2)


@pytest.fixture
def frames(tmp_path: Path) -> Callable[[Clip], list[Image.Image]]:
    def rendered(clip: Clip) -> list[Image.Image]:
        path = tmp_path / "clip.mp4"
        render(clip, path)
        with av.open(str(path)) as container:
            return [frame.to_image() for frame in container.decode(video=0)]

    return rendered


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def png(colour: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(data, "PNG")
    return data.getvalue()


def difference(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean)


SIZES = [(1280, 720), (720, 1280), (960, 960), (1470, 630), (1112, 834), (1366, 768), (3840, 2160)]
SHAPES = [(*size, seconds) for size in SIZES for seconds in (3, 5, 5.5)]


@pytest.mark.parametrize(("width", "height", "seconds"), some(SHAPES, of="shapes of clips"))
def test_a_clip_has_the_shape_and_the_length_that_was_asked_for(
    tmp_path: Path, width: int, height: int, seconds: float
) -> None:
    clip = replace(FOX, width=width, height=height, seconds=seconds)
    render(clip, tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as container:
        video = container.streams.video[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (video.width, video.height) == (width, height)
        assert (video.width % 2, video.height % 2) == (0, 0)
        assert (container.duration or 0) / av.time_base == pytest.approx(seconds, abs=0.05)
        assert sum(1 for _ in container.decode(video)) >= round(seconds * 12) / clip.every


def test_it_can_be_played_before_it_has_been_read_to_the_end(tmp_path: Path) -> None:
    render(FOX, tmp_path / "clip.mp4")
    data = (tmp_path / "clip.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_it_moves_and_is_small(tmp_path: Path, frames: Callable[[Clip], list[Image.Image]]) -> None:
    shown = frames(replace(FOX, seconds=8))
    assert all(difference(one, other) > 0.05 for one, other in zip(shown[::12], shown[12::12], strict=False))
    assert 20_000 < (tmp_path / "clip.mp4").stat().st_size < 400_000


def test_a_clip_with_few_frames_is_as_long_and_ends_with_the_same_one(tmp_path: Path) -> None:
    ends = []
    for every, count in ((1, 30), (12, 4)):
        render(replace(FOX, seconds=2.5), tmp_path / "clip.mp4", every=every)
        with av.open(str(tmp_path / "clip.mp4")) as container:
            found = list(container.decode(video=0))
            assert (container.duration or 0) / av.time_base == pytest.approx(2.5, abs=0.05)
        assert len(found) == count
        ends.append(found[-1].to_image())
    assert difference(*ends) < 3


def test_prompt_model_and_time_change_what_is_seen(frames: Callable[[Clip], list[Image.Image]]) -> None:
    first = frames(FOX)[0]
    for other in (replace(FOX, prompt="a red fox in the rain"), replace(FOX, model="veo-3.1-fast-generate-001")):
        assert difference(first, frames(other)[0]) > 0.01
    corner = (first.width * 3 // 4, first.height * 7 // 8, first.width, first.height - 6)
    clock = [frame.crop(corner) for frame in frames(FOX)]
    assert difference(clock[0], clock[11]) < difference(clock[11], clock[12])


def test_the_clip_begins_with_the_first_picture_and_ends_with_the_last(
    frames: Callable[[Clip], list[Image.Image]],
) -> None:
    shown = frames(replace(FOX, first=png("red"), last=png("blue")))
    begin, end = (frame.getpixel((frame.width // 2, frame.height // 4)) for frame in (shown[0], shown[-1]))
    assert isinstance(begin, tuple)
    assert isinstance(end, tuple)
    assert begin[0] > 200
    assert begin[2] < 60
    assert end[0] < 60
    assert end[2] > 200


@pytest.mark.parametrize("audio", [True, False])
def test_there_is_sound_where_it_was_asked_for(tmp_path: Path, *, audio: bool) -> None:
    render(replace(FOX, audio=audio), tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as container:
        assert [stream.codec_context.name for stream in container.streams.audio] == (["aac"] if audio else [])
        if audio:
            heard = list(container.decode(audio=0))
            assert sum(frame.samples for frame in heard) / SAMPLE_RATE == pytest.approx(2, abs=0.2)
            assert any(bytes(heard[5].planes[0]))


@pytest.mark.parametrize("prompt", ["", "x" * 3000, "кот на крыше 🦊", "狐が雪の中を走る", "\x00\x1b[31m", "a\nb\tc"])
def test_any_prompt_can_be_shown(frames: Callable[[Clip], list[Image.Image]], prompt: str) -> None:
    assert len(frames(replace(FOX, prompt=prompt, seconds=1))) == 12


def test_a_long_prompt_keeps_to_the_foot_of_the_frame() -> None:
    for width, height in ((576, 324), (324, 576), (660, 282)):
        foot = set_caption(Caption(prompt="word " * 300, vendor="Veo", model="m" * 90), width=width, height=height)
        assert foot.height < height * 0.5
        margin = foot.mask(second=0, total=8).crop((width - foot.margin + 1, 0, width, foot.height))
        assert margin.getextrema() == (0, 0)


async def test_equal_clips_are_rendered_once(tmp_path: Path) -> None:
    renderer = Renderer(tmp_path)
    one, other = await asyncio.gather(renderer.path(FOX), renderer.path(replace(FOX)))
    assert one == other
    made = one.stat().st_mtime_ns
    assert (await renderer.path(FOX)).stat().st_mtime_ns == made
    assert await renderer.path(replace(FOX, audio=True)) != one
    assert sorted(path.suffix for path in files(tmp_path)) == [".mp4", ".mp4"]


async def test_the_event_loop_stays_free_while_a_clip_is_rendered(tmp_path: Path) -> None:
    longest = 0.0
    loop = asyncio.get_running_loop()
    rendering = asyncio.create_task(Renderer(tmp_path).path(replace(FOX, seconds=20)))
    while not rendering.done():
        before = loop.time()
        await asyncio.sleep(0)
        longest = max(longest, loop.time() - before)
    assert longest < 0.25


async def test_the_folder_holds_a_bounded_number_of_clips(tmp_path: Path) -> None:
    for number in range(CLIPS_MAX + 20):
        (tmp_path / f"{number}.mp4").touch()
    await Renderer(tmp_path).path(FOX)
    assert len(files(tmp_path)) == CLIPS_MAX
