"""Pictures that people give: how large they may be, what shape, and what a request becomes with them. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.domain.requests.refusals import PictureTooLarge, PictureTooNarrow, PictureTooSmall
from core.domain.requests.request import Aspect, VideoRequest

MIB = 1024 * 1024
PICTURE_BYTES_MAX = 20 * MIB
PICTURE_PIXELS_MAX = 50_000_000
PIXELS_MAX_BY_KIND = {
    "JPEG": PICTURE_PIXELS_MAX, "PNG": 24_500_000, "HEIF": 24_500_000, "AVIF": 4096 * 4096, "WEBP": 4096 * 3072,
}  # fmt: skip
"""What can be opened in less than 300 MB. A JPEG can be opened smaller than it is; the others cannot, and WebP's
decoder keeps three copies."""
BYTES_WRITTEN_MAX = 7 * MIB
"""Of a picture as we keep it: in base64 less than 10 MB, the least that a vendor allows."""
SIDE_MIN = 300
"""Kling, Seedance and Hailuo take no picture whose shorter side has fewer pixels (2026-11-22)."""
RATIO_MAX = 2.5
"""The same three want the longer side below 2.5 times the shorter."""
FOLDER = "pictures"
PICTURE_GONE = "its picture is gone"
"""Why a generation fails whose picture is not in our storage any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPicture:
    """A picture in our storage. Its key is made from its content, so that it never changes.

    Args:
        width, height: in pixels, as people see it.
    """

    key: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """How many pixels a vendor wants a picture's sides to have, both of them."""

    least: int = SIDE_MIN
    most: int = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPictures:
    """Pictures that a person has given, by what they are for. Addresses, or whatever a platform finds them by."""

    first: str | None = None
    last: str | None = None
    references: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.first or self.last or self.references)

    @property
    def all(self) -> tuple[str, ...]:
        return (*filter(None, (self.first, self.last)), *self.references)


def by_order(pictures: Sequence[str]) -> GivenPictures:
    """What pictures without a word are for: one begins the video, two begin and end it, more are shown in it."""
    if len(pictures) > 2:
        return GivenPictures(references=tuple(pictures))
    first, last = (*pictures, None, None)[:2]
    return GivenPictures(first=first, last=last)


def key_of(sha256: str) -> str:
    """Where a picture with this content is kept."""
    return f"{FOLDER}/{sha256}.jpg"


def measured(width: int, height: int) -> None:
    """Whether every vendor takes pictures of this size.

    Raises:
        PictureTooSmall, PictureTooNarrow, PictureTooLarge
    """
    if width * height > PICTURE_PIXELS_MAX:
        raise PictureTooLarge(bytes_max=PICTURE_BYTES_MAX, pixels_max=PICTURE_PIXELS_MAX)
    if min(width, height) < SIDE_MIN:
        raise PictureTooSmall(width=width, height=height, side_min=SIDE_MIN)
    if max(width, height) >= RATIO_MAX * min(width, height):
        raise PictureTooNarrow(width=width, height=height)


def within(width: int, height: int, sides: Sides) -> tuple[int, int]:
    """The size nearest to this one, of the same shape, with both sides where a vendor wants them."""
    factor = min(1.0, sides.most / max(width, height))
    factor = max(factor, sides.least / min(width, height))
    return max(sides.least, round(width * factor)), max(sides.least, round(height * factor))


def nearest_aspect(width: int, height: int) -> Aspect:
    """The shape that people would call it."""
    return min(Aspect, key=lambda aspect: abs(math.log(aspect.ratio * height / width)))


def framed(request: VideoRequest, *, first: KeptPicture, last: KeptPicture | None = None) -> VideoRequest:
    """The request for a video that begins with a picture, and may end with one. It takes the first one's shape."""
    return replace(
        request,
        first_frame=first.key,
        last_frame=last.key if last else None,
        references=(),
        aspect=nearest_aspect(first.width, first.height),
    )


def referring(request: VideoRequest, *, to: Sequence[KeptPicture]) -> VideoRequest:
    """The request for a video that shows what is in these pictures. Its shape is the one that was asked for."""
    return replace(request, first_frame=None, last_frame=None, references=tuple(picture.key for picture in to))
