"""Real videos for the vendors of the simulated world: a small one, and one that is too large for some chats."""

import random
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.video.frame import VideoFrame
from PIL import Image

from tests.worker.kills import Place

pytest.register_assert_rewrite("tests.worker.scenarios")
SECONDS = 8


@pytest.fixture(scope="module")
def known_places() -> set[Place]:
    """The places in our code at which a scenario of this file was killed already."""
    return set()


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds of H.264, a few kB; beside it, as odd.mp4, two seconds of the same."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    film(path.with_name("odd.mp4"), seconds=2)
    return film(path, seconds=SECONDS)


def film(path: Path, *, seconds: int) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=2)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for shade in range(2 * seconds):
            frame = VideoFrame.from_image(Image.new("RGB", (64, 36), (shade * 15, 40, 80)))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="session")
def large_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds of noise, which compress badly: some hundred kB."""
    path = tmp_path_factory.mktemp("clip") / "large.mp4"
    dice = random.Random(1)
    width, height, rate = 320, 180, 6
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "crf": "18"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for n in range(SECONDS * rate):
            noise = Image.frombytes("RGB", (width // 4, height // 4), dice.randbytes(width * height * 3 // 16))
            frame = VideoFrame.from_image(noise.resize((width, height)))
            frame.pts, frame.time_base = n, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
