"""Who does not get to the point is hung up on, and who does is not."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from web.__main__ import Server, config
from web.app import _refused
from web.bodies import read
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


@asynccontextmanager
async def _house() -> AsyncIterator[int]:
    """A server as the web process has it."""

    async def take(request: Request) -> Response:
        await read(request)
        return PlainTextResponse("taken")

    app = Starlette(
        routes=[Route("/healthz", lambda _: PlainTextResponse("ok")), Route("/take", take, methods=["POST"])],
        exception_handlers={HTTPException: _refused},
    )
    server = Server(config(app))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(2048)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server._serve(sockets=[listener]))
            try:
                yield listener.getsockname()[1]
            finally:
                server.should_exit = True


async def _is_well(port: int) -> bool:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = await _rest(reader)
    writer.close()
    return answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("first", [b"", HELLO.replace(b"/ ", b"/healthz "), b"GET /he"], ids=["mute", "once", "half"])
async def test_eleven_hundred_who_are_connected_and_idle_keep_nobody_out(first: bytes) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, before[1]), before[1]))
    async with _house() as port:
        writers = []
        for _ in range(1100):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(first)
            writers.append(writer)
        assert await _is_well(port)
        for writer in writers:
            writer.transport.abort()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


LARGE = b"POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n"


async def test_four_hundred_bodies_of_nobody_take_little_memory_and_keep_nobody_out() -> None:
    async with _house() as port:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        async def post() -> bytes:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(LARGE)
            with contextlib.suppress(ConnectionError):
                for _ in range(15):  # all but the last piece, which never comes
                    writer.write(bytes(65_536))
                    await writer.drain()
                answer = await _rest(reader)
                writer.close()
                return answer
            return b""

        posts = [asyncio.create_task(post()) for _ in range(400)]
        await asyncio.wait(posts, timeout=3)
        assert await _is_well(port)
        assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10 < 150 << 20
        answers = await asyncio.gather(*posts)
    refused = sum(answer.startswith((b"HTTP/1.1 503", b"HTTP/1.1 408")) for answer in answers)
    assert refused + answers.count(b"") == 400


async def test_a_small_body_is_taken_while_large_ones_are_refused() -> None:
    async with _house() as port:
        held = []
        for _ in range(40):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(LARGE + bytes(1_000_000))
            held.append(writer)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /take HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
        assert (await _rest(reader)).startswith(b"HTTP/1.1 200")
        for each in held:
            each.transport.abort()
            with contextlib.suppress(ConnectionError):
                await each.wait_closed()
        writer.close()


async def _rest(reader: asyncio.StreamReader) -> bytes:
    """What comes before the end; a reset, by which the system answers whoever goes on writing, is an end, too."""
    data = bytearray()
    async with asyncio.timeout(30):
        with contextlib.suppress(ConnectionResetError):
            while piece := await reader.read(65_536):
                data += piece
    return bytes(data)


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
