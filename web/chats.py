"""The paths at which chat platforms post their events, and people install an app.

Each platform's folder has the answers.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bots.platform import Address, Asked, Mounted
from web.bodies import read


def routes(mounted: Mounted) -> list[BaseRoute]:
    """A platform's paths as routes of the application."""
    return [Route(address.path, _endpoint(address), methods=[address.method]) for address in mounted.addresses()]


def _endpoint(address: Address) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        body = await read(request, within_s=address.within_s) if address.method == "POST" else b""
        answered = await address.answer(Asked(headers=request.headers, query=request.query_params, body=body))
        response = Response(answered.body, answered.status)
        for name, value in answered.headers:
            response.headers.append(name, value)
        return response

    return endpoint
