"""Who does not get to the point is hung up on, and who does is not."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from web.patience import Patient

HELLO = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Hasty(Patient):
    head_s = 1.0


async def _slow(request: Request) -> Response:
    await asyncio.sleep(Hasty.head_s * 1.5)
    return PlainTextResponse("at last")


@asynccontextmanager
async def _served() -> AsyncIterator[int]:
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("hello")), Route("/slow", _slow)])
    config = uvicorn.Config(app, http=Hasty, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server._serve(sockets=[listener]))
            try:
                yield listener.getsockname()[1]
            finally:
                server.should_exit = True


async def _rest(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(20):
        return await reader.read()


async def test_who_says_nothing_is_hung_up_on() -> None:
    async with _served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await _rest(reader) == b""
        writer.close()


async def test_who_sends_a_head_by_the_letter_is_hung_up_on() -> None:
    async with _served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def drip() -> None:
            for _ in range(1000):
                writer.write(b"X")
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        assert await _rest(reader) == b""
        dripping.cancel()
        writer.close()


async def test_a_later_head_on_the_same_connection_is_waited_for_no_longer() -> None:
    async with _served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HELLO)
        async with asyncio.timeout(20):
            assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
        writer.write(HELLO[:-2])
        assert await _rest(reader) == b""
        writer.close()


async def test_an_answer_may_take_longer_than_a_question() -> None:
    async with _served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HELLO.replace(b"GET /", b"GET /slow"))
        async with asyncio.timeout(20):
            assert (await reader.readuntil(b"at last")).startswith(b"HTTP/1.1 200")
        writer.close()
