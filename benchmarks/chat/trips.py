"""Counts a program's round trips to Postgres, by a proxy in front of the server.

Each exchange ends with a Sync or is a simple query; that is what is counted.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit

_COUNTED = b"SQ"


class Door:
    """What has gone through the proxy."""

    def __init__(self) -> None:
        self.trips = 0
        self.dsn = ""


@asynccontextmanager
async def door(dsn: str) -> AsyncIterator[Door]:
    """Starts a proxy in front of a DSN's server, and gives the DSN that leads through it."""
    parts = urlsplit(dsn)
    folder = parse_qs(parts.query).get("host", [""])[0]
    port = parse_qs(parts.query).get("port", [str(parts.port or 5432)])[0]
    counted = Door()

    async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if folder:
            server = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{port}")
        else:
            server = await asyncio.open_connection(parts.hostname, int(port))
        with suppress(OSError, asyncio.IncompleteReadError):
            await asyncio.gather(_heard(reader, server[1], counted), _copied(server[0], writer))
        server[1].close()
        writer.close()

    listening = await asyncio.start_server(passed, "127.0.0.1", 0)
    at = listening.sockets[0].getsockname()[1]
    user = parts.username or parse_qs(parts.query).get("user", ["postgres"])[0]
    counted.dsn = f"postgresql://{user}@127.0.0.1:{at}{parts.path}?sslmode=disable"
    try:
        yield counted
    finally:
        listening.close()


async def _heard(reader: asyncio.StreamReader, to: asyncio.StreamWriter, counted: Door) -> None:
    """The client's side: the first message has no type, each later one has a byte for it."""
    head = await reader.readexactly(4)
    to.write(head + await reader.readexactly(int.from_bytes(head, "big") - 4))
    while True:
        kind, length = await reader.readexactly(1), await reader.readexactly(4)
        counted.trips += kind in _COUNTED
        to.write(kind + length + await reader.readexactly(int.from_bytes(length, "big") - 4))


async def _copied(reader: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(1 << 16):
        to.write(chunk)
