"""The floor of the chat benchmark: a bot that acknowledges a command and does nothing else.

python -m benchmarks.chat.empty slack|discord
"""

import asyncio
import os
import sys

import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient


async def slack() -> None:
    web = AsyncWebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_BASE_URL"])
    app = AsyncApp(client=web)

    async def video(ack: AsyncAck) -> None:
        await ack()

    app.command("/video")(video)
    handler = AsyncSocketModeHandler(app, os.environ["SLACK_APP_TOKEN"], web_client=web)
    await handler.start_async()  # type: ignore[no-untyped-call]  # the SDK has no annotations here


class _Empty(discord.Client):
    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True))
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        await self.tree.sync()


async def on_discord() -> None:
    Route.BASE = os.environ["DISCORD_API_URL"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["DISCORD_GATEWAY_URL"])
    client = _Empty()

    @client.tree.command(name="video", description="nothing")
    async def video(interaction: discord.Interaction, prompt: str, tier: str = "") -> None:
        await interaction.response.defer(thinking=True)

    await client.start(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    asyncio.run(slack() if sys.argv[1] == "slack" else on_discord())
