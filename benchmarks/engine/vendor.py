"""A bare vendor in a process of its own: speaks enough of Ark to be asked, on raw sockets, as cheaply as Python can.

A task takes as long as its prompt says: takes=4, or a second where it says "soon". One that it has never heard of is
running, for ever; one called hang-… is never answered; one whose prompt says "refused" ends without a film, one that
says "forbidden" does so because of its words, and one that says "never" is not taken because of them. It remembers when
it was asked for each prompt.
"""

import asyncio
import json
import multiprocessing
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import uvloop

_TAKES = re.compile(r"takes=([\d.]+)")
_RUNNING = b'{"id":"t","status":"running"}'
_NOT_TAKEN = b'{"error":{"code":"InputTextSensitiveContentDetected","message":"not these"}}'


@dataclass(slots=True)
class Shop:
    """What the vendor knows."""

    clip: bytes
    base_url: str = ""
    asked_at: dict[str, float] = field(default_factory=dict)
    ends_at: dict[str, float] = field(default_factory=dict)
    prompts: dict[str, str] = field(default_factory=dict)
    polls: int = 0

    def answer(self, method: bytes, path: str, body: bytes) -> bytes | None:
        """The body of an answer; None: there is none."""
        if path.endswith("clip.mp4"):
            return self.clip
        task = path.rpartition("/tasks")[2].lstrip("/").partition("?")[0]
        if method == b"POST":
            return self._take(json.loads(body))
        if not task:
            return b'{"items":[]}'
        self.polls += 1
        if task.startswith("hang-"):
            return None
        if self.ends_at.get(task, float("inf")) > time.time():
            return _RUNNING
        prompt = self.prompts[task]
        if "refused" in prompt or "forbidden" in prompt:
            what = "InputText" if "forbidden" in prompt else "OutputVideo"
            error = {"code": f"{what}SensitiveContentDetected", "message": "not this"}
            return json.dumps({"id": task, "status": "failed", "error": error}).encode()
        done = {"id": task, "status": "succeeded", "content": {"video_url": f"{self.base_url}/clip.mp4"}}
        return json.dumps(done).encode()

    def _take(self, asked: dict[str, Any]) -> bytes:
        now, prompt = time.time(), asked["content"][0]["text"]
        if "never" in prompt:
            return _NOT_TAKEN
        task = f"cgt-{len(self.ends_at)}"
        takes = _TAKES.search(prompt)
        self.asked_at[prompt] = now
        self.prompts[task] = prompt
        self.ends_at[task] = now + float(takes[1] if takes else 1 if "soon" in prompt else 3600)
        return json.dumps({"id": task}).encode()


class _Door(asyncio.Protocol):
    """One connection: whole requests in, whole answers out."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._heard = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while (end := self._heard.find(b"\r\n\r\n")) >= 0:
            head = self._heard[:end]
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            size = int(length[1]) if length else 0
            if len(self._heard) < end + 4 + size:
                return
            body = self._heard[end + 4 : end + 4 + size]
            self._heard = self._heard[end + 4 + size :]
            method, path, _ = head.split(b" ", 2)
            answer = self._shop.answer(method, path.decode(), body)
            if answer is not None:
                kind = b"video/mp4" if path.endswith(b".mp4") else b"application/json"
                self._transport.write(
                    b"HTTP/1.1 %b\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n%b"
                    % (b"400 Bad Request" if answer is _NOT_TAKEN else b"200 OK", kind, len(answer), answer)
                )


@dataclass(slots=True)
class Vendor:
    """The process, from outside."""

    base_url: str
    pipe: Pipe

    def told(self) -> dict[str, Any]:
        """What it knows: when it was asked for a prompt, when that prompt's task ended, how often it was asked."""
        self.pipe.send("tell")
        told: dict[str, Any] = self.pipe.recv()
        return told


@contextmanager
def vendor(clip: Path, *, core: int | None) -> Iterator[Vendor]:
    """The stand-in, on one core."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(str(clip), core, theirs), daemon=True)
    process.start()
    try:
        yield Vendor(base_url=ours.recv(), pipe=ours)
    finally:
        ours.send("stop")
        process.join(10)


def _run(clip: str, core: int | None, pipe: Pipe) -> None:
    if core is not None:
        os.sched_setaffinity(0, {core})
    uvloop.run(_serve(Shop(clip=Path(clip).read_bytes()), pipe))


async def _serve(shop: Shop, pipe: Pipe) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Door(shop), "127.0.0.1", 0, backlog=1024)
    shop.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    pipe.send(shop.base_url)
    while await asyncio.to_thread(pipe.recv) != "stop":
        ended = {shop.prompts[task]: at for task, at in shop.ends_at.items()}
        pipe.send({"asked_at": dict(shop.asked_at), "ended_at": ended, "polls": shop.polls})
