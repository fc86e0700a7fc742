"""What an order for an error answers with: Discord's own code, a limit, what stands in front of Discord, or nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.faults import Fault

STATUS = {
    10002: 404, 10003: 404, 10004: 404, 10007: 404, 10008: 404, 10013: 404, 10015: 404, 10062: 404,
    20009: 400, 20016: 429, 20022: 429, 20028: 429, 20029: 429, 30033: 400, 30034: 400, 30046: 400, 40001: 401,
    40002: 403, 40004: 403, 40005: 413, 40006: 403, 40007: 403, 40060: 400, 40062: 429, 40333: 403, 50001: 403,
    50005: 403, 50006: 400, 50007: 403, 50008: 400, 50009: 403, 50013: 403, 50014: 401, 50024: 400, 50025: 401,
    50027: 401, 50033: 400, 50035: 400, 50045: 400, 50046: 400, 50083: 400, 50109: 400, 50138: 400, 130000: 503,
    160004: 400, 160005: 403, 160006: 400, 200000: 400, 200001: 400, 240000: 400,
}  # fmt: skip
"""The HTTP status of each code; one that is not listed is a 400. Some are partly unconfirmed (2026-11-22)."""

WORDS = ("429", "global", "timeless", "cloudflare", "broken", "empty", "drop", "swallow", "hang")
"""Besides codes and `http_<status>`: a limit of the route and of the application, a ban page without a header, a body
that is cut off, one of another kind, done and the answer lost, not done and no answer, and no answer for long."""


class Silence(Response):
    """The connection ends without an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = [(b"content-type", b"application/json"), (b"content-length", b"64")]
        await send({"type": "http.response.start", "status": 200, "headers": head})


async def ordered(fault: Fault, handle: Callable[[], Awaitable[Response]], *, hang_s: float) -> Response:
    """The answer that was ordered. `handle` does what was asked."""
    word = fault.code
    match word:
        case "429" | "global":
            return limited(fault.retry_after, is_global=word == "global")
        case "timeless" | "cloudflare":
            return _without_a_time(word)
        case "broken":
            await handle()
            return Response(b'{"id": "1', 200, {"Via": "1.1 sandbox"}, "application/json")
        case "empty":
            await handle()
            return JSONResponse([], 200, {"Via": "1.1 sandbox"})
        case "drop":
            await handle()
            return Silence()
        case "swallow":
            return Silence()
        case "hang":
            await asyncio.sleep(hang_s)
            return Silence()
        case _:
            return _refused(word, fault.retry_after)


def limited(retry_after: str, *, is_global: bool = False, code: int = 0, scope: str = "user") -> Response:
    """A 429 as Discord sends it."""
    body: dict[str, Any] = {
        "message": "You are being rate limited.",
        "code": code,
        "retry_after": _seconds(retry_after),
        "global": is_global,
    }
    headers = {
        "Via": "1.1 sandbox",
        "Retry-After": retry_after,
        "X-RateLimit-Scope": "global" if is_global else scope,
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset-After": retry_after,
    }
    return JSONResponse(body, 429, headers | ({"X-RateLimit-Global": "true"} if is_global else {}))


def _without_a_time(word: str) -> Response:
    """A 429 that does not say how long to wait: of Discord, or of what stands in front of it."""
    if word == "cloudflare":
        return HTMLResponse("<html><title>Access denied | Error 1015</title></html>", 429)
    return JSONResponse({"message": "You are being rate limited.", "code": 0}, 429, {"Via": "1.1 sandbox"})


def _refused(word: str, retry_after: str) -> Response:
    headers = {"Via": "1.1 sandbox"}
    if word.startswith("http_"):
        return HTMLResponse("<html>an error</html>", int(word.removeprefix("http_")), headers)
    code = int(word) if word.isdecimal() else 0
    status = STATUS.get(code, 400)
    if status == 429:
        return limited(retry_after, code=code)
    return JSONResponse({"message": f"error {word}, as ordered", "code": code}, status, headers)


def _seconds(told: str) -> float:
    try:
        return float(told)
    except ValueError:
        return 1.0
