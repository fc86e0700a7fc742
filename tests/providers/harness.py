"""A vendor made of canned answers, over httpx.MockTransport; it records the requests."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx

from core.domain.ids import GenerationId, RouteKey
from core.domain.requests.options import values
from core.domain.requests.pricing import Offer, fit
from core.domain.requests.request import VideoRequest
from core.http.client import HttpSettings
from core.ports import InputImage, VideoJob, VideoRoute
from core.providers.adapter import RouteConfig
from core.providers.registry import ENTRIES, Entry, settings

NOW = 1_795_374_100.0
SENT_AT = datetime.fromtimestamp(NOW - 100, UTC)
KEY = "k3y-which-stays-home"
PIXEL = InputImage(data=b"\x89PNG\r\n\x1a\nnot really", mime_type="image/png")
METHODS = {"GET", "POST", "PUT", "DELETE"}
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer of a vendor's."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    def response(self) -> httpx.Response:
        return httpx.Response(self.status, content=self.content, headers=self.headers)


def ok(body: Any, status: int = 200) -> Reply:
    return Reply(status=status, body=body)


Handler = Callable[[httpx.Request], httpx.Response]
Step = Reply | Exception | httpx.Response | Handler


@dataclass(slots=True)
class Vendor:
    """Answers each request with the next step, and repeats the last one."""

    steps: list[Step]
    requests: list[httpx.Request] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        assert request.method in METHODS, request.method
        self.requests.append(request)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        match step:
            case Reply():
                return step.response()
            case Exception():
                raise step
            case httpx.Response():
                return step
            case _:
                return step(request)

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.content) if request.content else None for request in self.requests]


async def public(host: str, port: int) -> tuple[str, ...]:
    return ("93.184.216.34",)


def wiring(vendor: Vendor | None = None, **changes: Any) -> HttpSettings:
    """The wiring of a test: no network, a fixed clock, no pauses."""
    transport = httpx.MockTransport(vendor) if vendor is not None else None
    base = HttpSettings(transport=transport, resolve=public, clock=lambda: NOW, download_pause_s=0)
    return replace(base, **changes)


KNOWN: list[Entry] = [*ENTRIES]
"""Our routes; a test of another provider adds its line."""


def entry(route: str) -> Entry:
    return next(line for line in KNOWN if line.key == route)


def adapter(route: str, vendor: Vendor, config: RouteConfig, **changes: Any) -> VideoRoute:
    line = entry(route)
    return line.build(settings(line, {RouteKey(route): config}), wiring(vendor, **changes))


def offer(route: str, config: RouteConfig | None = None) -> Offer:
    line = entry(route)
    return line.offer(settings(line, {RouteKey(route): config or RouteConfig()}))


def job(made_by: Offer, request: VideoRequest | None = None, **changes: Any) -> VideoJob:
    """An attempt of a generation, as the engine hands it over."""
    request = request or VideoRequest(prompt="a red fox in the snow")
    made = VideoJob(
        generation_id=GenerationId(UUID("11111111-1111-4111-8111-111111111111")),
        attempt=1,
        external_id=UUID("0c1f2e3d-4a5b-4c6d-8e7f-102132435465"),
        prompt=request.prompt,
        fitted=fit(request, made_by.capabilities),
        **values(request),
    )
    return replace(made, **changes)


@dataclass(slots=True)
class Endless(httpx.AsyncByteStream):
    """A body of 200 MB, made while it is read; it counts the bytes that were read."""

    taken: int = 0
    chunk: bytes = b" " * 65536
    size: int = 200 * 1024 * 1024

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.taken < self.size:
            self.taken += len(self.chunk)
            yield self.chunk


class Hanging(httpx.AsyncByteStream):
    """A body that never arrives."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"'
        await asyncio.Event().wait()


class Breaking(httpx.AsyncByteStream):
    """A body that breaks off after a while."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            yield chunk
        raise httpx.ReadError("connection reset by peer")
