"""/providers for everybody and /settings for admins, and the menus that change a setting."""

import discord
from discord import app_commands

from bots.discord.inbound import responses
from bots.discord.people.rights import for_admins
from bots.discord.rules.manager_views import MANAGER_VIEWS, AnyPlace, Place, show_manager_view
from bots.discord.rules.panels import manager
from bots.video_service import VideoService
from core.domain.requests.fallback import Fallback
from core.replies.chat.settings import NAMES
from core.usecases.people.settings import KEEP, KEEP_DAYS_MAX

_FALLBACKS = [app_commands.Choice(name=name, value=fallback.value) for fallback, name in NAMES.items()]
_VIEW_CHOICES = [app_commands.Choice(name=name, value=value) for value, name in MANAGER_VIEWS.items()]


def register(tree: app_commands.CommandTree, video_service: VideoService) -> None:
    """Add the commands."""

    @tree.command(name="providers", description="How the providers are doing, and who stands in for whom")
    async def providers(interaction: discord.Interaction) -> None:
        if await responses.defer_privately(interaction):
            await responses.whisper(interaction, await video_service.providers())

    @tree.command(name="settings", description="For admins: how this server's videos are made")
    @app_commands.describe(
        fallback="Who may take over when a video's first provider fails",
        keep="For how many days prompts, pictures and videos are kept",
        show="The rules, the log, what was used, or what I lack in a channel",
        channel="The channel to check",
    )
    @app_commands.choices(fallback=_FALLBACKS, show=_VIEW_CHOICES)
    @for_admins
    async def settings(
        interaction: discord.Interaction,
        fallback: str | None = None,
        keep: app_commands.Range[int, 1, KEEP_DAYS_MAX] | None = None,
        show: str | None = None,
        channel: app_commands.Transform[Place, AnyPlace] | None = None,
    ) -> None:
        if show is not None or channel is not None:
            await show_manager_view(interaction, show or "check", place=channel, video_service=video_service)
            return
        if not await responses.defer_privately(interaction):
            return
        by = await manager(interaction)
        if keep is not None:
            await responses.whisper(interaction, await video_service.choose(by, setting=KEEP, value=str(keep)))
        elif fallback is None:
            await responses.whisper(interaction, await video_service.settings(by))
        else:
            await responses.whisper(
                interaction, await video_service.choose(by, setting="fallback", value=Fallback(fallback).value)
            )


async def chosen(interaction: discord.Interaction, subject: str, *, video_service: VideoService) -> None:
    """A setting was chosen from a menu: store it, and show the new settings on the same card."""
    if not await responses.defer_in_place(interaction):
        return
    setting, _, value = subject.partition("=")
    card = await video_service.choose(await manager(interaction), setting=setting, value=value)
    await (responses.replace_card(interaction, card) if card.menus else responses.follow_up(interaction, card))
