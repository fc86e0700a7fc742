"""Renders a stand-in's clip: a real H.264 MP4 with the scene of its prompt and, where asked for, a quiet AAC track."""

import asyncio
import io
import math
from array import array
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image

from sandbox.lettering import Caption
from sandbox.scene import FPS, Planes, Scene

AREA = 576 * 324
"""How many pixels a scene is drawn with: enough to look at, quick to make. The file has as many as were asked for."""
PIXELS_A_SECOND = 12 * 1280 * 720
"""A large clip has fewer frames, so that each takes about as long to make."""
EVERY_MAX = 4
SAMPLE_RATE = 8000
"""Enough for tones below 400 Hz, and half as dear to encode as the next rate."""
AAC_FRAME = 1024
ROOTS = (110, 124, 132, 148, 164)
"""The lowest tones of the chords, in Hz."""
SECONDS_MAX = 60.0
CLIPS_MAX = 500
"""How many clips lie on disk; the oldest goes first and is rendered again when somebody asks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What a clip is to be. `width` and `height` give its shape, as the vendor states them; see `frame_size`.

    `first` and `last` are encoded pictures (PNG, JPEG, …) that the clip begins and ends with.
    """

    prompt: str
    vendor: str
    model: str
    seconds: float
    width: int = 1280
    height: int = 720
    audio: bool = False
    first: bytes = b""
    last: bytes = b""

    @property
    def name(self) -> str:
        """The same for clips with the same content, and for no others."""
        digest = sha256()
        for part in (self.prompt, self.vendor, self.model, self.seconds, self.file_size, self.audio):
            digest.update(repr(part).encode() + b"\0")
        for picture in (self.first, self.last):
            digest.update(sha256(picture).digest())
        return digest.hexdigest()[:40]

    @property
    def frame_size(self) -> tuple[int, int]:
        """The pixels that are drawn: the asked-for shape, at a size that costs little."""
        scale = math.sqrt(AREA / (self.width * self.height))
        return (max(64, round(self.width * scale / 2) * 2), max(64, round(self.height * scale / 2) * 2))

    @property
    def file_size(self) -> tuple[int, int]:
        """The pixels of the file: what was asked for, in even numbers."""
        return max(64, round(self.width / 2) * 2), max(64, round(self.height / 2) * 2)

    @property
    def every(self) -> int:
        """Which of the drawn frames are in the file."""
        width, height = self.file_size
        return min(EVERY_MAX, max(1, round(FPS * width * height / PIXELS_A_SECOND)))


class Renderer:
    """Renders clips into a folder, each content once, away from the event loop.

    Args:
        folder: where the MP4s lie; made when needed.
        workers: how many are rendered at a time.
        every: which of the frames a clip has at the most, 1 all of them; for somebody who does not look at it.
    """

    def __init__(self, folder: Path, *, workers: int = 2, every: int = 1) -> None:
        self._folder = folder
        self._every = every
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="render")
        self._under_way: dict[str, asyncio.Future[Path]] = {}

    async def path(self, clip: Clip) -> Path:
        """The file of this clip, rendered now if it has not been."""
        path = self._folder / f"{clip.name}.mp4"
        if path.is_file():
            return path
        if (waiting := self._under_way.get(clip.name)) is None:
            waiting = asyncio.get_running_loop().run_in_executor(self._pool, self._render, clip, path)
            self._under_way[clip.name] = waiting
            waiting.add_done_callback(lambda _: self._under_way.pop(clip.name, None))
        return await asyncio.shield(waiting)

    def _render(self, clip: Clip, path: Path) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        old = sorted(self._folder.glob("*.mp4"), key=lambda file: file.stat().st_mtime)
        for file in old[: max(0, len(old) - CLIPS_MAX + 1)]:
            file.unlink(missing_ok=True)
        draft = path.with_suffix(f".{uuid4().hex[:8]}.part")
        try:
            render(clip, draft, every=self._every)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        return path


