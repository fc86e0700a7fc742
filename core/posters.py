"""Makes a still of a clip: what is shown of a video before it plays, here and where a link to it unfolds."""

import asyncio
from itertools import islice
from pathlib import Path

import av
from av.error import FFmpegError

WIDTH_MAX = 1280
QUALITY = 84
AT_MOST_S = 1.0
AT_SHARE = 0.2
"""Not the first picture, which is often black, but one near the beginning."""
MIME_TYPE = "image/jpeg"
_FRAMES_MAX = 120
_TIMEOUT_S = 30


async def make(path: Path, *, to: Path) -> bool:
    """Write a still of a clip. False if there is none to be had: a video is none the worse for that."""
    async with asyncio.timeout(_TIMEOUT_S):
        return await asyncio.to_thread(_make, path, to)


def _make(path: Path, to: Path) -> bool:
    try:
        with av.open(str(path), mode="r") as container:
            stream = container.streams.video[0]
            length_s = container.duration / av.time_base if container.duration else AT_MOST_S
            wanted_s = min(AT_MOST_S, AT_SHARE * length_s)
            chosen = None
            for frame in islice(container.decode(stream), _FRAMES_MAX):
                chosen = frame
                if (frame.time or 0.0) >= wanted_s:
                    break
            if chosen is None:
                return False
            image = chosen.to_image()  # type: ignore[no-untyped-call]  # Pillow's half of PyAV
            image.thumbnail((WIDTH_MAX, WIDTH_MAX))
            image.save(to, "JPEG", quality=QUALITY, optimize=True)
    except (FFmpegError, OSError, ValueError, IndexError):
        return False
    return True
