"""A vendor's server over real HTTP, as rude as is wanted: it breaks off, hangs, and never keeps a connection."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

HANG_S = 30.0
_REASONS = {200: "OK", 206: "Partial Content"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request. `body` is its JSON, if it has any."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a server does with a request.

    Args:
        cut: only so many bytes of the body are sent, then the connection breaks.
        hangs: nothing comes, until the client has had enough.
        resets: the connection breaks without an answer.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    hangs: bool = False
    resets: bool = False


def says(value: object, *, status: int = 200, **headers: str) -> Said:
    """An answer in JSON."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Said(status=status, body=json.dumps(value).encode(), headers={"content-type": "application/json", **named})


Handler = Callable[[Asked], Awaitable[Said]]


@asynccontextmanager
async def serving(handle: Handler) -> AsyncIterator[str]:
    """The server, for as long as the block lasts; its address."""
    busy: set[asyncio.Task[Any]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        busy.add(task)
        try:
            if (asked := await _asked(reader)) is not None:
                await _answer(writer, asked, await handle(asked))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            busy.discard(task)
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)


async def _asked(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.IncompleteReadError:
        return None
    method, target, _ = head[0].split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    data = await reader.readexactly(int(headers.get("content-length", 0)))
    url = urlsplit(target)
    body: Any = None
    with contextlib.suppress(ValueError):
        body = json.loads(data)
    return Asked(method=method, path=url.path, query=dict(parse_qsl(url.query)), headers=headers, body=body)


async def _answer(writer: asyncio.StreamWriter, asked: Asked, said: Said) -> None:
    if said.hangs:
        await asyncio.sleep(HANG_S)
    if said.hangs or said.resets:
        writer.transport.abort()
        return
    body, status, headers = said.body, said.status, dict(said.headers)
    start = asked.headers.get("range", "").removeprefix("bytes=").removesuffix("-")
    if status == 200 and start.isdecimal() and headers.get("accept-ranges"):
        headers["content-range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        body, status = body[int(start) :], 206
    headers |= {"content-length": str(len(body)), "connection": "close"}
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Error')}", *(f"{k}: {v}" for k, v in headers.items())]
    sent = body if said.cut is None else body[: said.cut]
    writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + sent)
    await writer.drain()
