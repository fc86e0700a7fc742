"""A stand-in for Discord that unmodified clients work against over HTTP and WebSocket."""

from sandbox.discord.fixtures import (
    APPLICATION_ID,
    BOT_ID,
    BOT_NAME,
    BOT_PERMISSIONS,
    BOT_TOKEN,
    CHANNEL_IDS,
    GUILD_ID,
    GUILD_NAME,
    PEOPLE,
    SKUS,
    Permission,
    Rules,
)
from sandbox.discord.server import Exchange
from sandbox.discord.stand_in import Discord

__all__ = [
    "APPLICATION_ID",
    "BOT_ID",
    "BOT_NAME",
    "BOT_PERMISSIONS",
    "BOT_TOKEN",
    "CHANNEL_IDS",
    "GUILD_ID",
    "GUILD_NAME",
    "PEOPLE",
    "SKUS",
    "Discord",
    "Exchange",
    "Permission",
    "Rules",
]
