"""What the chat page needs beyond the API: its files, all it draws at the start, and the news as they happen."""

import asyncio
import dataclasses
import heapq
import json
import time
from collections.abc import AsyncIterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from sandbox import wire
from sandbox.api import Asked, places, troubles_json
from sandbox.platform import Platform
from sandbox.world import World

PAGE = Path(__file__).parent / "page"
KEEP_ALIVE_S = 15.0
GATHER_S = 0.05
"""News that come this close together travel together: a benchmark makes thousands a second."""
DRAWN_MAX = 200
TASKS_MAX = 5
"""The page draws the latest of a channel and of a vendor only; the API gives all."""

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; "
    "img-src 'self' http: https: data:; media-src 'self' http: https:"
)


class Live:
    """The handlers of the page, around one world."""

    def __init__(self, world: World, platforms: Mapping[str, Platform], asked: Asked) -> None:
        self._world = world
        self._platforms = platforms
        self._asked = asked

    def routes(self) -> list[BaseRoute]:
        """The page itself, its data, its news and its files."""
        return [
            Route("/", self.index),
            Route("/page/state", self.state),
            Route("/page/channel", self.channel),
            Route("/page/side", self.side),
            Route("/events", self.events),
            Mount("/page", Fresh(StaticFiles(directory=PAGE))),
        ]

    async def index(self, request: Request) -> Response:
        headers = {"Content-Security-Policy": CONTENT_POLICY, "Cache-Control": "no-cache"}
        return FileResponse(PAGE / "index.html", headers=headers)

    async def state(self, request: Request) -> Response:
        return JSONResponse(
            {
                "base_url": self._world.base_url,
                "now": time.time(),
                "platforms": {name: platform_json(platform) for name, platform in self._platforms.items()},
                "side": self._side(),
            }
        )

    async def channel(self, request: Request) -> Response:
        asked = dict(request.query_params)
        platform = self._platforms[wire.choice(asked, "platform", self._platforms)]
        channel = wire.choice(asked, "channel", places(platform))
        return JSONResponse({"messages": platform.drawn(channel)[-DRAWN_MAX:]})

    async def side(self, request: Request) -> Response:
        return JSONResponse(self._side())

    async def events(self, request: Request) -> Response:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(news(self._world), media_type="text/event-stream", headers=headers)

    def _side(self) -> dict[str, Any]:
        """What the page's third column shows."""
        return {
            "vendors": {name: latest(vendor) for name, vendor in self._asked().items()},
            "trouble": troubles_json(self._world),
            "platforms": {
                name: {
                    "faults": [dataclasses.asdict(fault) for fault in platform.faults.orders()],
                    "switches": [switch.json() for switch in platform.switches],
                }
                for name, platform in self._platforms.items()
            },
            "factor": self._world.factor,
        }


class Fresh:
    """Static files that a browser asks about each time, so that an upgrade is seen at once."""

    def __init__(self, files: StaticFiles) -> None:
        self._files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def revalidated(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Cache-Control"] = "no-cache"
            await send(message)

        await self._files(scope, receive, revalidated)


def platform_json(platform: Platform) -> dict[str, Any]:
    """One platform as the page draws it, with the latest messages of every channel; an empty `@name` is none."""
    messages = {channel: platform.drawn(channel)[-DRAWN_MAX:] for channel in places(platform)}
    channels = [channel for channel in messages if messages[channel] or not channel.startswith("@")]
    return {
        "people": [dataclasses.asdict(person) for person in platform.people],
        "channels": channels,
        "channel_names": dict(platform.channel_names),
        "has_app_places": platform.has_app_places,
        "commands": [dataclasses.asdict(command) for command in platform.commands()],
        "shortcuts": [dataclasses.asdict(shortcut) for shortcut in platform.shortcuts()],
        "messages": {channel: messages[channel] for channel in channels},
    }


def latest(vendor: dict[str, Any]) -> dict[str, Any]:
    """A vendor with the tasks that were submitted last, the newest last."""
    newest = heapq.nlargest(TASKS_MAX, vendor["tasks"], key=itemgetter("at"))
    return vendor | {"tasks": newest[::-1]}


def close_pages(world: World) -> None:
    """End every open news stream, so that the server can stop at once."""
    world.tell({"type": "closing"})


async def news(world: World, *, keep_alive_s: float = KEEP_ALIVE_S) -> AsyncIterator[str]:
    """Server-Sent Events from now on, each news once, with a comment where it is quiet; ends when the server closes."""
    async with world.listening() as queue:
        yield "retry: 1000\ndata: {}\n\n".format(json.dumps({"type": "hello"}))
        while True:
            try:
                async with asyncio.timeout(keep_alive_s):
                    gathered = [await queue.get()]
            except TimeoutError:
                yield ": quiet\n\n"
                continue
            if gathered[0]["type"] != "closing":
                await asyncio.sleep(GATHER_S)
            while not queue.empty():
                gathered.append(queue.get_nowait())
            lines = dict.fromkeys(json.dumps(each, ensure_ascii=False) for each in gathered)
            yield "".join(f"data: {line}\n\n" for line in lines)
            if any(each["type"] == "closing" for each in gathered):
                return
