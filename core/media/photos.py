"""Opens the pictures that people give and writes them again: upright, in sRGB, without metadata.

Runs in a media process.

A picture's header is checked before anything is decoded, because some decoders allocate the memory for a picture as
soon as they open it. Only decoders on the list are used, chosen by content and never by name. Of a picture with several
frames, the first is used.
"""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import pillow_heif
from PIL import Image, ImageCms

from core.domain.requests.pictures import (
    BYTES_WRITTEN_MAX,
    PICTURE_BYTES_MAX,
    PIXELS_MAX_BY_KIND,
    Sides,
    measured,
    within,
)
from core.domain.requests.refusals import NotAPicture, PictureTooLarge
from core.media.picture_head import kind_of, webp_size

QUALITIES = (92, 85, 75, 60)
_WHITE = (255, 255, 255)
_BAND = 256
_ICC_MAX = 1 << 20
_WHOLE_MAX = 4096 * 3072
_SURE_MAX = 24_500_000
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
_BROKEN = (
    OSError, ValueError, SyntaxError, TypeError, LookupError, EOFError, ArithmeticError, NotImplementedError,
    RuntimeError, struct.error, zlib.error, Image.DecompressionBombError, Image.DecompressionBombWarning,
    ImageCms.PyCMSError,
)  # fmt: skip
"""The exceptions of decoders for a broken file, or one of another format."""

pillow_heif.options.DECODE_THREADS = 1
pillow_heif.options.THUMBNAILS = False
pillow_heif.options.DEPTH_IMAGES = False
pillow_heif.options.AUX_IMAGES = False
pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # our own limits are lower, and differ by kind
Image.init()


def prepare(path: Path, *, to: Path) -> tuple[int, int]:
    """Write the prepared picture of a stranger's file, and return its width and height.

    Raises:
        NotAPicture, PictureTooLarge, PictureTooSmall, PictureTooNarrow
    """
    try:
        plain, turned, profile = _decoded(path)
        plain = _resized(plain, Sides())
        if turned is not None:
            plain = plain.transpose(turned)
        to.write_bytes(_jpeg(_in_srgb(plain, profile)))
    except _BROKEN as error:
        raise NotAPicture from error
    return plain.size


def resize(path: Path, sides: Sides, *, to: Path) -> bool:
    """Write one of our own pictures with sides that a vendor takes. False: they fit already.

    Raises:
        NotAPicture: it is not a picture that was prepared here.
    """
    try:
        with Image.open(path, formats=("JPEG",)) as found:
            size = within(*found.size, sides)
            if size == found.size:
                return False
            to.write_bytes(_jpeg(_plain(found).resize(size, Image.Resampling.LANCZOS)))
    except _BROKEN as error:
        raise NotAPicture from error
    return True


def _decoded(path: Path) -> tuple[Image.Image, Image.Transpose | None, object]:
    """The picture in RGB, the transposition that makes it upright, and its colour profile."""
    data = path.read_bytes()
    kind = kind_of(data[:64])
    if kind is None:
        raise NotAPicture
    if kind == "WEBP":
        _judged(kind, *webp_size(data[:64]))
    with Image.open(BytesIO(data), formats=(kind,)) as found:
        width, height = found.size
        _judged(kind, *((height, width) if _is_turned(found) else (width, height)))
        if width * height > _WHOLE_MAX:
            found.draft("RGB", (width // 2, height // 2))  # a JPEG can be decoded at half its size
        try:
            found.load()
        except _BROKEN as error:
            if width * height > _SURE_MAX:  # a progressive JPEG needs all of its memory at once
                raise PictureTooLarge(bytes_max=PICTURE_BYTES_MAX, pixels_max=_SURE_MAX) from error
            raise
        return _plain(found), _orientation(found), found.info.get("icc_profile")


def _judged(kind: str, width: int, height: int) -> None:
    most = PIXELS_MAX_BY_KIND[kind]
    if width * height > most:
        raise PictureTooLarge(bytes_max=PICTURE_BYTES_MAX, pixels_max=most)
    measured(width, height)


def _orientation(found: Image.Image) -> Image.Transpose | None:
    """The transposition that makes it upright, where a camera has noted one."""
    try:
        return _UPRIGHT.get(found.getexif().get(_ORIENTATION, 1))
    except _BROKEN:
        return None  # broken metadata is no reason to refuse the picture


def _is_turned(found: Image.Image) -> bool:
    return _orientation(found) in {_UPRIGHT[5], _UPRIGHT[6], _UPRIGHT[7], _UPRIGHT[8]}


def _plain(found: Image.Image) -> Image.Image:
    """The picture in 8-bit RGB, on white where it is transparent; band by band, which takes half the memory."""
    if found.mode == "RGB" and not found.has_transparency_data:
        return found
    plain = Image.new("RGB", found.size, _WHITE)
    for top in range(0, found.height, _BAND):
        band = found.crop((0, top, found.width, min(top + _BAND, found.height)))
        if band.mode.startswith("I"):  # 16 bits a pixel
            band = band.convert("F").point(lambda value: value * (1 / 256)).convert("L")
        if found.has_transparency_data:
            seen = band.convert("RGBA")
            plain.paste(seen, (0, top), mask=seen.getchannel("A"))
        else:
            plain.paste(band.convert("RGB"), (0, top))
    return plain


def _resized(picture: Image.Image, sides: Sides) -> Image.Image:
    size = within(*picture.size, sides)
    return picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)


def _in_srgb(picture: Image.Image, profile: object) -> Image.Image:
    """The picture with its colours converted to sRGB, without the profile."""
    if not isinstance(profile, bytes) or len(profile) > _ICC_MAX:
        return picture
    try:
        theirs = ImageCms.ImageCmsProfile(BytesIO(profile))
        if theirs.profile.xcolor_space.strip() == "RGB":
            ImageCms.profileToProfile(picture, theirs, ImageCms.createProfile("sRGB"), inPlace=True)
    except _BROKEN:
        return picture  # a broken profile: the colours stay as they are
    return picture


def _jpeg(picture: Image.Image) -> bytes:
    """The picture as a JPEG of the best quality within its limit of bytes, without metadata."""
    picture.info = {}
    made = b""
    for quality in QUALITIES:
        out = BytesIO()
        picture.save(out, "JPEG", quality=quality, subsampling=0)
        made = out.getvalue()
        if len(made) <= BYTES_WRITTEN_MAX:
            return made
    return made
