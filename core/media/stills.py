"""Makes stills of a clip: a poster, and its last picture. Runs in a media process."""

from itertools import islice
from pathlib import Path

import av

from core.media.clip_file import opened
from core.media.decoding import Decoder

WIDTH_MAX = 1280
QUALITY = 84
AT_MOST_S = 1.0
AT_SHARE = 0.2
"""The share of the clip at which the poster is taken: the first picture is often black."""
_FRAMES_MAX = 120
LAST_US = 500_000
"""Microseconds before the end from which the decoder searches for the last picture."""
LAST_QUALITY = 95


def still(path: Path, *, to: Path) -> bool:
    """Write a JPEG of a picture near the beginning. False where there is none.

    Raises:
        NotAVideo
    """
    with opened(path, knows_pixels=False) as (container, stream, _):
        length_s = container.duration / av.time_base if container.duration else AT_MOST_S
        wanted_s = min(AT_MOST_S, AT_SHARE * length_s)
        begins = stream.start_time or 0
        decoder = Decoder(container, stream, begins + int(wanted_s / (stream.time_base or 1)))
        chosen = None
        for frame in islice(decoder.frames(), _FRAMES_MAX):
            chosen = frame
            if (frame.pts or 0) >= decoder.wanted:
                break
        if chosen is None:
            return False
        share = min(1.0, WIDTH_MAX / max(chosen.width, chosen.height))
        sides = {"width": max(1, round(chosen.width * share)), "height": max(1, round(chosen.height * share))}
        image = chosen.to_image(**sides)  # type: ignore[no-untyped-call]  # Pillow's half of PyAV
        if chosen.rotation % 360:
            image = image.rotate(chosen.rotation, expand=True)
        image.save(to, "JPEG", quality=QUALITY)
    return True


def last_frame(path: Path, *, to: Path) -> tuple[int, int] | None:
    """Write a JPEG of the last picture, for a video that continues it; returns width and height; None without one.

    Raises:
        NotAVideo
    """
    with opened(path, knows_pixels=False) as (container, stream, _):
        if container.duration:
            container.seek(max(0, container.duration - LAST_US))
        chosen = None
        for frame in container.decode(stream):
            chosen = frame
        if chosen is None:
            return None
        image = chosen.to_image()  # type: ignore[no-untyped-call]  # as above
        if chosen.rotation % 360:
            image = image.rotate(chosen.rotation, expand=True)
        image.save(to, "JPEG", quality=LAST_QUALITY)
        return image.width, image.height
