"""Sets what discord.py keeps in class attributes: the addresses that it calls, and its warnings at every start."""

import discord
import yarl
from discord import VoiceClient
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bots.discord.settings import DiscordSettings

RATELIMIT_TIMEOUT_S = 30.0


def prepare(known: DiscordSettings) -> None:
    """Use the configured addresses in this process, if there are any, and silence the warning about voice libraries."""
    VoiceClient.warn_nacl = VoiceClient.warn_dave = False
    if known.discord_api_url is not None:
        Route.BASE = known.discord_api_url.rstrip("/")
    if known.discord_gateway_url is not None:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(known.discord_gateway_url)


def intents() -> discord.Intents:
    """The intents: guilds fill the cache of channels, messages are for replies. None is privileged."""
    wanted = discord.Intents.none()
    wanted.guilds = wanted.guild_messages = wanted.dm_messages = True
    return wanted
