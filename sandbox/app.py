"""The sandbox as one ASGI application: vendors, Slack, Discord, the HTTP API and the chat page, on one port."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from sandbox.api import Api, Asked
from sandbox.live import Live
from sandbox.platform import Platform
from sandbox.wire import BadInput, refuse
from sandbox.world import World


def below(prefix: str, routes: Sequence[BaseRoute]) -> list[BaseRoute]:
    """Routes as they are where their paths begin with the prefix, and mounted below it where they do not."""
    full = [route for route in routes if str(getattr(route, "path", "")).startswith(prefix + "/")]
    rest = [route for route in routes if route not in full]
    return [*full, Mount(prefix, routes=rest)] if rest else full


async def healthz(request: Request) -> Response:
    """Answers as long as the process can answer at all."""
    return PlainTextResponse("ok\n")


def build(
    world: World,
    platforms: Sequence[Platform],
    vendor_routes: Sequence[BaseRoute],
    asked: Asked,
    *,
    hold_s: float = 0.0,
) -> Starlette:
    """One application around one world.

    Args:
        world: what all stand-ins share.
        platforms: the chat stand-ins; each one's own API is found below its name.
        vendor_routes: what the vendors' stand-ins answer, with their full paths.
        asked: what the vendors were asked so far, in the shape of `GET /api/vendors`.
    """
    by_name = {platform.name: platform for platform in platforms}
    return Starlette(
        routes=[
            Route("/healthz", healthz),
            *(route for platform in platforms for route in below(f"/{platform.name}", platform.routes())),
            *vendor_routes,
            *Api(world, by_name, asked, hold_s=hold_s).routes(),
            *Live(world, by_name, asked).routes(),
        ],
        exception_handlers={BadInput: refuse},
    )
