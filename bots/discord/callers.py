"""Who pressed or typed something in Discord, and for which team: the one place that reads it from an interaction."""

from collections.abc import Collection
from dataclasses import replace

import discord

from bots.discord.rights import alone, is_admin
from core.domain.chat.principal import Belongs, Principal
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


def belongs(interaction: discord.Interaction) -> Belongs:
    """What the person is to the server. Who has brought the app along, to a server without it, is no member there."""
    if (
        interaction.guild_id is not None
        and not interaction.is_guild_integration()
        and interaction.is_user_integration()
    ):
        return Belongs.OUTSIDER
    return Belongs.MEMBER


def is_adult(interaction: discord.Interaction) -> bool:
    """Whether Discord restricts the channel by age; a thread is as its channel."""
    where = interaction.channel
    if isinstance(where, discord.Thread):
        return where.parent is not None and where.parent.is_nsfw()
    return bool(getattr(where, "nsfw", False))


async def roles_among(interaction: discord.Interaction, among: Collection[str]) -> frozenset[str]:
    """Which of these roles the person has; Discord says so with every interaction."""
    if not isinstance(interaction.user, discord.Member):
        return frozenset()
    return frozenset(str(role) for role in interaction.user._roles) & frozenset(among)  # noqa: SLF001 - the ids alone
