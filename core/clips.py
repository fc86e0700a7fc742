"""Looks into video files: is it one, how long, how large. Decoding is bounded and runs in a thread."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import av
from av.error import FFmpegError


class NotAVideo(Exception):
    """The file is no video that can be played."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a video file is. Pixels, seconds, bytes."""

    width: int
    height: int
    duration_s: float
    size: int
    codec: str
    has_audio: bool


async def probe(path: Path) -> Probe:
    """Open a file and decode its first frame.

    Raises:
        NotAVideo: it cannot be opened, or has no picture.
    """
    async with asyncio.timeout(30):
        return await asyncio.to_thread(_probe, path)


def _probe(path: Path) -> Probe:
    try:
        with av.open(str(path), mode="r") as container:
            if not container.streams.video:
                raise NotAVideo("no video stream")
            stream = container.streams.video[0]
            frame = next(container.decode(stream), None)
            if frame is None:
                raise NotAVideo("no frames")
            duration_s = _duration_s(container, stream)
            return Probe(
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
