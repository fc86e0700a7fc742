"""Files that a person drops into the client: one from the web, or one of their own as a `data:` address."""

import base64
import binascii
import functools
import mimetypes
import ssl
from urllib.parse import unquote

import httpx

from sandbox.discord.options import Unsendable

UPLOAD_TIMEOUT_S = 10.0


async def fetched(url: str, bytes_max: int) -> bytes:
    """The bytes of a file on the web."""
    try:
        async with (
            httpx.AsyncClient(timeout=UPLOAD_TIMEOUT_S, follow_redirects=True, verify=_tls()) as http,
            http.stream("GET", url) as response,
        ):
            response.raise_for_status()
            data = b""
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > bytes_max:
                    raise Unsendable(_too_powerful(bytes_max))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unsendable(f"The file could not be fetched: {error}") from error
    return data


def of_ones_own(address: str, bytes_max: int) -> tuple[str, bytes]:
    """(name, bytes) of a `data:` address in base64; a parameter `name` says what the file is called."""
    head, _, encoded = address.removeprefix("data:").partition(",")
    kind, *parameters = head.split(";")
    named = next((unquote(each.removeprefix("name=")) for each in parameters if each.startswith("name=")), "")
    try:
        data = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise Unsendable("This file cannot be read.") from error
    if len(data) > bytes_max:
        raise Unsendable(_too_powerful(bytes_max))
    return named or f"image{mimetypes.guess_extension(kind) or '.bin'}", data


def _too_powerful(bytes_max: int) -> str:
    return f"Your files are too powerful. Max file size: {bytes_max // 1024 // 1024} MB."


@functools.cache
def _tls() -> ssl.SSLContext:
    """The machine's certificates, read once: that takes longer than most fetches."""
    return ssl.create_default_context()
