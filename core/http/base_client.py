"""The one way to a server out there: a packed answer is refused, and all that is read is counted.

A few hundred bytes can unpack to gigabytes, several times over. Nothing of ours asks for a packed answer, so there is
no unpacking to be bounded: whoever packs all the same is not read.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx

MIB = 1 << 20
PACKED = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress"})
"""What httpx would unpack, and its older names. Other words (`aws-chunked`, `utf-8`) leave the bytes as they are."""
_HEADERS_MAX = 64
_ADDRESS_MAX = 4096
_NO_HOST = re.compile(r"[\s%<>\"\\^`{|}]")


class Packed(httpx.DecodingError):
    """The answer is packed, and was not asked to be."""


class TooMuch(httpx.ReadError):
    """The answer has more bytes than may be read."""


def http_client(*, bytes_max: int, **options: Any) -> httpx.AsyncClient:
    """A client whose answers are as they are on the wire, and no longer than `bytes_max`.

    Args:
        bytes_max: where a reader has a limit of its own, the largest of them.
        options: those of `httpx.AsyncClient`.
    """

    async def bound(response: httpx.Response) -> None:
        encoding = response.headers.get("content-encoding", "")
        words = [word.strip().lower() for word in encoding.split(",")]
        if len(words) > _HEADERS_MAX or PACKED.intersection(words):
            raise Packed("the answer is packed, which was not asked for", request=response.request)
        if isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = _Counted(response.stream, bytes_max, response.request)

    client = httpx.AsyncClient(event_hooks={"response": [bound]}, **options)
    client.headers["accept-encoding"] = "identity"
    return client


def address(text: str) -> httpx.URL | None:
    """What a person has given as an address; None if nothing can be had there, whatever they meant.

    httpx reads a host's name when it is asked for it, so that a name in no language (`xn--`) breaks whoever looks.
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
