"""The way into a vendor: what happens to every request before its own logic, and to the answer after it."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.vendors.task_store import TaskStore
from sandbox.world import FaultKind

Handler = Callable[[Request], Awaitable[Response]]
BODY_MAX = 80 * 1024 * 1024
ALL_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class WireError(Exception):
    """The vendor says no, in this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class Accepted(JSONResponse):
    """The answer to a create that made a task: the one that trouble `lost_reply` swallows."""


class VendorMiddleware:
    """Makes the routes of one vendor, with its trouble built in.

    Args:
        store: whose trouble it is.
        down: the vendor's answer when it is down.
        broken: the vendor's answer when it fails.
    """

    def __init__(self, store: TaskStore, *, down: Callable[[], Response], broken: Callable[[], Response]) -> None:
        self._store = store
        self._down = down
        self._broken = broken

    def route(self, path: str, handler: Handler, *, methods: Sequence[str] = ("GET",)) -> Route:
        """A route whose handler may raise `WireError` and answer `Accepted`."""

        async def guarded(request: Request) -> Response:
            if self._struck(request, FaultKind.DOWN):
                return self._down()
            if self._struck(request, FaultKind.ERRORS):
                return self._broken()
            try:
                response = await handler(request)
            except WireError as error:
                return error.response
            if isinstance(response, Accepted) and self._struck(request, FaultKind.LOST_REPLY):
                hang_up(request)
            return response

        return Route(path, guarded, methods=list(methods))

    def _struck(self, request: Request, kind: FaultKind) -> bool:
        return self._store.hits(kind)


def gateway_down() -> Response:
    """What a gateway says when nothing behind it answers: a 503 that is no JSON."""
    page = "<html><head><title>503 Service Temporarily Unavailable</title></head><body>nginx</body></html>"
    return Response(page, status_code=503, media_type="text/html")


def hang_up(request: Request) -> None:
    """Break the connection without a reply.

    ASGI has no word for it; uvicorn's cycle of one request holds the connection's transport and is what `receive` is
    bound to. Whatever is sent afterwards goes nowhere.

    Raises:
        ConnectionAbortedError: the server is not uvicorn.
    """
    transport = getattr(getattr(request.receive, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionAbortedError("the reply is lost")
    transport.close()


def base_url(request: Request) -> str:
    """Where this vendor is reached, as the caller reached it: no slash at the end."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"


async def json_object(request: Request, *, otherwise: Callable[[str], Response]) -> dict[str, Any]:
    """The body as a JSON object.

    Raises:
        WireError: with the answer that `otherwise` makes of the reason.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            raise WireError(otherwise("request body is too large"))
    try:
        value = json.loads(bytes(body))
    except (ValueError, RecursionError) as error:
        raise WireError(otherwise(f"invalid JSON: {error}")) from error
    if not isinstance(value, dict):
        raise WireError(otherwise("the body must be a JSON object"))
    return value
