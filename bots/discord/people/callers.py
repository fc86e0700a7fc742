"""Reads from an interaction which person acts in Discord, and for which team. No other module does that."""

from collections.abc import Collection
from dataclasses import replace

import discord

from bots.discord.people.rights import alone, is_admin
from core.domain.chat.principal import Principal
from core.domain.ids import Installation, PlatformName, UserId
from core.domain.rules.kinds import LEVELS, SUPPORTERS

DISCORD = PlatformName("discord")


def person(interaction: discord.Interaction) -> Principal:
    """The person, for actions that need no rights."""
    return Principal(
        platform=DISCORD,
        installation=installation_of(interaction),
        user=UserId(str(interaction.user.id)),
        is_admin=False,
        direct=interaction.guild_id is None,
    )


async def principal(interaction: discord.Interaction) -> Principal:
    """The person, with their rights in the place where they ask."""
    return replace(person(interaction), is_admin=await is_admin(interaction))


def installation_of(interaction: discord.Interaction) -> Installation:
    """The server. A person who uses the app outside its servers, or writes directly, is a team of their own."""
    if interaction.guild_id is not None and not is_brought(interaction):
        return Installation(str(interaction.guild_id))
    return alone(str(interaction.user.id))


def is_brought(interaction: discord.Interaction) -> bool:
    """Whether the person uses the app in a place of which the bot is no member: the bot cannot post there."""
    if interaction.is_guild_integration() or not interaction.is_user_integration():
        return False
    return interaction.guild_id is not None or interaction.context.private_channel is True


def is_adult(interaction: discord.Interaction) -> bool:
    """Whether Discord restricts the channel by age; for a thread, its channel counts."""
    where = interaction.channel
    if isinstance(where, discord.Thread):
        return where.parent is not None and where.parent.is_nsfw()
    return bool(getattr(where, "nsfw", False))


async def roles_among(interaction: discord.Interaction, among: Collection[str]) -> frozenset[str]:
    """Which of these roles the person has; Discord tells it with every interaction.

    A person who boosts the server is a supporter. The server's own level comes from the gateway's events.
    """
    member, server = interaction.user, interaction.guild
    if not isinstance(member, discord.Member):
        return frozenset()
    has = {str(role) for role in member._roles}  # noqa: SLF001 - the ids alone
    if member.premium_since is not None:
        has.add(SUPPORTERS)
    if server is not None:
        has.update(LEVELS[: server.premium_tier])
    return frozenset(has) & frozenset(among)
