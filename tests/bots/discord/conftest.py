"""A Discord stand-in on a real port, and the bot as it is, connected to its gateway."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import discord
import pytest
import pytest_asyncio

from bots.discord.__main__ import build
from bots.discord.api.wire import intents
from bots.discord.delivery.chat import DiscordChat
from bots.discord.settings import DiscordSettings
from bots.video_service import VideoService
from sandbox.discord import BOT_TOKEN, Rules
from tests.patience import PATIENCE_S, until
from tests.sandbox.discord.harness import Sandbox, assert_legal, serve

OpenBot = Callable[[VideoService], AbstractAsyncContextManager[None]]
UPLOAD_MAX = 64 * 1024


@pytest.fixture
def rules() -> Rules:
    """The stand-in's settings; a module may have its own. A busy machine may answer later than Discord allows."""
    return Rules(hang_s=1, retry_after_s=40, answer_s=PATIENCE_S)


@pytest_asyncio.fixture
async def sandbox(rules: Rules, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    """The stand-in, listening; discord.py's two addresses lead to it."""
    async with serve(tmp_path, rules) as running:
        monkeypatch.setattr(discord.http.Route, "BASE", running.api)
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", running.gateway)
        monkeypatch.setattr(discord.VoiceClient, "warn_nacl", False)
        monkeypatch.setattr(discord.VoiceClient, "warn_dave", False)
        yield running
        assert_legal(running)


@pytest_asyncio.fixture
async def chat(sandbox: Sandbox) -> AsyncIterator[DiscordChat]:
    """The worker's adapter: it logs in at its first call and never opens a gateway."""
    client = discord.Client(intents=intents(), max_ratelimit_timeout=30.0)
    chat = DiscordChat(client, token=BOT_TOKEN, upload_max=UPLOAD_MAX)
    yield chat
    await chat.aclose()


@pytest.fixture
def known() -> DiscordSettings:
    """The bot's settings; a module may have its own."""
    return DiscordSettings(discord_upload_max=UPLOAD_MAX)  # type: ignore[call-arg]  # the rest has defaults


@pytest.fixture
def open_bot(sandbox: Sandbox, known: DiscordSettings) -> OpenBot:
    """Connects the bot with its services."""

    @asynccontextmanager
    async def opened(video_service: VideoService) -> AsyncIterator[None]:
        bot = build(video_service, known)
        running = asyncio.create_task(bot.start(BOT_TOKEN))
        try:
            # Its session is open; discord.py calls itself ready two seconds after the last guild.
            await until(lambda: running.done() or (bot.connected and sandbox.platform.commands()))
            assert not running.done()
            yield
        finally:
            await bot.close()
            await running

    return opened
