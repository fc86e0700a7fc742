"""The HTTP client for every server outside: it refuses compressed answers, and counts all bytes that are read.

A few hundred bytes can decompress to gigabytes. No request of ours asks for compression, so a compressed answer is
refused instead of being decompressed with a limit.
"""

import re
from collections.abc import AsyncIterator
from functools import cache
from ssl import SSLContext
from typing import Any

import httpx

MIB = 1 << 20
PACKED = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress"})
"""Encodings that httpx would decompress, with older names. Other values (`aws-chunked`) do not change the bytes."""
_HEADERS_MAX = 64
_ADDRESS_MAX = 4096
_NO_HOST = re.compile(r"[\s%<>\"\\^`{|}]")


class Packed(httpx.DecodingError):
    """The answer is compressed although the request did not ask for that."""


class TooMuch(httpx.ReadError):
    """The answer has more bytes than may be read."""


def http_client(*, bytes_max: int, **options: Any) -> httpx.AsyncClient:
    """A client that does not decompress answers, and reads at most `bytes_max` of each.

    Args:
        bytes_max: bytes of an answer; where readers have their own limits, the largest of these.
        options: the options of `httpx.AsyncClient`.
    """

    async def bound(response: httpx.Response) -> None:
        encoding = response.headers.get("content-encoding", "")
        words = [word.strip().lower() for word in encoding.split(",")]
        if len(words) > _HEADERS_MAX or PACKED.intersection(words):
            raise Packed("the answer is packed, which was not asked for", request=response.request)
        if isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = _Counted(response.stream, bytes_max, response.request)

    trusted = trust(from_environment=options.get("trust_env", True))
    client = httpx.AsyncClient(event_hooks={"response": [bound]}, **({"verify": trusted} | options))
    client.headers["accept-encoding"] = "identity"
    return client


@cache
def trust(*, from_environment: bool) -> SSLContext:
    """Whose certificates are trusted, read once in a process: the file has 150 of them and takes 20 ms of CPU."""
    return httpx.create_ssl_context(trust_env=from_environment)


def address(text: str) -> httpx.URL | None:
    """An address that a person gave, parsed; None if it cannot be requested.

    httpx decodes a host's name only when it is read, so an invalid name (`xn--`) would raise later.
    """
    if len(text) > _ADDRESS_MAX:
        return None
    try:
        url = httpx.URL(text)
        host, port = url.host, url.port
    except (httpx.InvalidURL, ValueError):
        return None
    usable = host and not _NO_HOST.search(host) and (port is None or 0 < port < 65_536)
    return url if usable and url.scheme in {"http", "https"} else None


class _Counted(httpx.AsyncByteStream):
    """The bytes of an answer, up to a limit."""

    def __init__(self, stream: httpx.AsyncByteStream, bytes_max: int, request: httpx.Request) -> None:
        self._stream = stream
        self._bytes_max = bytes_max
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._stream:
            size += len(piece)
            if size > self._bytes_max:
                raise TooMuch(f"more than {self._bytes_max} bytes", request=self._request)
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()
