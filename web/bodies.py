"""Reads request bodies that strangers send: not too large, not too slow, and nothing of either is kept."""

import asyncio
import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

MOST = 1 << 20
WITHIN_S = 10.0

_OVER = {"connection": "close"}
"""The rest of the body is not wanted, so the connection cannot be used again."""


async def read(request: Request, *, most: int = MOST, within_s: float = WITHIN_S) -> bytes:
    """The whole body.

    Raises:
        HTTPException: 413 when it is, or says that it is, too large; 408 when it takes too long; 400 when it is cut.
    """
    announced = request.headers.get("content-length", "")
    if announced and not (announced.isascii() and announced.isdigit()):
        raise HTTPException(400, headers=_OVER)
    if announced and (len(announced) > 12 or int(announced) > most):
        raise HTTPException(413, headers=_OVER)
    body = bytearray()
    try:
        async with asyncio.timeout(within_s):
            async for piece in request.stream():
                if len(body) + len(piece) > most:
                    raise HTTPException(413, headers=_OVER)
                body += piece
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
