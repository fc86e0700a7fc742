"""/providers for everybody and /settings for admins, and the buttons that change a setting."""

import re
from typing import Any

import discord
import structlog
from discord import app_commands

from bots.discord import render
from bots.discord.commands import DISCORD, installation_of, whisper
from bots.discord.errors import translated
from bots.discord.items import item_for
from bots.discord.rights import is_admin
from bots.video_service import VideoService
from core.domain.chat.principal import Principal
from core.domain.chat_errors import ChatError
from core.domain.ids import UserId
from core.domain.requests.fallback import Fallback
from core.replies.chat.card import Action, Card
from core.replies.chat.settings import NAMES

log = structlog.get_logger()

CHOICE_ID = rf"nd:{Action.CHOOSE.value}:(?P<setting>[a-z_]+)=(?P<value>[a-z_]+):(?P<mark>[0-9a-z]*)"

_FALLBACKS = [app_commands.Choice(name=name, value=fallback.value) for fallback, name in NAMES.items()]


def register(tree: app_commands.CommandTree, video_service: VideoService) -> None:
    """Add the commands."""

    @tree.command(name="providers", description="How the providers are doing, and who stands in for whom")
    async def providers(interaction: discord.Interaction) -> None:
        await whisper(interaction, await video_service.providers())

    @tree.command(name="settings", description="For admins: how this server's videos are made")
    @app_commands.describe(fallback="Who may take over when a video's first provider fails")
    @app_commands.choices(fallback=_FALLBACKS)
    async def settings(interaction: discord.Interaction, fallback: str | None = None) -> None:
        by = await _caller(interaction)
        if fallback is None:
            await whisper(interaction, await video_service.settings(by))
        else:
            await whisper(
                interaction, await video_service.choose(by, setting="fallback", value=Fallback(fallback).value)
            )


def choice(video_service: VideoService) -> type[discord.ui.DynamicItem[Any]]:
    """The item that discord.py calls for every press of a choice of ours."""

    async def on_press(interaction: discord.Interaction, match: re.Match[str]) -> None:
        card = await video_service.choose(await _caller(interaction), setting=match["setting"], value=match["value"])
        await (_instead(interaction, card) if card.buttons else whisper(interaction, card))

    return item_for(CHOICE_ID, on_press)


async def _caller(interaction: discord.Interaction) -> Principal:
    return Principal(
        platform=DISCORD,
        installation=installation_of(interaction),
        user=UserId(str(interaction.user.id)),
        is_admin=await is_admin(interaction),
    )


async def _instead(interaction: discord.Interaction, card: Card) -> None:
    """Put a card in the place of the one that was pressed."""
    try:
        async with translated():
            await interaction.response.edit_message(embed=render.embed(card), view=render.view(card, mark=""))
    except ChatError as error:
        log.info("answer.not_said", error=type(error).__name__)
