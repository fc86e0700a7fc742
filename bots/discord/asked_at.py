"""Where something was asked in Discord, and what was typed with it, as an interaction says."""

import discord

from bots.discord.callers import is_brought
from bots.discord.places import Place
from core.domain.ids import ChannelId


def channel_of(interaction: discord.Interaction) -> ChannelId:
    """The channel whose budgets count; a thread counts as the channel that it is in."""
    where = interaction.channel
    return ChannelId(str(where.parent_id if isinstance(where, discord.Thread) else interaction.channel_id))


async def is_private(interaction: discord.Interaction) -> bool:
    """Whether not everybody of the server may look in; where Discord does not say, it is taken as private.

    Direct messages with the bot are the person's own.
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
    """An option of the command, as it was typed; None where there is none, as with a button."""
    if interaction.type is not discord.InteractionType.application_command:
        return None
    return getattr(interaction.namespace, name, None)


def place_of(interaction: discord.Interaction, *, root: int | None) -> Place:
    """Where a command, a press or a form came from, as the rest of the product carries it about."""
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
