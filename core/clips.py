"""Looks into video files: is it one, how long, how large. Makes smaller ones. All of it is bounded, in a thread."""

import asyncio
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.error import FFmpegError
from av.video.stream import VideoStream

SHRINK_S = 90.0
"""A clip that takes longer is not made smaller."""
_MARGIN = 0.92
"""The share of the allowed size that is aimed at: an encoder misses its bit rate by a little."""
_AGAIN = 0.75
"""The share of the first aim that the second, and last, try has."""
_LINES = (1080, 720, 540, 360, 240)
_BITS_PER_PIXEL = 0.045
"""Fewer look worse than the same bits on a smaller picture."""
_VIDEO_BPS_LEAST = 60_000
_AUDIO_BPS = 128_000
"""Where a stream does not say; sound is copied as it is."""

_one_at_a_time = threading.Lock()
"""Encoding takes a core and a lot of memory, and others live on them, too."""


class NotAVideo(Exception):
    """The file is no video that can be played."""


class CannotShrink(Exception):
    """No file of that size would still be worth watching, or making it would take too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFacts:
    """What a video file is. Pixels, seconds, bytes."""

    width: int
    height: int
    duration_s: float
    size: int
    codec: str
    has_audio: bool


async def probe(path: Path) -> ClipFacts:
    """Open a file and decode its first frame.

    Raises:
        NotAVideo: it cannot be opened, or has no picture.
    """
    async with asyncio.timeout(30):
        return await asyncio.to_thread(_probe, path)


def _probe(path: Path) -> ClipFacts:
    try:
        with av.open(str(path), mode="r") as container:
            if not container.streams.video:
                raise NotAVideo("no video stream")
            stream = container.streams.video[0]
            frame = next(container.decode(stream), None)
            if frame is None:
                raise NotAVideo("no frames")
            duration_s = _duration_s(container, stream)
            return ClipFacts(
                width=frame.width,
                height=frame.height,
                duration_s=duration_s,
                size=path.stat().st_size,
                codec=stream.codec_context.name,
                has_audio=bool(container.streams.audio),
            )
    except (FFmpegError, OSError) as error:
        raise NotAVideo(type(error).__name__) from error


def _duration_s(container: av.container.InputContainer, stream: av.VideoStream) -> float:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    if container.duration is not None:
        return container.duration / av.time_base
    return 0.0


async def shrink(path: Path, *, to: Path, size_max: int) -> ClipFacts:
    """Write the clip once more, with fewer bits and if need be fewer pixels, so that it has at most `size_max` bytes.

    Raises:
        CannotShrink: it cannot be made so small, or not in time.
        NotAVideo: it cannot be read.
    """
    known = await probe(path)
    await asyncio.to_thread(_shrink, path, to, known, size_max, time.monotonic() + SHRINK_S)
    return await probe(to)


def _shrink(path: Path, to: Path, known: ClipFacts, size_max: int, until: float) -> None:
    if not _one_at_a_time.acquire(timeout=max(0.0, until - time.monotonic())):
        raise CannotShrink("others are being made smaller")
    try:
        for aim in (_MARGIN, _MARGIN * _AGAIN):
            _encode(path, to, known, bps=aim * size_max * 8 / max(known.duration_s, 0.1), until=until)
            if to.stat().st_size <= size_max:
                return
    except (FFmpegError, OSError, ValueError) as error:
        raise CannotShrink(type(error).__name__) from error
    finally:
        _one_at_a_time.release()
    raise CannotShrink("it stays too large")


def _encode(path: Path, to: Path, known: ClipFacts, *, bps: float, until: float) -> None:
    with (
        av.open(str(path), mode="r") as source,
        av.open(str(to), "w", format="mp4", options={"movflags": "faststart"}) as sink,
    ):
        picture = source.streams.video[0]
        sound = source.streams.audio[0] if source.streams.audio else None
        if sound is not None:
            bps -= sound.bit_rate or _AUDIO_BPS
        if bps < _VIDEO_BPS_LEAST:
            raise CannotShrink(f"{bps:.0f} bits a second are too few")
        rate = picture.average_rate or picture.guessed_rate or 24
        out = sink.add_stream("libx264", rate=rate, options={"preset": "veryfast"})
        out.width, out.height = _dimensions(known, bps / float(rate))
        out.pix_fmt = "yuv420p"
        out.bit_rate = int(bps)
        # The buffer keeps the rate near its aim over a few seconds, which is all that a clip has.
        out.codec_context.options |= {"maxrate": str(int(bps)), "bufsize": str(int(bps))}
        copied = sink.add_stream_from_template(sound) if sound is not None else None
        _transcode(source, sink, picture=picture, sound=sound, out=out, copied=copied, until=until)


def _transcode(
    source: av.container.InputContainer,
    sink: av.container.OutputContainer,
    *,
    picture: VideoStream,
    sound: AudioStream | None,
    out: VideoStream,
    copied: AudioStream | None,
    until: float,
) -> None:
    for packet in source.demux(*(stream for stream in (picture, sound) if stream is not None)):
        if time.monotonic() > until:
            raise CannotShrink("it takes too long")
        if copied is not None and packet.stream is sound:
            if packet.dts is not None:
                packet.stream = copied
                sink.mux(packet)
            continue
        for frame in picture.decode(packet):
            small = frame.reformat(width=out.width, height=out.height, format="yuv420p")
            sink.mux(out.encode(small))
    sink.mux(out.encode(None))


def _dimensions(known: ClipFacts, bits_per_frame: float) -> tuple[int, int]:
    """The largest picture, in even numbers of pixels, that has enough bits for each of them."""
    short = min(known.width, known.height)
    lines = [short, *(lines for lines in _LINES if lines < short)]
    chosen = next(
        (n for n in lines if bits_per_frame / (_pixels(known) * (n / short) ** 2) >= _BITS_PER_PIXEL), lines[-1]
    )
    return _even(known.width * chosen / short), _even(known.height * chosen / short)


def _pixels(known: ClipFacts) -> int:
    return known.width * known.height


def _even(pixels: float) -> int:
    return max(2, 2 * round(pixels / 2))
