"""How every request of the API is taken and answered: token, trouble, body, errors, headers, and a log of exchanges."""

import asyncio
import json
import re
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from sandbox.discord.errors import ApiError, Refusal
from sandbox.discord.files import Upload
from sandbox.discord.fixtures import BOT_TOKEN, Rules
from sandbox.discord.forms import Body
from sandbox.discord.limits import THREADS, Meter, Verdict
from sandbox.discord.orders import limited, ordered
from sandbox.faults import Fault, Faults
from sandbox.world import FaultKind, World

EXCHANGES_MAX = 2000
BUCKET_LIMIT = 1000
BASE = "/api/v10"

_FILE_FIELD = re.compile(r"files\[(\d+)\]")

BROKEN = (b"", b'{"id": "1', b"<html>502</html>", b"[]", b"null", b"{}", b"\xff\xfe\x00")
"""Bodies of answers that say 200 and nothing else: cut, of a proxy, or of another shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer. `path` is below /api/v10; `request` is the JSON, also of a multipart body."""

    method: str
    path: str
    request: Any
    status: int
    response: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that has been read."""

    path: dict[str, Any]
    query: dict[str, str]
    json: Any
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a handler answers; no body is a 204."""

    body: Any = None
    status: int = 200


Handler = Callable[[Call], Answer]
Named = Callable[[Call], Collection[str]]
"""What a call is about, for orders: channels and their parents, messages, tokens, people."""
UPLOAD = "UPLOAD"
"""Stands for POST where a file goes along."""


