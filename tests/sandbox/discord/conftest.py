"""A Discord stand-in on a free port, and unmodified discord.py clients against it."""

from collections.abc import AsyncIterator
from pathlib import Path

import discord
import httpx
import pytest
import pytest_asyncio

from sandbox.discord import BOT_TOKEN, Rules
from tests.sandbox.discord.harness import TLS, Bot, Sandbox, assert_legal, serve


@pytest.fixture
def rules() -> Rules:
    """Discord's numbers; a test module may have its own."""
    return Rules()


@pytest_asyncio.fixture
async def sandbox(tmp_path: Path, rules: Rules, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    """The stand-in, listening; discord.py's two addresses lead to it."""
    async with serve(tmp_path, rules) as running:
        monkeypatch.setattr(discord.http.Route, "BASE", running.api)
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", running.gateway)
        yield running
        assert_legal(running)


@pytest_asyncio.fixture
async def worker(sandbox: Sandbox) -> AsyncIterator[discord.Client]:
    """A client that has only logged in: no gateway, no intents."""
    client = discord.Client(intents=discord.Intents.none())
    await client.login(BOT_TOKEN)
    yield client
    await client.close()


@pytest_asyncio.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    """The API with the bot's token and no library between."""
    headers = {"Authorization": f"Bot {BOT_TOKEN}"}
    async with httpx.AsyncClient(base_url=sandbox.api, headers=headers, verify=TLS) as client:
        yield client


@pytest_asyncio.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    """A bot with its commands synced, ready at the gateway."""
    async with Bot.running() as running:
        yield running
