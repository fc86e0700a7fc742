"""What the vendors' tests share: a served sandbox, an ear for callbacks, and eyes for clips."""

import asyncio
import base64
import io
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import av
import httpx
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox.vendors import Vendors, asked
from sandbox.world import World
from tests.patience import PATIENCE_S

WEBHOOK_SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="


class Server(uvicorn.Server):
    """uvicorn that says when it is up, and leaves the signals to pytest."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up, self.enough = asyncio.Event(), asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.up.set()

    async def main_loop(self) -> None:
        """Its own looks every tenth of a second whether it is to stop: too slow for hundreds of tests."""
        await self.on_tick(0)
        await self.enough.wait()


@asynccontextmanager
async def serve(app: ASGIApp) -> AsyncIterator[str]:
    """The application behind a real uvicorn on a port of its own."""
    config = uvicorn.Config(app, port=0, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    server = Server(config)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(PATIENCE_S):
        await server.up.wait()
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        server.enough.set()
        await running


@dataclass(slots=True)
class Clock:
    """Unix time, and what a test has skipped."""

    skipped_s: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.skipped_s


@dataclass(slots=True, kw_only=True)
class Rig:
    """A served sandbox and a client for it."""

    world: World
    vendors: Vendors
    url: str
    http: httpx.AsyncClient
    clock: Clock

    def asked(self, vendor: str) -> Any:
        return asked(self.vendors)[vendor]

    async def settled(self, see: Callable[[], Any]) -> Any:
        """Ask until the answer is true."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if seen := see():
                    return seen
                await asyncio.sleep(0.01)


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """What a clip is, looked at from outside."""

    codec: str
    seconds: float
    size: tuple[int, int]
    frames: int
    audio: str
    pictures: list[Image.Image]


def look(data: bytes) -> Video:
    """Decode a clip; gives three of its frames: the first, one in the middle, the last."""
    with av.open(io.BytesIO(data), "r") as container:
        video = container.streams.video[0]
        audio = container.streams.audio[0].codec_context.name if container.streams.audio else ""
        frames = [frame.to_image() for frame in container.decode(video)]
        return Video(
            codec=video.codec_context.name,
            seconds=float((video.duration or 0) * (video.time_base or 0)),
            size=(video.width, video.height),
            frames=len(frames),
            audio=audio,
            pictures=[frames[0], frames[len(frames) // 2], frames[-1]],
        )


def picture(colour: str = "red", size: tuple[int, int] = (640, 480), kind: str = "PNG") -> bytes:
    """An encoded picture of one colour."""
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, kind)
    return data.getvalue()


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def data_uri(data: bytes) -> str:
    return f"data:image/png;base64,{base64_of(data)}"


@dataclass(slots=True, kw_only=True)
class Heard:
    """One request that a listener got."""

    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True, kw_only=True)
class Ear:
    """Listens for callbacks. `answers` are the statuses of the next answers (then 200); it echoes challenges."""

    url: str
    heard: list[Heard]
    answers: list[int]
    echo: bool = True


@asynccontextmanager
async def listening() -> AsyncIterator[Ear]:
    """A server that hears callbacks at any path."""
    ear = Ear(url="", heard=[], answers=[])

    async def hear(request: Request) -> Response:
        body = await request.body()
        ear.heard.append(Heard(body=body, headers=dict(request.headers)))
        status = ear.answers.pop(0) if ear.answers else 200
        challenge = json.loads(body).get("challenge")
        return JSONResponse({"challenge": challenge} if challenge and ear.echo else {}, status_code=status)

    async with serve(Starlette(routes=[Route("/{path:path}", hear, methods=["POST"])])) as url:
        ear.url = f"{url}/hook"
        yield ear
