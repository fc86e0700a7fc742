"""Reads request bodies of strangers, with limits of size, time and number."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

MOST = 1 << 20
WITHIN_S = 10.0
SMALL = 64 << 10
"""Bytes of a small body; vendors and chats send a few thousand."""
LARGE_TOTAL = 16 << 20
"""Bytes of all larger bodies together, before their senders are known."""
READERS_MAX = 256
"""Bodies that are read at the same time."""

_OVER = {"connection": "close"}
_LATER = {**_OVER, "retry-after": "5"}
"""Headers of an early answer: the rest of the body is not read, so the connection must be closed."""


@dataclass(slots=True)
class _Room:
    """The number and the bytes of bodies that are being read."""

    readers: int = 0
    large: int = 0

    @contextmanager
    def reader(self) -> Iterator["_Reader"]:
        if self.readers >= READERS_MAX:
            raise HTTPException(503, headers=_LATER)
        self.readers += 1
        reader = _Reader(self)
        try:
            yield reader
        finally:
            self.readers -= 1
            self.large -= reader.large


@dataclass(slots=True)
class _Reader:
    room: _Room
    large: int = 0

    def has(self, size: int) -> None:
        """Count the bytes of this body so far. Raises 503 when there is no room for them."""
        if size <= SMALL:
            return
        self.room.large += size - self.large
        self.large = size
        if self.room.large > LARGE_TOTAL:
            raise HTTPException(503, headers=_LATER)


_room = _Room()


async def read(request: Request, *, most: int = MOST, within_s: float = WITHIN_S) -> bytes:
    """The whole body.

    Raises:
        HTTPException: 413 when it is, or claims to be, too large; 408 when it takes too long; 400 when it is cut;
        503 when too many bodies are being read.
    """
    announced = request.headers.get("content-length", "")
    if announced and not (announced.isascii() and announced.isdigit()):
        raise HTTPException(400, headers=_OVER)
    if announced and (len(announced) > 12 or int(announced) > most):
        raise HTTPException(413, headers=_OVER)
    body = bytearray()
    try:
        with _room.reader() as reader:
            async with asyncio.timeout(within_s):
                async for piece in request.stream():
                    if len(body) + len(piece) > most:
                        raise HTTPException(413, headers=_OVER)
                    body += piece
                    reader.has(len(body))
    except TimeoutError:
        raise HTTPException(408, headers=_OVER) from None
    except ClientDisconnect:
        raise HTTPException(400, headers=_OVER) from None
    return bytes(body)


def as_object(body: bytes) -> dict[str, Any] | None:
    """The body as a JSON object; None if it is anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
