"""Clips on real files: what one is, and that it can be made to fit."""

import random
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from PIL import Image

from core.clips import CannotShrink, NotAVideo, probe, shrink

WIDTH, HEIGHT, RATE, SECONDS = 640, 360, 12, 3


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of noise for the eye and silence for the ear: nothing compresses worse."""
    path = tmp_path_factory.mktemp("clips") / "large.mp4"
    dice = random.Random(1)
    with av.open(str(path), "w") as container:
        picture = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "crf": "20"})
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        sound = container.add_stream("aac", rate=16_000, layout="mono")
        sound.bit_rate = 32_000
        for n in range(SECONDS * RATE):
            image = Image.frombytes("RGB", (WIDTH // 4, HEIGHT // 4), dice.randbytes(WIDTH * HEIGHT * 3 // 16))
            frame = VideoFrame.from_image(image.resize((WIDTH, HEIGHT)))
            frame.pts, frame.time_base = n, Fraction(1, RATE)
            container.mux(picture.encode(frame))
        container.mux(picture.encode())
        for n in range(SECONDS * 16_000 // 1024):
            tone = AudioFrame(format="fltp", layout="mono", samples=1024)
            tone.planes[0].update(bytes(tone.planes[0].buffer_size))
            tone.sample_rate, tone.pts, tone.time_base = 16_000, n * 1024, Fraction(1, 16_000)
            container.mux(sound.encode(tone))
        container.mux(sound.encode())
    return path


@pytest.mark.parametrize("share", [0.6, 0.15])
async def test_a_clip_is_made_to_fit_and_stays_what_it_was(large: Path, tmp_path: Path, share: float) -> None:
    before = await probe(large)
    size_max = int(before.size * share)
    after = await shrink(large, to=tmp_path / "small.mp4", size_max=size_max)
    assert after.size <= size_max
    assert abs(after.duration_s - before.duration_s) < 0.2
    assert after.has_audio
    assert after.width <= before.width
    assert abs(after.width / after.height - before.width / before.height) < 0.05
    assert after.width % 2 == after.height % 2 == 0


async def test_the_picture_gets_smaller_only_when_it_has_to(large: Path, tmp_path: Path) -> None:
    before = await probe(large)
    roomy = await shrink(large, to=tmp_path / "roomy.mp4", size_max=int(before.size * 0.8))
    tight = await shrink(large, to=tmp_path / "tight.mp4", size_max=60_000)
    assert (roomy.width, roomy.height) == (before.width, before.height)
    assert tight.height < before.height


async def test_what_no_bits_are_left_for_is_not_made(large: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotShrink):
        await shrink(large, to=tmp_path / "tiny.mp4", size_max=10_000)


async def test_a_file_that_is_no_video_is_told_from_one(large: Path, tmp_path: Path) -> None:
    (tmp_path / "words.mp4").write_text("this is no video")
    with pytest.raises(NotAVideo):
        await probe(tmp_path / "words.mp4")
    with pytest.raises(NotAVideo):
        await shrink(tmp_path / "words.mp4", to=tmp_path / "out.mp4", size_max=1_000_000)
    known = await probe(large)
    assert (known.width, known.height, known.has_audio, known.codec) == (WIDTH, HEIGHT, True, "h264")
