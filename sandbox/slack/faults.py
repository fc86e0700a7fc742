"""What goes wrong between an app and Slack while trouble is on: refused, late, lost, or done and not said so."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.world import FaultKind, World

SUBJECT = "slack"
SLOW_S = 1.0
HANG_S = 30.0
RETRY_AFTER_S = 1


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


def rate_limited(retry_after_s: int) -> Response:
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

    async def around(self, request: Request, answer: Callable[[], Awaitable[Response]], *, writes: bool) -> Response:
        """Answer the request, or not, as the trouble has it. `writes`: the request changes something."""
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


def _failed() -> Response:
    return JSONResponse({"ok": False, "error": "internal_error"}, 500)
