"""Points discord.py at another address than Discord's own: it keeps its addresses in class attributes."""

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bots.discord.settings import DiscordSettings

RATELIMIT_TIMEOUT_S = 30.0


def point(known: DiscordSettings) -> None:
    """Use the configured addresses, if there are any, in this process."""
    if known.discord_api_url is not None:
        Route.BASE = known.discord_api_url.rstrip("/")
    if known.discord_gateway_url is not None:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(known.discord_gateway_url)


def intents() -> discord.Intents:
    """Interactions need none; guilds make the cache know channels. Nothing privileged."""
    wanted = discord.Intents.none()
    wanted.guilds = True
    return wanted
