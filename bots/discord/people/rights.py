"""Decides who is an admin: a person with Manage Server in the place where they ask. In direct messages nobody is."""

from collections.abc import Callable
from typing import Any, TypeVar

import discord
from discord import app_commands

from bots.discord.api.errors import translated
from bots.discord.api.wire import RATELIMIT_TIMEOUT_S, intents, prepare
from bots.discord.settings import settings
from bots.video_service import AdminCheck
from core.db.pool import Pool
from core.domain.chat.chat_errors import ChatError
from core.domain.ids import Installation, UserId

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def for_admins(command: CommandT) -> CommandT:
    """Shows a command only to a server's managers. The command checks their rights all the same."""
    shown = app_commands.default_permissions(manage_guild=True)(command)
    here = app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)(shown)
    return app_commands.allowed_installs(guilds=True, users=False)(here)


async def is_admin(interaction: discord.Interaction) -> bool:
    """Whether this person may manage the server. Every interaction tells it, so no call is needed."""
    if interaction.guild_id is None or not interaction.is_guild_integration():
        return False
    return interaction.permissions.manage_guild or interaction.permissions.administrator


def from_environment() -> AdminCheck | None:
    """The check whether a person is an admin of a server, with the configured bot's token; None without Discord."""
    known = settings()
    if known.discord_token is None:
        return None
    token = known.discord_token.get_secret_value()

    async def check(_pool: Pool, installation: Installation, user: UserId) -> bool:
        if not installation.isdigit() or not user.isdigit():
            return False
        prepare(known)
        async with discord.Client(intents=intents(), max_ratelimit_timeout=RATELIMIT_TIMEOUT_S) as client:
            try:
                async with translated():
                    await client.login(token)
                    guild = await client.fetch_guild(int(installation), with_counts=False)
                    permissions = (await guild.fetch_member(int(user))).guild_permissions
            except ChatError:
                return False
            return permissions.manage_guild or permissions.administrator

    return check


def alone(user: str) -> Installation:
    """The team of a person who writes directly."""
    return Installation(f"user:{user}")