class LostReply(Response):
    """An answer that breaks off before its body: the request has worked, and the client cannot know."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"64")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


class Server:
    """Wraps handlers into routes."""

    def __init__(self, world: World, rules: Rules, *, faults: Faults, meter: Meter, named: Named) -> None:
        self._world = world
        self._rules = rules
        self._faults = faults
        self._meter = meter
        self._named = named
        self.thread_s = 0.0
        """How long a thread takes to open."""
        self.exchanges: deque[Exchange] = deque(maxlen=EXCHANGES_MAX)
        self._noted = 0
        """Exchanges so far, those that are forgotten too."""

    async def told(self, request: Request) -> Response:
        """What the bot has asked and was answered since the exchange `after`, oldest first; `last` is the newest."""
        after = request.query_params.get("after", "")
        new = self._noted - int(after) if after.isdecimal() else self._noted
        found = list(self.exchanges)[-new:] if new > 0 else []
        return JSONResponse({"last": self._noted, "exchanges": [asdict(each) for each in found]})

    def route(self, method: str, path: str, handler: Handler, *, bot: bool = True) -> BaseRoute:
        """A route of the API. `bot`: it wants the bot's token; the others carry a token in their path."""

        async def endpoint(request: Request) -> Response:
            return await self._serve(request, handler, bot=bot)

        return Route(path, endpoint, methods=[method])

    async def _serve(self, request: Request, handler: Handler, *, bot: bool) -> Response:
        try:
            call = await self._read(request)
        except ApiError as error:
            return self._answer(request, None, Answer(status=error.status, body=error.body))
        if (refused := await self._trouble(request, call)) is not None:
            return refused
        route = _route(request)
        verdict = self._meter.take(f"{request.method} {route}", _major(call), counts_globally=bot)
        if verdict.wait_s is not None:
            refused = limited(f"{verdict.wait_s:.3f}", is_global=verdict.is_global)
            self._note(request, call.json, refused.status_code, json.loads(bytes(refused.body)))
            return refused

        async def done() -> Response:
            return await self._done(request, call, handler, bot=bot, route=route, verdict=verdict)

        if (fault := self._fault(request.method, route, call)) is not None:
            self._note(request, call.json, 0, f"ordered: {fault.code}")
            return await ordered(fault, done, hang_s=self._rules.hang_s)
        return await done()

    async def _done(
        self, request: Request, call: Call, handler: Handler, *, bot: bool, route: str, verdict: Verdict
    ) -> Response:
        """Do what is asked, unless something is wrong with all of Discord."""
        hits = self._world.hits
        failing = hits("discord", FaultKind.ERRORS)
        # Discord's 500s are of both kinds: nothing was done, or all was done (which is why nonces exist).
        if failing and self._world.dice.random() < 0.5:
            return self._refuse(request, call, Refusal.SERVER_ERROR)
        if self.thread_s and f"{request.method} {route}" == THREADS:
            await asyncio.sleep(self.thread_s)
        answer = self._handle(request, call, handler, bot=bot)
        if failing:
            return self._refuse(request, call, Refusal.SERVER_ERROR)
        response = self._answer(request, call.json, answer, verdict=verdict)
        if hits("discord", FaultKind.BROKEN):
            return Response(self._world.dice.choice(BROKEN), 200, media_type="application/json")
        return LostReply() if hits("discord", FaultKind.LOST_REPLY) else response

    def _fault(self, method: str, route: str, call: Call) -> Fault | None:
        """The order that this call meets; one for uploads goes before one for all posts."""
        if not self._faults.orders():
            return None
        about = self._named(call)
        upload = self._faults.hit(f"{UPLOAD} {route}", about) if method == "POST" and call.body.uploads else None
        return upload or self._faults.hit(f"{method} {route}", about)

    async def _trouble(self, request: Request, call: Call) -> Response | None:
        """What is wrong with Discord before it has done anything."""
        hits = self._world.hits
        if hits("discord", FaultKind.SLOW):
            await asyncio.sleep(self._rules.slow_s)
        if hits("discord", FaultKind.HANG):
            await asyncio.sleep(self._rules.hang_s)
            if await request.is_disconnected():
                return LostReply()
        if hits("discord", FaultKind.DOWN):
            return self._refuse(request, call, Refusal.UNAVAILABLE)
        if hits("discord", FaultKind.RATE_LIMITED):
            wait_s = self._rules.retry_after_s
            body = {"message": "You are being rate limited.", "code": 0, "retry_after": wait_s, "global": False}
            response = self._answer(request, call.json, Answer(status=429, body=body))
            response.headers["Retry-After"] = f"{wait_s:.3f}"
            response.headers["X-RateLimit-Scope"] = "user"
            response.headers["X-RateLimit-Remaining"] = "0"
            response.headers["X-RateLimit-Reset-After"] = f"{wait_s:.3f}"
            return response
        return None

    def _handle(self, request: Request, call: Call, handler: Handler, *, bot: bool) -> Answer:
        try:
            _authenticate(request, bot=bot)
            return handler(call)
        except ApiError as error:
            return Answer(status=error.status, body=error.body)

    async def _read(self, request: Request) -> Call:
        content_type = request.headers.get("content-type", "")
        try:
            if content_type.startswith("multipart/form-data"):
                payload, uploads = await self._multipart(request)
            else:
                raw = await request.body()
                payload, uploads = json.loads(raw) if raw else None, {}
        except (ValueError, HTTPException, ClientDisconnect) as error:
            raise ApiError(Refusal.BAD_JSON) from error
        fields = payload if isinstance(payload, dict) else {}
        return Call(
            path=request.path_params,
            query=dict(request.query_params),
            json=payload,
            body=Body(payload=fields, uploads=uploads),
        )

    async def _multipart(self, request: Request) -> tuple[Any, dict[int, Upload]]:
        if int(request.headers.get("content-length", "0")) > 11 * self._rules.upload_bytes:
            raise ApiError(Refusal.TOO_LARGE)
        payload: Any = {}
        uploads = {}
        async with request.form() as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    if number := _FILE_FIELD.fullmatch(name):
                        upload = Upload(filename=value.filename or "", data=await value.read())
                        uploads[int(number[1])] = upload
                elif name == "payload_json":
                    payload = json.loads(value)
        return payload, uploads

    def _refuse(self, request: Request, call: Call, refusal: Refusal) -> Response:
        error = ApiError(refusal)
        return self._answer(request, call.json, Answer(status=error.status, body=error.body))

    def _note(self, request: Request, posted: Any, status: int, response: Any) -> None:
        path = request.url.path.partition(BASE)[2]
        self._noted += 1
        self.exchanges.append(
            Exchange(method=request.method, path=path, request=posted, status=status, response=response)
        )

    def _answer(self, request: Request, posted: Any, answer: Answer, *, verdict: Verdict | None = None) -> Response:
        self._note(request, posted, answer.status, answer.body)
        many = verdict or Verdict(limit=BUCKET_LIMIT, remaining=BUCKET_LIMIT - 1, reset_s=1.0)
        # discord.py takes a 429 without Via for a ban, and reads only exactly application/json.
        headers = {
            "Via": "1.1 sandbox",
            "X-RateLimit-Limit": str(many.limit),
            "X-RateLimit-Remaining": str(many.remaining),
            "X-RateLimit-Reset": f"{time.time() + many.reset_s:.3f}",
            "X-RateLimit-Reset-After": f"{many.reset_s:.3f}",
            "X-RateLimit-Bucket": _bucket(request),
        }
        if answer.status == 204:
            return Response(status_code=204, headers=headers)
        return JSONResponse(answer.body, status_code=answer.status, headers=headers)


def _authenticate(request: Request, *, bot: bool) -> None:
    if bot and request.headers.get("authorization") != f"Bot {BOT_TOKEN}":
        raise ApiError(Refusal.UNAUTHORIZED)


def _route(request: Request) -> str:
    """The route's name as the documentation has it: /channels/{channel}/messages."""
    route = request.scope.get("route")
    return str(getattr(route, "path", "")).replace(":int", "").replace(":path", "")


def _major(call: Call) -> str:
    """What a limit is counted by, besides its route."""
    return str(call.path.get("channel") or call.path.get("token") or "")


def _bucket(request: Request) -> str:
    """One bucket for each method and route, as Discord's hashes are."""
    return f"{hash(f'{request.method} {_route(request)}') & 0xFFFFFFFFFFFF:012x}"
