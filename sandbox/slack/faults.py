"""What goes wrong between an app and Slack while trouble is on: refused, late, lost, or done and not said so."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.faults import Fault
from sandbox.slack.errors import SlackError
from sandbox.world import FaultKind, World

SUBJECT = "slack"
SLOW_S = 1.0
HANG_S = 30.0
RETRY_AFTER_S = 1
SCOPES = {
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "files.info": "files:read",
    "conversations.join": "channels:join",
    "conversations.open": "im:write",
    "conversations.info": "channels:read",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "users.info": "users:read",
    "usergroups.list": "usergroups:read",
    "usergroups.users.list": "usergroups:read",
    "apps.connections.open": "connections:write",
}
"""What each method needs, where that is not `chat:write`."""


BROKEN = (b"", b'{"ok": tr', b"<html>502</html>", b"[]", b"null", b'{"ok": true}', b"\xff\xfe\x00")
"""Bodies of answers that say 200 and nothing else: cut, of a proxy, or of another shape."""


def broken(body: bytes) -> Response:
    """An answer of 200 that is none."""
    return Response(body, 200, media_type="application/json")


class Dropped(Response):
    """The connection breaks, and not a byte of an answer was sent."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self._request = request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # ASGI has no word for this; uvicorn's receive is a method of the object that holds the transport.
        transport = getattr(getattr(self._request.receive, "__self__", None), "transport", None)
        if transport is None:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
            return
        transport.abort()
        async with asyncio.timeout(SLOW_S):
            while (await receive())["type"] != "http.disconnect":
                pass


def rate_limited(retry_after_s: int | str) -> Response:
    """Slack's 429."""
    return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers={"Retry-After": str(retry_after_s)})


@dataclass(frozen=True, slots=True, kw_only=True)
class WebApiFaults:
    """The trouble of one world, applied to requests.

    Args:
        hang_s: how late an answer comes while `hang` is on.
    """

    world: World
    hang_s: float = HANG_S

    async def around(
        self, request: Request, answer: Callable[[], Awaitable[Response]], *, writes: bool, fault: Fault | None = None
    ) -> Response:
        """Answer the request, or not, as the trouble has it.

        Args:
            writes: the request changes something.
            fault: the error on order that the request meets.
        """
        if fault is not None:
            return await _ordered(fault, request, answer, late_s=self.hang_s)
        hits = self.world.hits
        if hits(SUBJECT, FaultKind.DOWN):
            return JSONResponse({"ok": False, "error": "service_unavailable"}, 503)
        if hits(SUBJECT, FaultKind.RATE_LIMITED):
            return rate_limited(RETRY_AFTER_S)
        if hits(SUBJECT, FaultKind.SLOW):
            await asyncio.sleep(SLOW_S)
        failing = hits(SUBJECT, FaultKind.ERRORS)
        if failing and self.world.dice.random() < 0.5:
            return _failed()
        response = await answer()
        if failing:
            return _failed()
        if writes and hits(SUBJECT, FaultKind.LOST_REPLY):
            return Dropped(request)
        if hits(SUBJECT, FaultKind.BROKEN):
            return broken(self.world.dice.choice(BROKEN))
        if hits(SUBJECT, FaultKind.HANG):
            await asyncio.sleep(self.hang_s)
        return response


async def _ordered(
    fault: Fault, request: Request, answer: Callable[[], Awaitable[Response]], *, late_s: float
) -> Response:
    """The error on order: Slack's own word, `http_502` for a proxy's page, `drop` for done and the answer lost.

    `broken` is a yes that says nothing else, and `late` is done long after whoever asked may have given up.
    """
    if fault.code in {"ratelimited", "rate_limited"}:
        return rate_limited(fault.retry_after)
    if fault.code == "drop":
        await answer()
        return Dropped(request)
    if fault.code == "late":
        await asyncio.sleep(late_s)
        return await answer()
    if fault.code == "swallow":
        return Dropped(request)
    if fault.code == "broken":
        return broken(b'{"ok": true}')
    if fault.code.startswith("http_"):
        return PlainTextResponse("<html>an error</html>", int(fault.code.removeprefix("http_")))
    needed = SCOPES.get(fault.method, "chat:write") if fault.code == "missing_scope" else ""
    status = 500 if fault.code in {"internal_error", "fatal_error"} else 200
    return JSONResponse(SlackError(fault.code, needed=needed).body(), status)


def _failed() -> Response:
    return JSONResponse({"ok": False, "error": "internal_error"}, 500)
