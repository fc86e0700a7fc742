"""The videos that vendors hand out: what was ordered, and all that is a little or a lot else."""

import tempfile
from fractions import Fraction
from functools import cache
from io import BytesIO
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

FPS = 4
RATE = 8000
BLOCK = 1024


@cache
def film(seconds: float, lines: int, *, tall: bool = False, sound: bool = False, codec: str = "libx264") -> bytes:
    """A video of so many seconds and lines, 16:9 or turned."""
    width, height = lines * 16 // 9 // 2 * 2, lines
    size = (height, width) if tall else (width, height)
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        _write(file.name, seconds, size, sound=sound, codec=codec)
        return Path(file.name).read_bytes()


def _write(path: str, seconds: float, size: tuple[int, int], *, sound: bool, codec: str) -> None:
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {"preset": "ultrafast"}
    with av.open(path, "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream(codec, rate=FPS, options=options)
        assert isinstance(stream, VideoStream), codec
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        voice = container.add_stream("aac", rate=RATE) if sound else None
        frames = round(seconds * FPS)
        for n in range(frames):
            picture = Image.new("RGB", size, (40 + n * 150 // frames, 90, 120))
            frame = VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]  # PyAV does not say
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if voice is not None:
            _silence(container, voice, seconds)


def _silence(container: OutputContainer, voice: AudioStream, seconds: float) -> None:
    for start in range(0, int(seconds * RATE), BLOCK):
        hum = av.AudioFrame(format="fltp", layout="stereo", samples=min(BLOCK, int(seconds * RATE) - start))
        for plane in hum.planes:
            plane.update(bytes(plane.buffer_size))
        hum.sample_rate, hum.pts, hum.time_base = RATE, start, Fraction(1, RATE)
        container.mux(voice.encode(hum))
    container.mux(voice.encode())


def is_shown_anywhere(data: bytes, *, seconds: float) -> bool:
    """Whether it decodes to its end, is as long as said, and is of a kind that both chats play."""
    try:
        with av.open(BytesIO(data), "r") as container:
            stream = container.streams.video[0]
            frames = sum(1 for _ in container.decode(stream))
            rate = float(stream.average_rate or FPS)
            plays = (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
    except (av.FFmpegError, IndexError):
        return False
    return plays and abs(frames / rate - seconds) <= 0.5
