"""/providers for everybody and /settings for admins, and the buttons that change a setting."""

import re
from typing import Any

import discord
from discord import app_commands

from bots.discord import first
from bots.discord.commands import DISCORD, installation_of
from bots.discord.items import item_for
from bots.discord.rights import is_admin
from bots.video_service import VideoService
from core.domain.chat.principal import Principal
from core.domain.ids import UserId
from core.domain.requests.fallback import Fallback
from core.replies.chat.card import Action
from core.replies.chat.settings import NAMES

CHOICE_ID = rf"nd:{Action.CHOOSE.value}:(?P<setting>[a-z_]+)=(?P<value>[a-z_]+):(?P<mark>[0-9a-z]*)"

_FALLBACKS = [app_commands.Choice(name=name, value=fallback.value) for fallback, name in NAMES.items()]


def register(tree: app_commands.CommandTree, video_service: VideoService) -> None:
    """Add the commands."""

    @tree.command(name="providers", description="How the providers are doing, and who stands in for whom")
    async def providers(interaction: discord.Interaction) -> None:
        if await first.private(interaction):
            await first.whisper(interaction, await video_service.providers())

    @tree.command(name="settings", description="For admins: how this server's videos are made")
    @app_commands.describe(fallback="Who may take over when a video's first provider fails")
    @app_commands.choices(fallback=_FALLBACKS)
    async def settings(interaction: discord.Interaction, fallback: str | None = None) -> None:
        if not await first.private(interaction):
            return
        by = await _caller(interaction)
        if fallback is None:
            await first.whisper(interaction, await video_service.settings(by))
        else:
            await first.whisper(
                interaction, await video_service.choose(by, setting="fallback", value=Fallback(fallback).value)
            )


def choice(video_service: VideoService) -> type[discord.ui.DynamicItem[Any]]:
    """The item that discord.py calls for every press of a choice of ours."""

    async def on_press(interaction: discord.Interaction, match: re.Match[str]) -> None:
        if not await first.in_place(interaction):
            return
        card = await video_service.choose(await _caller(interaction), setting=match["setting"], value=match["value"])
        await (first.instead(interaction, card) if card.buttons else first.beside(interaction, card))

    return item_for(CHOICE_ID, on_press)


async def _caller(interaction: discord.Interaction) -> Principal:
    return Principal(
        platform=DISCORD,
        installation=installation_of(interaction),
        user=UserId(str(interaction.user.id)),
        is_admin=await is_admin(interaction),
    )
