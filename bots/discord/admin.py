"""/providers for everybody and /settings for admins, and the buttons that change a setting."""

import discord
import structlog
from discord import app_commands

from bots.discord import render
from bots.discord.callers import principal
from bots.discord.commands import whisper
from bots.discord.errors import translated
from bots.video_service import VideoService
from core.domain.chat_errors import ChatError
from core.domain.requests.fallback import Fallback
from core.replies.chat.card import Card
from core.replies.chat.settings import NAMES
from core.usecases.people.settings import KEEP, KEEP_DAYS_MAX

log = structlog.get_logger()

_FALLBACKS = [app_commands.Choice(name=name, value=fallback.value) for fallback, name in NAMES.items()]


def register(tree: app_commands.CommandTree, video_service: VideoService) -> None:
    """Add the commands."""

    @tree.command(name="providers", description="How the providers are doing, and who stands in for whom")
    async def providers(interaction: discord.Interaction) -> None:
        await whisper(interaction, await video_service.providers())

    @tree.command(name="settings", description="For admins: how this server's videos are made")
    @app_commands.describe(
        fallback="Who may take over when a video's first provider fails",
        keep="For how many days prompts, pictures and videos are kept",
    )
    @app_commands.choices(fallback=_FALLBACKS)
    async def settings(
        interaction: discord.Interaction,
        fallback: str | None = None,
        keep: app_commands.Range[int, 1, KEEP_DAYS_MAX] | None = None,
    ) -> None:
        by = await principal(interaction)
        if keep is not None:
            await whisper(interaction, await video_service.choose(by, setting=KEEP, value=str(keep)))
        elif fallback is None:
            await whisper(interaction, await video_service.settings(by))
        else:
            await whisper(
                interaction, await video_service.choose(by, setting="fallback", value=Fallback(fallback).value)
            )


async def chosen(interaction: discord.Interaction, subject: str, *, video_service: VideoService) -> None:
    """A button of the settings: the card that it is on shows what holds now."""
    setting, _, value = subject.partition("=")
    card = await video_service.choose(await principal(interaction), setting=setting, value=value)
    await (_instead(interaction, card) if card.buttons else whisper(interaction, card))


async def _instead(interaction: discord.Interaction, card: Card) -> None:
    """Put a card in the place of the one that was pressed."""
    try:
        async with translated():
            await interaction.response.edit_message(embed=render.embed(card), view=render.view(card, mark=""))
    except ChatError as error:
        log.info("answer.not_said", error=type(error).__name__)
