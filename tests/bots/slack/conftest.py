"""A Slack stand-in on a real port, and the bot as it is, connected to it by Socket Mode."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bots.burst import Burst
from bots.slack.__main__ import build
from bots.slack.delivery.chat import SlackChat, client
from bots.slack.socket import PatientHandler
from bots.video_service import VideoService
from sandbox.slack import APP_TOKEN, BOT_TOKEN, Slack
from tests.patience import PATIENCE_S, until
from tests.sandbox.shapes import shape_of
from tests.sandbox.slack.conftest import serving
from tests.sandbox.slack.schema import SCHEMA, request_problems
from tests.sandbox.slack.sdk_models import model_problems

OpenBot = Callable[[VideoService], AbstractAsyncContextManager[None]]
LEGAL: set[str] = set()
"""Requests that were checked before."""


@pytest_asyncio.fixture
async def slack(tmp_path: Path) -> AsyncIterator[Slack]:
    """The stand-in. An action waits only for its acknowledgement, which may come late on a busy machine; tests wait
    for the effect that they want to see.
    """
    async with serving(tmp_path, {"share_s": 0.05, "listen_s": 0.05, "ack_s": PATIENCE_S}) as running:
        yield running
    _assert_legal(running)


def _assert_legal(running: Slack) -> None:
    """Check that Slack's own models accept a request."""
    for method, arguments in running.requests:
        shape = shape_of(method, arguments)
        if shape in LEGAL:
            continue
        assert model_problems(arguments) == [], (method, arguments)
        if SCHEMA.exists():
            assert request_problems(method, arguments) == [], (method, arguments)
        LEGAL.add(shape)


@pytest_asyncio.fixture
async def chat(slack: Slack) -> AsyncIterator[SlackChat]:
    """The worker's adapter."""
    chat = SlackChat(client(BOT_TOKEN, f"{slack.world.base_url}/slack/api/"), share_pause_s=0.02)
    yield chat
    await chat.aclose()


@pytest.fixture
def open_bot(slack: Slack, chat: SlackChat) -> OpenBot:
    """Connects the bot with its services."""

    @asynccontextmanager
    async def opened(video_service: VideoService) -> AsyncIterator[None]:
        web = client(BOT_TOKEN, f"{slack.world.base_url}/slack/api/")
        burst = Burst()
        app = build(video_service, chat, web, burst=burst)
        handler = PatientHandler(app, APP_TOKEN, web=web, burst=burst, ping_interval=10)
        await handler.connect_async()
        try:
            await until(lambda: len(slack.sockets.connections) > 0)
            yield
        finally:
            await handler.close_async()

    return opened


async def whisper(slack: Slack, *, channel: str = "general", user: str = "ana", earlier: int = 0) -> str:
    """The next thing that only this person sees."""
    seen: list[dict[str, Any]] = await until(lambda: slack.whispers(channel, user)[earlier:])
    return str(seen[0]["text"])
