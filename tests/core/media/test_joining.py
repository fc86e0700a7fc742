"""One file of two clips: as long as both, in the first one's size, with sound where one of them has it."""

from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from PIL import Image

from core import clips, posters
from tests.core.media.films import colour_at


def _film(path: Path, *, seconds: int, size: tuple[int, int], rate: int, colour: str, sound: bool) -> Path:
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=rate)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio = container.add_stream("aac", rate=44_100, layout="mono") if sound else None
        for n in range(seconds * rate):
            frame = VideoFrame.from_image(Image.new("RGB", size, colour))
            frame.pts, frame.time_base = n, Fraction(1, rate)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if audio is not None:
            for n in range(seconds * 44_100 // 1024):
                quiet = AudioFrame(format="fltp", layout="mono", samples=1024)
                quiet.sample_rate, quiet.pts, quiet.time_base = 44_100, n * 1024, Fraction(1, 44_100)
                for plane in quiet.planes:
                    plane.update(bytes(plane.buffer_size))
                container.mux(audio.encode(quiet))
            container.mux(audio.encode())
    return path


@pytest.mark.parametrize("sounds", [(False, False), (True, True), (True, False), (False, True)])
async def test_two_clips_become_one(tmp_path: Path, sounds: tuple[bool, bool]) -> None:
    first = _film(tmp_path / "1.mp4", seconds=2, size=(320, 180), rate=24, colour="red", sound=sounds[0])
    second = _film(tmp_path / "2.mp4", seconds=3, size=(640, 360), rate=30, colour="blue", sound=sounds[1])
    made = await clips.join(first, second, to=tmp_path / "both.mp4")
    assert (made.width, made.height, made.has_audio) == (320, 180, any(sounds))
    assert made.duration_s == pytest.approx(5, abs=0.2)
    assert await clips.playable(tmp_path / "both.mp4", made, to=tmp_path / "again.mp4") is None
    assert await posters.last_frame(tmp_path / "both.mp4", to=tmp_path / "last.jpg") == (320, 180)
    red, _, blue = colour_at(Image.open(tmp_path / "last.jpg"), 160, 90)
    assert blue > 150 > red


async def test_what_is_no_video_is_not_joined(tmp_path: Path) -> None:
    first = _film(tmp_path / "1.mp4", seconds=1, size=(320, 180), rate=24, colour="red", sound=False)
    broken = tmp_path / "2.mp4"
    broken.write_bytes(b"no video at all")
    with pytest.raises(clips.NotAVideo):
        await clips.join(first, broken, to=tmp_path / "both.mp4")
    assert await posters.last_frame(broken, to=tmp_path / "last.jpg") is None
