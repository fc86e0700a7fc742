"""The buttons of our cards. What a button does is in its id, so that it works after any restart."""

import re
from typing import Any
from uuid import UUID

import discord

from bots.conversation import Conversation
from bots.discord.commands import Commands, whisper
from bots.discord.credits import decided, page, show_balance
from bots.discord.forms import Forms
from bots.discord.items import item_for
from bots.discord.render import CUSTOM_ID
from bots.discord.rights import is_admin
from bots.video_service import VideoService
from core.domain.ids import UserId
from core.domain.requests.refusals import UnknownGeneration
from core.replies.chat.card import Action, Card
from core.replies.requests.refusals import refused


def button(
    video_service: VideoService, commands: Commands, forms: Forms, conversation: Conversation
) -> type[discord.ui.DynamicItem[Any]]:
    """The item that discord.py calls for every press of a button of ours."""

    async def on_press(interaction: discord.Interaction, match: re.Match[str]) -> None:
        await pressed(
            interaction,
            match["action"],
            match["subject"],
            video_service=video_service,
            commands=commands,
            forms=forms,
            conversation=conversation,
        )

    return item_for(CUSTOM_ID, on_press)


async def pressed(
    interaction: discord.Interaction,
    action: str,
    subject: str,
    *,
    video_service: VideoService,
    commands: Commands,
    forms: Forms,
    conversation: Conversation,
) -> None:
    """Do what a button says."""
    if action == Action.BALANCE:
        await show_balance(interaction, video_service=video_service)
        return
    if action in {Action.ANSWER, Action.FIX}:
        await forms.pressed(interaction, Action(action), subject)
        return
    if action == Action.PAGE:
        await page(interaction, subject, video_service=video_service)
        return
    try:
        generation_id = UUID(subject)
    except ValueError:
        await whisper(interaction, refused(UnknownGeneration()))
        return
    match action:
        case Action.CANCEL:
            card = await video_service.cancel(
                generation_id, user=UserId(str(interaction.user.id)), is_admin=await is_admin(interaction)
            )
            await whisper(interaction, card)
        case Action.AGAIN:
            request = await video_service.again(generation_id)
            if isinstance(request, Card):
                await whisper(interaction, request)
                return
            who = commands.asker(interaction)
            done = await conversation.pressed(request, who, button=f"again:{generation_id}")
            await commands.finish(interaction, done)
        case Action.APPROVE | Action.DECLINE:
            await decided(interaction, Action(action), generation_id, video_service=video_service)
        case _:
            await whisper(interaction, refused(UnknownGeneration()))
