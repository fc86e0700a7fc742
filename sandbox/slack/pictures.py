"""The image that a person puts on a message: fetched from its address or decoded, and kept like an upload."""

import base64
import binascii
from collections.abc import AsyncIterator
from urllib.parse import unquote_to_bytes, urlsplit

import httpx

PICTURE_BYTES_MAX = 20_000_000
FETCH_S = 10.0
_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}


class NoPicture(Exception):
    """There is no image where the person said there is one."""


async def fetch(address: str) -> tuple[str, bytes]:
    """(file name, bytes) of an image at an http(s) or data address."""
    if address.startswith("data:"):
        return _decoded(address)
    try:
        async with (
            httpx.AsyncClient(timeout=FETCH_S, follow_redirects=True, max_redirects=3) as client,
            client.stream("GET", address) as response,
        ):
            response.raise_for_status()
            kind = response.headers.get("content-type", "").partition(";")[0]
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > PICTURE_BYTES_MAX:
                    raise NoPicture("The image is too large.")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NoPicture(f"The image could not be fetched: {type(error).__name__}.") from error
    if kind not in _SUFFIXES:
        raise NoPicture("There is no image at that address.")
    stem = urlsplit(address).path.rsplit("/", 1)[-1].rsplit(".", 1)[0] or "image"
    return f"{stem}.{_SUFFIXES[kind]}", bytes(body)


def _decoded(address: str) -> tuple[str, bytes]:
    head, _, data = address.removeprefix("data:").partition(",")
    kind, *flags = head.split(";")
    if kind not in _SUFFIXES or len(data) > PICTURE_BYTES_MAX:
        raise NoPicture("There is no image at that address.")
    try:
        body = base64.b64decode(data, validate=True) if "base64" in flags else unquote_to_bytes(data)
    except binascii.Error as error:
        raise NoPicture("There is no image at that address.") from error
    return f"image.{_SUFFIXES[kind]}", body


async def chunks(body: bytes) -> AsyncIterator[bytes]:
    """The bytes as an upload brings them."""
    yield body
