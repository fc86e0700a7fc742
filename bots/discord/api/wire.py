"""Sets what discord.py keeps in class attributes: the addresses that it calls, and its warnings at every start."""

import asyncio

import discord
import yarl
from discord import VoiceClient
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bots.discord.settings import DiscordSettings

RATELIMIT_TIMEOUT_S = 30.0
WORKER_WAITS_S = 3.0
"""Seconds that discord.py waits for a rate limit within a worker's call; longer waits are the worker's affair."""


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


class _Gate(asyncio.Event):
    """discord.py's gate of the global rate limit, which opens again by itself.

    discord.py leaves it shut for ever if the request that shut it is cancelled while it waits (2.7.1, 2026-12-01).
    """

    def __init__(self, *, shut_most_s: float) -> None:
        super().__init__()
        self._shut_most_s = shut_most_s
        self._opens: asyncio.TimerHandle | None = None
        self.set()

    def clear(self) -> None:
        super().clear()
        if self._opens is not None:
            self._opens.cancel()
        self._opens = asyncio.get_running_loop().call_later(self._shut_most_s, self.set)


async def login_left(client: discord.Client) -> None:
    """Close what a login that failed has left open: each login opens a session, and forgets the one before."""
    await client.http.close()
    client.http.connector = discord.utils.MISSING


def logged_in(client: discord.Client, *, waits_s: float = RATELIMIT_TIMEOUT_S) -> None:
    """Bound what a client waits within a call; to be called after each login, which makes a new gate.

    Args:
        waits_s: seconds for a rate limit; for longer ones discord.py raises RateLimited at once.
    """
    client.http.max_ratelimit_timeout = waits_s
    client.http._global_over = _Gate(shut_most_s=waits_s)  # noqa: SLF001 - there is no other way to it
