"""`python -m sandbox` as a process: how it begins, how it ends."""

import asyncio
import os
import signal
import socket
import sys
import time
from pathlib import Path

import httpx


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
