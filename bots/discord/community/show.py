"""The gallery in a channel or a forum, votes by button, contests, and the commands with which admins manage them."""

from uuid import UUID

import discord
import structlog
from discord import app_commands

from bots.discord.api.errors import translated
from bots.discord.api.places import Place
from bots.discord.drawing import layout, render
from bots.discord.inbound import responses
from bots.discord.people.callers import person, principal
from bots.video_service import VideoService
from core.domain.chat.chat_errors import ChatError
from core.domain.requests.refusals import UnknownGeneration
from core.replies.chat.card import Card
from core.replies.chat.community_actions import CommunityAction
from core.replies.generations import show as cards
from core.replies.languages.say import speaking
from core.replies.requests.refusals import refused
from core.usecases.generations.show import DAYS_MAX

log = structlog.get_logger()

_KINDS = [discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.forum]


class Showplace(app_commands.Transformer):
    """A text channel or a forum. By an annotation alone, discord.py would offer media channels, too."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        return _KINDS

    async def transform(
        self, _interaction: discord.Interaction, value: app_commands.AppCommandChannel, /
    ) -> app_commands.AppCommandChannel:
        return value


class Show:
    """The handlers of one process."""

    def __init__(self, video_service: VideoService) -> None:
        self._service = video_service

    def register(self, tree: app_commands.CommandTree) -> None:
        """Add the commands."""

        @tree.command(name="gallery", description="The best videos of the last 30 days in this server")
        @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
        @app_commands.allowed_installs(guilds=True, users=False)
        async def gallery(interaction: discord.Interaction) -> None:
            if await responses.defer_privately(interaction):
                await responses.whisper(interaction, await self._service.show.leaders(person(interaction)))

        @tree.command(name="contest", description="This server's contest: its theme, who is in front, and your entry")
        @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
        @app_commands.allowed_installs(guilds=True, users=False)
        async def contest(interaction: discord.Interaction) -> None:
            if await responses.defer_privately(interaction):
                await responses.whisper(interaction, await self._service.show.contest(person(interaction)))

        group = app_commands.Group(
            name="community", description="For admins: the gallery and contests of this server",
            default_permissions=discord.Permissions(manage_guild=True),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
        )  # fmt: skip
        self._manage_gallery(group)
        self._manage_contest(group)
        tree.add_command(group)

    def _manage_gallery(self, group: app_commands.Group) -> None:
        @group.command(name="gallery", description="Show finished videos in a channel or a forum; without one, nowhere")
        @app_commands.describe(channel="Where videos are shown; left out, the gallery is closed")
        async def open_gallery(
            interaction: discord.Interaction,
            channel: app_commands.Transform[app_commands.AppCommandChannel, Showplace] | None = None,
        ) -> None:
            if await responses.defer_privately(interaction):
                place = _showplace(channel, interaction) if channel is not None else None
                card = await self._service.show.open_gallery(
                    place.packed() if place is not None else None,
                    by=await principal(interaction),
                    is_adult=_is_adult(channel),
                    locale=str(interaction.guild_locale) if interaction.guild_locale is not None else None,
                )
                await responses.whisper(interaction, card)

    def _manage_contest(self, group: app_commands.Group) -> None:
        @group.command(name="contest", description="Begin a contest: one entry each, and people vote")
        @app_commands.describe(
            title="The theme",
            days="How long it lasts",
            must="Words that an entry's description has, with commas between them",
            starts_in="Days until it begins; left out, now",
        )
        async def plan(
            interaction: discord.Interaction,
            title: app_commands.Range[str, 1, 80],
            days: app_commands.Range[int, 1, DAYS_MAX] = 7,
            must: app_commands.Range[str, 1, 200] = "",
            starts_in: app_commands.Range[int, 0, DAYS_MAX] = 0,
        ) -> None:
            if await responses.defer_privately(interaction):
                by = await principal(interaction)
                card = await self._service.show.plan(title, must=must, starts_in_days=starts_in, days=days, by=by)
                await responses.whisper(interaction, card)

        @group.command(name="end", description="End the contest now; the result comes into the gallery")
        async def end(interaction: discord.Interaction) -> None:
            if await responses.defer_privately(interaction):
                await responses.whisper(interaction, await self._service.show.end(await principal(interaction)))

    async def pressed(self, interaction: discord.Interaction, action: CommunityAction, subject: str) -> None:
        """Handle a button below a video in the gallery, or of /contest."""
        try:
            generation_id = UUID(subject)
        except ValueError:
            await responses.whisper(interaction, refused(UnknownGeneration()))
            return
        if action is CommunityAction.VOTE:
            await self._vote(interaction, generation_id)
        elif await responses.defer_privately(interaction):
            by = person(interaction)
            card = (
                await self._service.show.enter(generation_id, by=by)
                if action is CommunityAction.ENTER
                else await self._service.show.withdraw(generation_id, by=by)
            )
            await responses.whisper(interaction, card)

    async def _vote(self, interaction: discord.Interaction, generation_id: UUID) -> None:
        """Vote, and show the new count on the button. Only the person sees a refusal."""
        if not await responses.defer_in_place(interaction):
            return
        voted = await self._service.show.vote(generation_id, by=person(interaction))
        if isinstance(voted, Card):
            await responses.follow_up(interaction, voted)
            return
        status, votes = voted
        if status not in {"voted", "taken_back"}:
            await responses.follow_up(interaction, cards.not_voted(status.value))
            return
        try:
            with speaking(str(interaction.guild_locale)):  # everybody reads the message
                card = cards.votable(str(generation_id), votes=votes)
            async with translated():
                await interaction.edit_original_response(view=_counted(interaction, card))
        except ChatError as error:
            log.info("vote.not_shown", error=type(error).__name__)


def _counted(interaction: discord.Interaction, card: Card) -> discord.ui.View | discord.ui.LayoutView | None:
    """The parts of the message, with the new count on the pressed button."""
    pressed, message = str(dict(interaction.data or {}).get("custom_id", "")), interaction.message
    if message is not None and layout.is_one(message):
        return layout.relabelled(message, custom_id=pressed, label=card.buttons[0].label)
    return render.view(card, mark=pressed.rpartition(":")[2])


def _is_adult(channel: app_commands.AppCommandChannel | None) -> bool:
    known = channel.resolve() if channel is not None else None
    return isinstance(known, discord.TextChannel | discord.ForumChannel) and known.is_nsfw()


def _showplace(channel: app_commands.AppCommandChannel, interaction: discord.Interaction) -> Place:
    return Place(
        channel=channel.id,
        guild=interaction.guild_id,
        is_forum=channel.type is discord.ChannelType.forum,
        upload_max=interaction.filesize_limit,
    )
