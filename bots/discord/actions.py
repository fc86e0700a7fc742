"""The buttons of our cards. What a button does is in its id, so that it works after any restart."""

import re
from functools import partial
from typing import Any
from uuid import UUID

import discord

from bots.discord import first
from bots.discord.commands import Commands
from bots.discord.credits import decided, page, show_balance
from bots.discord.items import item_for
from bots.discord.render import CUSTOM_ID
from bots.discord.rights import is_admin
from bots.video_service import VideoService
from core.domain.ids import UserId
from core.domain.requests.refusals import UnknownGeneration
from core.replies.chat.card import Action
from core.replies.requests.refusals import refused


def button(video_service: VideoService, commands: Commands) -> type[discord.ui.DynamicItem[Any]]:
    """The item that discord.py calls for every press of a button of ours."""

    async def on_press(interaction: discord.Interaction, match: re.Match[str]) -> None:
        await pressed(interaction, match["action"], match["subject"], video_service=video_service, commands=commands)

    return item_for(CUSTOM_ID, on_press)


async def pressed(
    interaction: discord.Interaction, action: str, subject: str, *, video_service: VideoService, commands: Commands
) -> None:
    """Do what a button says."""
    if action == Action.BALANCE:
        await show_balance(interaction, video_service=video_service)
        return
    if action == Action.PAGE:
        await page(interaction, subject, video_service=video_service)
        return
    try:
        generation_id = UUID(subject)
    except ValueError:
        await first.whisper(interaction, refused(UnknownGeneration()))
        return
    match action:
        case Action.CANCEL:
            if await first.private(interaction):
                user, admin = UserId(str(interaction.user.id)), await is_admin(interaction)
                await first.whisper(interaction, await video_service.cancel(generation_id, user=user, is_admin=admin))
        case Action.AGAIN:
            await commands.start(interaction, partial(video_service.again, generation_id))
        case Action.APPROVE | Action.DECLINE:
            await decided(interaction, Action(action), generation_id, video_service=video_service)
        case _:
            await first.whisper(interaction, refused(UnknownGeneration()))
