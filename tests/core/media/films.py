"""Video files of every kind that a vendor may send, small and quick to make."""

import random
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

RATE = 10


def film(
    path: Path, *, codec: str = "libx264", pixels: str = "yuv420p", size: tuple[int, int] = (192, 108),
    seconds: int = 4, audio: str | None = None, kind: str = "mp4", flags: str = "faststart",
    options: dict[str, str] | None = None,
) -> Path:  # fmt: skip
    """A film that goes from black to red."""
    moving = {"movflags": flags} if flags and kind in {"mp4", "mov"} else {}
    with av.open(str(path), "w", format=kind, options=moving) as container:
        picture = container.add_stream(codec, rate=RATE, options=options or {})
        assert isinstance(picture, VideoStream), codec
        picture.width, picture.height, picture.pix_fmt = *size, pixels
        sound = container.add_stream(audio, rate=48_000, layout="stereo") if audio else None
        assert sound is None or isinstance(sound, AudioStream), audio
        for n in range(seconds * RATE):
            shade = Image.new("RGB", size, (n * 255 // (seconds * RATE), 10, 10))
            shade.paste((0, 200, n % 255), (n % size[0] // 2, 0, n % size[0] // 2 + 20, size[1] // 2))
            frame = VideoFrame.from_image(shade)
            frame.pts, frame.time_base = n, Fraction(1, RATE)
            container.mux(picture.encode(frame.reformat(format=pixels)))
        container.mux(picture.encode())
        if sound is not None:
            _silence(container, sound, seconds)
    return path


def noise(path: Path, *, size: tuple[int, int] = (1280, 720), frames: int = 100) -> Path:
    """A film that is quick to make and takes long to encode well."""
    dice = random.Random(1)
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        picture = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "crf": "40"})
        picture.width, picture.height, picture.pix_fmt = *size, "yuv420p"
        for n in range(frames):
            frame = VideoFrame(*size, "yuv420p")
            frame.pts, frame.time_base = n, Fraction(1, RATE)
            for plane in frame.planes:
                plane.update(dice.randbytes(plane.buffer_size))
            container.mux(picture.encode(frame))
        container.mux(picture.encode())
    return path


def _silence(container: av.container.OutputContainer, sound: AudioStream, seconds: int) -> None:
    resampler = av.AudioResampler(
        format=sound.format, layout="stereo", rate=48_000, frame_size=sound.frame_size or 1024
    )
    for n in range(seconds * 48_000 // 960):
        tone = AudioFrame(format="s16", layout="stereo", samples=960)
        tone.planes[0].update(bytes(tone.planes[0].buffer_size))
        tone.sample_rate, tone.pts, tone.time_base = 48_000, n * 960, Fraction(1, 48_000)
        for piece in resampler.resample(tone):
            container.mux(sound.encode(piece))
    container.mux(sound.encode())


def colour_at(picture: Image.Image, x: int, y: int) -> tuple[int, ...]:
    """Red, green and blue of one point."""
    found = picture.convert("RGB").getpixel((x, y))
    assert isinstance(found, tuple)
    return found
