"""Stills of clips: a picture from near the beginning, and none of what is no video."""

from pathlib import Path

import av
import pytest
from av.video.frame import VideoFrame
from PIL import Image

from core import posters
from tests.core.media.films import colour_at


def _film(path: Path, *, width: int, height: int) -> Path:
    """Two seconds that begin black and are red from a fifth on."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for n in range(20):
            colour = (0, 0, 0) if n < 3 else (220, 30, 30)
            container.mux(stream.encode(VideoFrame.from_image(Image.new("RGB", (width, height), colour))))
        container.mux(stream.encode())
    return path


async def test_a_still_is_not_the_black_picture_that_a_film_begins_with(tmp_path: Path) -> None:
    film = _film(tmp_path / "film.mp4", width=320, height=180)
    assert await posters.make(film, to=tmp_path / "still.jpg")
    with Image.open(tmp_path / "still.jpg") as still:
        assert (still.format, still.size) == ("JPEG", (320, 180))
        red, green, _ = colour_at(still, 160, 90)
    assert red > 150
    assert green < 100


async def test_a_large_film_has_a_small_still(tmp_path: Path) -> None:
    film = _film(tmp_path / "film.mp4", width=1920, height=1080)
    assert await posters.make(film, to=tmp_path / "still.jpg")
    with Image.open(tmp_path / "still.jpg") as still:
        assert still.size == (1280, 720)


@pytest.mark.parametrize("data", [b"", b"no film at all", b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 64])
async def test_what_is_no_video_has_no_still(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "film.mp4").write_bytes(data)
    assert not await posters.make(tmp_path / "film.mp4", to=tmp_path / "still.jpg")
