"""A proxy between a bot and its Postgres: it can be closed, and can delay each exchange."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit, urlunsplit

_ENDS_AN_EXCHANGE = b"SQ"
"""A Sync, or a simple query."""


class Door:
    """The proxy. Data that has passed stays sent; data that arrives while it is closed waits.

    Args:
        holds: something waits at the closed proxy, or has waited there.
    """

    def __init__(self) -> None:
        self.dsn = ""
        self.takes_s = 0.0
        self.holds = asyncio.Event()
        self._is_open = asyncio.Event()
        self._is_open.set()

    def shut(self) -> None:
        """Close the proxy: the database gives no answer, and no refusal."""
        self._is_open.clear()

    def open(self) -> None:
        """Open the proxy: all data that has waited passes."""
        self._is_open.set()

    async def passed(self, kind: bytes) -> None:
        """Wait for what a message of this kind has to wait for."""
        if kind in _ENDS_AN_EXCHANGE:
            await asyncio.sleep(self.takes_s)
        if not self._is_open.is_set():
            self.holds.set()
        await self._is_open.wait()


@asynccontextmanager
async def door_before(dsn: str) -> AsyncIterator[Door]:
    """A door before a database, with an address that leads through it."""
    parts = urlsplit(dsn)
    folder = parse_qs(parts.query).get("host", [""])[0]
    port = parse_qs(parts.query).get("port", [str(parts.port or 5432)])[0]
    door = Door()
    under_way: set[asyncio.StreamWriter] = set()
    over = asyncio.Event()
    over.set()

    async def enter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        under_way.add(writer)
        over.clear()
        if folder.startswith("/"):
            server = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{port}")
        else:
            server = await asyncio.open_connection(folder or parts.hostname, int(port))
        copying = asyncio.create_task(_copied(server[0], writer))
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await _heard(reader, server[1], door)
        finally:
            copying.cancel()
            server[1].close()
            writer.close()
            under_way.discard(writer)
            if not under_way:
                over.set()

    listening = await asyncio.start_server(enter, "127.0.0.1", 0)
    at = listening.sockets[0].getsockname()[1]
    login = parts.netloc.rpartition("@")[0]
    door.dsn = urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{at}", query="sslmode=disable"))
    try:
        yield door
    finally:
        door.open()
        listening.close()
        for writer in list(under_way):
            writer.close()
        await over.wait()


async def _heard(reader: asyncio.StreamReader, to: asyncio.StreamWriter, door: Door) -> None:
    """The bot's side: its first message has no type, each later one has a byte for it."""
    head = await reader.readexactly(4)
    body = await reader.readexactly(int.from_bytes(head, "big") - 4)
    await door.passed(b"")
    to.write(head + body)
    while True:
        kind, length = await reader.readexactly(1), await reader.readexactly(4)
        body = await reader.readexactly(int.from_bytes(length, "big") - 4)
        await door.passed(kind)
        to.write(kind + length + body)


async def _copied(reader: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(1 << 16):
            to.write(chunk)
    to.close()  # the server has had enough
