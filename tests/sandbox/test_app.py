"""The one application of the sandbox: what is found where."""

import httpx
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from sandbox.app import below


async def test_the_sandbox_says_that_it_is_healthy_and_serves_its_platforms(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).status_code == 200
    assert (await client.get("/slack/api/hello")).text == "slack"
    assert (await client.get("/discord/api/hello")).text == "discord"


def test_routes_are_found_below_a_platform_whether_they_name_it_or_not() -> None:
    full = Route("/slack/api", PlainTextResponse("full"))
    short = Route("/api", PlainTextResponse("short"))

    first, mount = below("/slack", [full, short])

    assert first is full
    assert isinstance(mount, Mount)
    assert (mount.path, mount.routes) == ("/slack", [short])