def render(clip: Clip, path: Path, *, every: int = 1) -> None:
    """Write the clip to `path`: H.264, yuv420p, moov first, exactly as long as asked for."""
    seconds = min(max(clip.seconds, 1.0), SECONDS_MAX)
    scene = Scene(
        size=clip.frame_size,
        seconds=seconds,
        caption=Caption(prompt=clip.prompt, vendor=clip.vendor, model=clip.model),
        first=_picture(clip.first),
        last=_picture(clip.last),
    )
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        video = _video_stream(container, clip.file_size)
        audio = _audio_stream(container) if clip.audio else None
        for number, planes in scene.frames(every=max(every, clip.every)):
            container.mux(video.encode(_sized(_frame(planes, number), clip.file_size)))
        container.mux(video.encode())
        if audio is not None:
            _hum(container, audio, seconds=seconds, seed=clip.prompt)


def _video_stream(container: OutputContainer, size: tuple[int, int]) -> VideoStream:
    stream = container.add_stream("libx264", rate=FPS)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "24", "g": str(FPS * 4)}
    stream.codec_context.thread_count = 1
    return stream


def _frame(planes: Planes, number: int) -> av.VideoFrame:
    frame = av.VideoFrame(planes.y.width, planes.y.height, "yuv420p")
    for plane, image in zip(frame.planes, (planes.y, planes.u, planes.v), strict=True):
        rows = image.tobytes() if plane.line_size == image.width else image.tobytes("raw", "L", plane.line_size)
        plane.update(rows[: plane.buffer_size].ljust(plane.buffer_size, b"\0"))
    frame.pts = number
    frame.time_base = Fraction(1, FPS)
    return frame


def _sized(frame: av.VideoFrame, size: tuple[int, int]) -> av.VideoFrame:
    """The frame with so many pixels."""
    if size == (frame.width, frame.height):
        return frame
    grown = frame.reformat(width=size[0], height=size[1], interpolation="FAST_BILINEAR")
    grown.pts, grown.time_base = frame.pts, frame.time_base
    return grown


def _audio_stream(container: OutputContainer) -> AudioStream:
    stream = container.add_stream("aac", rate=SAMPLE_RATE)
    stream.layout = "mono"
    stream.bit_rate = 32_000
    stream.options = {"aac_coder": "fast", "aac_tns": "0", "aac_pns": "0"}
    return stream


def _hum(container: OutputContainer, stream: AudioStream, *, seconds: float, seed: str) -> None:
    """A soft chord that the prompt chooses. Whole-hertz tones: one second of samples repeats without a seam."""
    loop = _second_of(ROOTS[sha256(seed.encode()).digest()[1] % len(ROOTS)])
    for start in range(0, int(seconds * SAMPLE_RATE), AAC_FRAME):
        count = min(AAC_FRAME, int(seconds * SAMPLE_RATE) - start)
        frame = av.AudioFrame(format="fltp", layout="mono", samples=count)
        offset = start % SAMPLE_RATE * 4
        plane = frame.planes[0]
        plane.update(loop[offset : offset + count * 4].ljust(plane.buffer_size, b"\0"))
        frame.sample_rate = SAMPLE_RATE
        frame.pts = start
        frame.time_base = Fraction(1, SAMPLE_RATE)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


@cache
def _second_of(root: int) -> bytes:
    """One second of a chord, and the beginning of the next."""
    tones = ((root, 0.05), (root * 3 // 2, 0.03), (root * 2, 0.02))
    wave = array("f", bytes(4 * SAMPLE_RATE))
    for index in range(SAMPLE_RATE):
        turn = math.tau * index / SAMPLE_RATE
        wave[index] = (0.75 + 0.25 * math.sin(turn)) * sum(size * math.sin(turn * hz) for hz, size in tones)
    return (wave + wave[:AAC_FRAME]).tobytes()


def _picture(data: bytes) -> Image.Image | None:
    """The picture, small enough for one frame; its caller has checked that it is one."""
    if not data:
        return None
    picture = Image.open(io.BytesIO(data))
    picture.draft("RGB", (1280, 1280))
    return picture.convert("RGB")
