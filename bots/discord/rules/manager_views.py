"""The views for managers: the rules, the log, the use of this month, and missing permissions in a channel."""

import io
from typing import TypeAlias

import discord
from discord import app_commands

from bots.discord.inbound import responses
from bots.discord.inbound.interaction_place import channel_of
from bots.discord.people.permissions import lacking_here, lacking_in
from bots.discord.rules.panels import manager
from bots.rule_service import Manager
from bots.video_service import VideoService
from core.domain.ids import ChannelId
from core.replies.chat.card import Card, Text
from core.replies.chat.words import cut
from core.replies.languages.say import later, say

MANAGER_VIEWS = {
    "rules": "the rules that hold",
    "log": "who has changed what",
    "usage": "what was used this month",
    "check": "what I lack in a channel",
    "export": "what was used as a file",
}
ALT_MAX = 1000
Place: TypeAlias = app_commands.AppCommandChannel | app_commands.AppCommandThread
_WAY = later("Everywhere: Server Settings → Roles → Neverdark. There alone: the channel's settings → Permissions.")


async def show_manager_view(
    interaction: discord.Interaction, what: str, *, place: Place | None = None, video_service: VideoService
) -> None:
    """Show one of the views to the manager alone."""
    if not await responses.defer_privately(interaction):
        return
    by = await manager(interaction)
    match what:
        case "rules":
            await responses.whisper(interaction, await video_service.rules.show(by))
        case "log":
            await responses.whisper(interaction, await video_service.rules.log(by))
        case "usage":
            card, picture = await video_service.rules.usage(by)
            file = None
            if picture is not None:
                words = cut(picture.alt, ALT_MAX)
                file = discord.File(io.BytesIO(picture.png), filename=picture.filename, description=words)
            await responses.whisper(interaction, card, file=file)
        case "export":
            await export(interaction, by, video_service=video_service)
        case _:
            where, missing = _checked(interaction, place)
            await responses.whisper(
                interaction, await video_service.rules.check(where, by, lacking=missing, ways=(say(_WAY),))
            )


async def export(interaction: discord.Interaction, by: Manager, *, video_service: VideoService) -> None:
    """This month as a file, for the manager alone. The interaction is answered already."""
    made = await video_service.rules.export(by)
    if isinstance(made, Card):
        await responses.whisper(interaction, made)
        return
    file = discord.File(io.BytesIO(made.content), filename=made.name)
    parts = (Text(made.note),) if made.note else ()
    await responses.whisper(interaction, Card(title=say("What was used this month"), parts=parts), file=file)


def _checked(interaction: discord.Interaction, place: Place | None) -> tuple[ChannelId, tuple[str, ...]]:
    """The channel whose rules hold there, and what the bot lacks; a thread is as its channel."""
    if place is None:
        here = interaction.channel
        kind = here.type if isinstance(here, discord.abc.GuildChannel) else None
        return channel_of(interaction), lacking_here(interaction, kind)
    if not isinstance(place, app_commands.AppCommandThread):
        return ChannelId(str(place.id)), lacking_in(interaction, place.id, place.type)
    channel, server = ChannelId(str(place.parent_id)), interaction.guild
    if place.type is discord.ChannelType.private_thread and (server is None or server.get_thread(place.id) is None):
        return channel, (say("I am not in this private thread: mention me there"),)
    return channel, lacking_in(interaction, place.parent_id, place.type)


class AnyPlace(app_commands.Transformer):
    """Whatever place somebody picks, one that the bot does not see among them."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        return [
            *(discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.voice),
            *(discord.ChannelType.stage_voice, discord.ChannelType.forum),
            *(discord.ChannelType.public_thread, discord.ChannelType.private_thread, discord.ChannelType.news_thread),
        ]

    async def transform(self, interaction: discord.Interaction, value: Place, /) -> Place:
        return value
