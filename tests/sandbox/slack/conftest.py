"""A Slack stand-in on a real port, a real slack-sdk client, and a real slack-bolt app on a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.routing import Mount

from sandbox.slack import APP_TOKEN, BOT_TOKEN, Slack
from sandbox.world import World
from tests.patience import PATIENCE_S, until


class Server(uvicorn.Server):
    """uvicorn, which ends at once when it is told to and no request is running."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stop = asyncio.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)  # which dates the answers
        await self.stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self.lifespan.shutdown()


@asynccontextmanager
async def serving(home: Path, options: dict[str, Any]) -> AsyncIterator[Slack]:
    """A stand-in under uvicorn on a free port, for as long as the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        slack = Slack(World(home=home, base_url=base_url, seed=1), **options)
        app = Starlette(routes=[Mount("/slack", routes=slack.routes())])
        config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
        server = Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not server.started:  # noqa: ASYNC110 - uvicorn has a flag, no event
                    await asyncio.sleep(0.005)
            yield slack
        finally:
            server.stop.set()
            await running


@pytest.fixture
def options() -> dict[str, Any]:
    """What the stand-in is made with; a module may override it. Quick, so that nothing waits for nothing."""
    return {"share_s": 0.05, "ack_s": 20, "listen_s": 1.5}


@pytest_asyncio.fixture
async def slack(tmp_path: Path, options: dict[str, Any]) -> AsyncIterator[Slack]:
    async with serving(tmp_path, options) as slack:
        yield slack


def client_for(slack: Slack, token: str = BOT_TOKEN) -> AsyncWebClient:
    return AsyncWebClient(token=token, base_url=f"{slack.world.base_url}/slack/api/", timeout=10)


@pytest.fixture
def client(slack: Slack) -> AsyncWebClient:
    """An unmodified client with the bot's token."""
    return client_for(slack)


@dataclass(frozen=True, slots=True)
class Connected:
    """A Bolt app, connected by Socket Mode."""

    app: AsyncApp
    handler: AsyncSocketModeHandler


@asynccontextmanager
async def connected(
    slack: Slack, register: Callable[[AsyncApp], None], *, ping_s: float = 10
) -> AsyncIterator[Connected]:
    """An unmodified Bolt app on an unmodified socket, with the handlers that `register` gives it."""
    app = AsyncApp(token=BOT_TOKEN, client=client_for(slack))
    register(app)
    handler = AsyncSocketModeHandler(app, APP_TOKEN, ping_interval=ping_s)
    before = len(slack.sockets.connections)
    await handler.connect_async()
    try:
        await until(lambda: len(slack.sockets.connections) > before)
        yield Connected(app, handler)
    finally:
        await handler.close_async()
