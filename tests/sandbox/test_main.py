"""`python -m sandbox` as a process: how it begins, how it ends."""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

import httpx

from tests.servers import free_port


async def start(port: int, home: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "sandbox", "--port", str(port), "--home", str(home)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONWARNINGS": "default"},
    )


async def test_the_process_says_one_line_when_ready_and_ends_at_once_with_a_page_open(tmp_path: Path) -> None:
    port = free_port()
    process = await start(port, tmp_path)
    assert process.stdout is not None
    async with asyncio.timeout(60):
        assert await process.stdout.readline() == f"The sandbox is ready: http://127.0.0.1:{port}\n".encode()

    async with httpx.AsyncClient() as client, client.stream("GET", f"http://127.0.0.1:{port}/events") as page:
        lines = page.aiter_lines()
        assert await anext(lines) == "retry: 1000"
        asked_at = time.monotonic()
        process.send_signal(signal.SIGTERM)
        rest, errors = await process.communicate()

    assert time.monotonic() - asked_at < 5  # 2 s on an idle machine; this one may be busy
    assert (process.returncode, rest, errors) == (0, b"", b"")


async def test_a_command_that_waits_for_a_bot_is_answered_at_the_end_and_leaves_no_trace(tmp_path: Path) -> None:
    port = free_port()
    process = await start(port, tmp_path)
    assert process.stdout is not None
    async with asyncio.timeout(60):
        assert await process.stdout.readline() == f"The sandbox is ready: http://127.0.0.1:{port}\n".encode()

    said = json.dumps({"platform": "slack", "channel": "general", "user": "ana", "text": "/video a fox"})
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"POST /api/say HTTP/1.1\r\nhost: sandbox\r\ncontent-length: {len(said)}\r\n\r\n{said}".encode())
    await writer.drain()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        for _ in range(3):  # what came before them is held by then: no bot is there
            assert (await client.get("/api/vendors")).is_success
    process.send_signal(signal.SIGINT)
    first = await reader.readline()
    writer.close()
    rest, errors = await process.communicate()

    assert first.split()[1] == b"503"
    assert (process.returncode, rest, errors) == (0, b"", b"")


async def test_a_taken_port_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        process = await start(port, tmp_path)
        _, errors = await process.communicate()

    assert process.returncode == 2
    assert errors.decode().splitlines() == [
        f"The sandbox cannot listen on 127.0.0.1:{port}: Address already in use. Choose another with --port."
    ]
