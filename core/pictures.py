"""Opens the pictures that people give and writes them anew: upright, without a camera's notes, in a kind that all take.

What comes in is a stranger's file. It is decoded whole to prove that it is a picture; only three decoders are asked, by
content and never by name, within bounds of bytes and pixels, one picture at a time and in a thread.
"""

import asyncio
import struct
import threading
import zlib
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

from PIL import Image, ImageOps

from core.domain.requests.pictures import PICTURE_BYTES_MAX, Sides, measured, within
from core.domain.requests.refusals import NotAPicture, PictureTooLarge

KINDS = ("JPEG", "PNG", "WEBP")
MIME_TYPE = "image/jpeg"
"""What every vendor takes: Kling no WebP, Wan no transparency (2026-11-22)."""
BYTES_WRITTEN_MAX = 7 * 1024 * 1024
"""In base64 less than 10 MB: the least that a vendor allows."""
QUALITIES = (92, 85, 75, 60)
WHITE = (255, 255, 255)
OPEN_S = 30.0

_BROKEN = (
    OSError, ValueError, SyntaxError, TypeError, LookupError, EOFError, ArithmeticError, NotImplementedError,
    struct.error, zlib.error, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
"""What decoders raise at a file that is none of theirs, or broken."""

_one_at_a_time = threading.Lock()
"""An open picture takes up to 200 MB, and others live on this machine, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A picture as we keep it: a JPEG. `sha256` is that of its bytes."""

    data: bytes
    sha256: str
    width: int
    height: int


async def prepared(data: bytes) -> Written:
    """What we keep of a stranger's file.

    Raises:
        NotAPicture, PictureTooLarge, PictureTooSmall, PictureTooNarrow
    """
    if len(data) > PICTURE_BYTES_MAX:
        raise PictureTooLarge(bytes_max=PICTURE_BYTES_MAX)
    async with asyncio.timeout(OPEN_S):
        return await asyncio.to_thread(_prepared, data)


async def resized(data: bytes, sides: Sides) -> bytes:
    """One of our own pictures with sides that a vendor takes; as it is, if they are so already.

    Raises:
        NotAPicture: it is none of ours.
    """
    async with asyncio.timeout(OPEN_S):
        return await asyncio.to_thread(_resized, data, sides)


def _prepared(data: bytes) -> Written:
    with _one_at_a_time:
        picture = _opened(data)
        try:
            width, height = within(*picture.size, Sides())
            if (width, height) != picture.size:
                picture = picture.resize((width, height), Image.Resampling.LANCZOS)
            made = _jpeg(picture)
        except _BROKEN as error:
            raise NotAPicture from error
    return Written(data=made, sha256=sha256(made).hexdigest(), width=width, height=height)


def _opened(data: bytes) -> Image.Image:
    """The picture, upright, on white where it is transparent."""
    try:
        with Image.open(BytesIO(data), formats=KINDS) as found:
            measured(*_upright(found))
            found.draft("RGB", (Sides().most, Sides().most))
            found.load()
            return _plain(ImageOps.exif_transpose(found))
    except _BROKEN as error:
        raise NotAPicture from error


def _upright(picture: Image.Image) -> tuple[int, int]:
    """Width and height as people see it."""
    width, height = picture.size
    turned = picture.getexif().get(0x0112, 1) in {5, 6, 7, 8}
    return (height, width) if turned else (width, height)


def _plain(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # 16 bits a pixel
        picture = picture.convert("F").point(lambda value: value * (1 / 256)).convert("L")
    if picture.has_transparency_data:
        seen = picture.convert("RGBA")
        plain = Image.new("RGB", seen.size, WHITE)
        plain.paste(seen, mask=seen.getchannel("A"))
        return plain
    profile = picture.info.get("icc_profile") if picture.mode == "RGB" else None
    plain = picture.convert("RGB")
    plain.info = {"icc_profile": profile} if profile else {}
    return plain


def _jpeg(picture: Image.Image) -> bytes:
    """The picture in as good a quality as its bound of bytes allows."""
    made = b""
    for quality in QUALITIES:
        out = BytesIO()
        picture.save(out, "JPEG", quality=quality, subsampling=0, icc_profile=picture.info.get("icc_profile"))
        made = out.getvalue()
        if len(made) <= BYTES_WRITTEN_MAX:
            return made
    return made


def _resized(data: bytes, sides: Sides) -> bytes:
    try:
        with Image.open(BytesIO(data), formats=KINDS) as found:
            size = within(*found.size, sides)
            if size == found.size:
                return data
            with _one_at_a_time:
                return _jpeg(_plain(found).resize(size, Image.Resampling.LANCZOS))
    except _BROKEN as error:
        raise NotAPicture from error
