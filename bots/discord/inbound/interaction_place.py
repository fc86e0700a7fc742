"""Reads from an interaction where a command was given in Discord, and its options."""

import discord

from bots.discord.api.places import Place
from bots.discord.people.callers import is_brought
from core.domain.ids import ChannelId


def channel_of(interaction: discord.Interaction) -> ChannelId:
    """The channel that budgets and rules go by; for a thread, the channel that the thread is in."""
    where = interaction.channel
    return ChannelId(str(where.parent_id if isinstance(where, discord.Thread) else interaction.channel_id))


async def is_private(interaction: discord.Interaction) -> bool:
    """Whether some members of the server cannot see the channel; if Discord does not tell, it counts as private.

    Direct messages with the bot are not private in this sense: they belong to the person alone.
    """
    if interaction.guild_id is None:
        return is_brought(interaction)
    where = interaction.channel
    if isinstance(where, discord.Thread):
        if where.is_private():
            return True
        where = where.parent
    everybody = interaction.guild.default_role if interaction.guild is not None else None
    if everybody is None or not isinstance(where, discord.abc.GuildChannel):
        return True
    return not where.permissions_for(everybody).view_channel


def option(interaction: discord.Interaction, name: str) -> object:
    """An option of the command, as typed; None where it was left out, and for a button."""
    if interaction.type is not discord.InteractionType.application_command:
        return None
    return getattr(interaction.namespace, name, None)


def place_of(interaction: discord.Interaction, *, root: int | None) -> Place:
    """The place of a command, a press or a form, as a string that the rest of the product does not look into."""
    is_thread, brought = isinstance(interaction.channel, discord.Thread), is_brought(interaction)
    return Place(
        channel=interaction.channel_id or 0,
        guild=None if brought else interaction.guild_id,
        is_thread=is_thread and not brought,
        token=interaction.token if brought else None,
        upload_max=interaction.filesize_limit,
        interaction=interaction.id,
        root=root,
        interaction_token=interaction.token,
    )
