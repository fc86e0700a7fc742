"""The buttons of our cards. What a button does is in its id, so that it works after any restart."""

from typing import Any, assert_never
from uuid import UUID

import discord

from bots.conversation import Conversation
from bots.discord import admin, first, panels
from bots.discord.buttons import Pressed, item_for
from bots.discord.callers import principal
from bots.discord.commands import Commands
from bots.discord.community import Community
from bots.discord.forms import Forms
from bots.discord.results import Results
from bots.video_service import VideoService
from core.domain.requests.refusals import UnknownGeneration
from core.replies.chat.card import Action, Card
from core.replies.chat.community_actions import CommunityAction
from core.replies.requests.refusals import refused


def button(
    video_service: VideoService,
    commands: Commands,
    forms: Forms,
    conversation: Conversation,
    community: Community,
) -> type[discord.ui.DynamicItem[Any]]:
    """The item that discord.py calls for every press of a button of ours."""
    results = Results(video_service, commands, forms, conversation)

    async def on_press(interaction: discord.Interaction, what: Pressed | Card) -> None:
        if isinstance(what, Card):
            await first.whisper(interaction, what)
        else:
            await pressed(
                interaction, what, video_service=video_service, forms=forms, results=results, community=community
            )

    return item_for(on_press)


async def pressed(
    interaction: discord.Interaction,
    what: Pressed,
    *,
    video_service: VideoService,
    forms: Forms,
    results: Results,
    community: Community,
) -> None:
    """Do what a button says. An action without its case here does not pass the type check."""
    if isinstance(what.action, CommunityAction):
        await community.pressed(interaction, what.action, what.subject)
        return
    match what.action:
        case Action.BALANCE:
            await community.credits.show_balance(interaction)
        case Action.PAGE:
            await community.credits.page(interaction, what.subject)
        case Action.CHOOSE:
            await admin.chosen(interaction, what.subject, video_service=video_service)
        case Action.LATER:
            if await first.private(interaction):
                by = await principal(interaction)
                await first.whisper(interaction, await video_service.later.change(what.subject, by=by))
        case Action.RULES:
            await panels.opened(interaction, what.subject, video_service=video_service)
        case Action.ANSWER | Action.FIX:
            await forms.pressed(interaction, what.action, what.subject)
        case Action.CANCEL | Action.APPROVE | Action.DECLINE:
            await _about_a_generation(
                interaction,
                what.action,
                what.subject,
                video_service=video_service,
                results=results,
                community=community,
            )
        case Action.AGAIN | Action.HIGHER | Action.EDIT | Action.EXTEND | Action.DETAILS | Action.SHARE:
            await _about_a_generation(
                interaction,
                what.action,
                what.subject,
                video_service=video_service,
                results=results,
                community=community,
            )
        case Action.DELETE | Action.ERASE | Action.REPORT | Action.HIDE | Action.PICK | Action.SHOW:
            await _about_a_generation(
                interaction,
                what.action,
                what.subject,
                video_service=video_service,
                results=results,
                community=community,
            )
        case _:
            assert_never(what.action)


async def _about_a_generation(
    interaction: discord.Interaction,
    action: Action,
    subject: str,
    *,
    video_service: VideoService,
    results: Results,
    community: Community,
) -> None:
    try:
        generation_id = UUID(subject)
    except ValueError:
        await first.whisper(interaction, refused(UnknownGeneration()))
        return
    match action:
        case Action.CANCEL:
            if await first.private(interaction):
                by = await principal(interaction)
                await first.whisper(interaction, await video_service.cancel(generation_id, by=by))
        case Action.APPROVE | Action.DECLINE:
            await community.credits.decided(interaction, action, generation_id)
        case _:
            await results.pressed(interaction, action, generation_id)
