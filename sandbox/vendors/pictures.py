"""Input pictures: fetched or decoded as a vendor would, checked against its rules, and kept small."""

import asyncio
import base64
import binascii
import io
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import httpx
from PIL import Image, UnidentifiedImageError

from sandbox.vendors.callbacks import tls

FETCH_TIMEOUT_S = 5.0
KEPT_PX = 960


class BadPictureError(Exception):
    """This is no picture that the vendor takes; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a vendor demands of a picture. `ratio_max` is the longer side by the shorter one."""

    formats: AbstractSet[str] = frozenset({"JPEG", "PNG", "WEBP", "BMP"})
    bytes_max: int = 20 * 1024 * 1024
    side_min: int = 1
    side_max: int = 20000
    ratio_max: float = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A checked picture: a small copy of it, and the size it had."""

    data: bytes
    width: int
    height: int


async def from_source(source: str, rules: Rules) -> Picture:
    """A picture from an http(s) address, a data URI, or bare base64.

    Raises:
        BadPictureError: it cannot be had, or breaks a rule.
    """
    if source.startswith(("http://", "https://")):
        return await from_bytes(await _fetched(source, rules), rules)
    if source.startswith("data:"):
        head, _, source = source.partition(",")
        if not head.endswith(";base64"):
            raise BadPictureError("the data URI is not base64")
    return await from_base64(source, rules)


async def from_base64(text: str, rules: Rules) -> Picture:
    """A picture from bare base64.

    Raises:
        BadPictureError: it is not base64, or breaks a rule.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadPictureError("the base64 cannot be decoded") from error
    return await from_bytes(data, rules)


async def from_bytes(data: bytes, rules: Rules) -> Picture:
    """A picture from an encoded file.

    Raises:
        BadPictureError: it cannot be decoded, or breaks a rule.
    """
    if len(data) > rules.bytes_max:
        raise BadPictureError("the image is too large")
    return await asyncio.to_thread(_checked, data, rules)


async def _fetched(url: str, rules: Rules) -> bytes:
    data = bytearray()
    try:
        async with (
            httpx.AsyncClient(timeout=FETCH_TIMEOUT_S, follow_redirects=True, trust_env=False, verify=tls()) as client,
            client.stream("GET", url) as answer,
        ):
            if not answer.is_success:
                raise BadPictureError(f"the image URL answered {answer.status_code}")
            async for chunk in answer.aiter_bytes():
                data += chunk
                if len(data) > rules.bytes_max:
                    raise BadPictureError("the image is too large")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise BadPictureError("the image URL cannot be fetched") from error
    return bytes(data)


def _checked(data: bytes, rules: Rules) -> Picture:
    try:
        with Image.open(io.BytesIO(data)) as image:
            kind, (width, height) = image.format, image.size
            if kind not in rules.formats:
                raise BadPictureError(f"the image format {kind} is not supported")
            if min(width, height) < rules.side_min or max(width, height) > rules.side_max:
                raise BadPictureError(f"the image size {width}x{height} is not supported")
            if max(width, height) > rules.ratio_max * min(width, height):
                raise BadPictureError(f"the aspect ratio of {width}x{height} is not supported")
            image.draft("RGB", (KEPT_PX, KEPT_PX))
            small = image.convert("RGB")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise BadPictureError("the image cannot be decoded") from error
    small.thumbnail((KEPT_PX, KEPT_PX))
    copy = io.BytesIO()
    small.save(copy, "JPEG", quality=90)
    return Picture(data=copy.getvalue(), width=width, height=height)
