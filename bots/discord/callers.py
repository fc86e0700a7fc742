"""Who pressed or typed something in Discord, and for which team: the one place that reads it from an interaction."""

from dataclasses import replace

import discord

from bots.discord.rights import alone, is_admin
from core.domain.chat.principal import Principal
from core.domain.ids import Installation, PlatformName, UserId

DISCORD = PlatformName("discord")


def person(interaction: discord.Interaction) -> Principal:
    """The person, for what needs no right."""
    return Principal(
        platform=DISCORD,
        installation=installation_of(interaction),
        user=UserId(str(interaction.user.id)),
        is_admin=False,
        direct=interaction.guild_id is None,
    )


async def principal(interaction: discord.Interaction) -> Principal:
    """The person, with the rights that they have where they ask."""
    return replace(person(interaction), is_admin=await is_admin(interaction))


def installation_of(interaction: discord.Interaction) -> Installation:
    """The server; in direct messages the person is a team of their own."""
    if interaction.guild_id is not None:
        return Installation(str(interaction.guild_id))
    return alone(str(interaction.user.id))
