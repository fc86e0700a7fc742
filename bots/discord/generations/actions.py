"""The handler of each button and of each option of a menu, in one table.

A button's id says what it does, so it works after any restart.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import discord

from bots.conversation import Conversation
from bots.discord.community.community import Community
from bots.discord.credits.credits import Credits
from bots.discord.drawing.buttons import Pressed, item_for
from bots.discord.generations.results import Results
from bots.discord.inbound import responses
from bots.discord.inbound.crashes import crashes_told
from bots.discord.people.callers import principal
from bots.discord.requests.commands import Commands
from bots.discord.requests.forms import Forms
from bots.discord.rules import admin, panels
from bots.video_service import VideoService
from core.domain.requests.refusals import UnknownGeneration
from core.replies.chat.card import Action, Card
from core.replies.chat.community_actions import CommunityAction
from core.replies.requests.refusals import refused

Handler = Callable[[discord.Interaction, str], Awaitable[None]]
"""Does what the button says; the text is the subject in the button's id, such as a generation."""


def button(
    video_service: VideoService,
    commands: Commands,
    forms: Forms,
    conversation: Conversation,
    community: Community,
) -> type[discord.ui.DynamicItem[Any]]:
    """The item that discord.py calls for every press of one of our buttons."""
    table = handlers(video_service, community.credits, forms, Results(video_service, commands, forms, conversation))

    async def on_press(interaction: discord.Interaction, what: Pressed | Card) -> None:
        async with crashes_told(interaction):
            if isinstance(what, Card):
                await responses.whisper(interaction, what)
            elif isinstance(what.action, CommunityAction):
                await community.pressed(interaction, what.action, what.subject)
            else:
                await table[what.action](interaction, what.subject)

    return item_for(on_press)


def handlers(
    video_service: VideoService, credit_commands: Credits, forms: Forms, results: Results
) -> dict[Action, Handler]:
    """The table of handlers. A test checks on every platform that each action has one."""

    async def balance(interaction: discord.Interaction, _subject: str) -> None:
        await credit_commands.show_balance(interaction)

    async def another_page(interaction: discord.Interaction, subject: str) -> None:
        await credit_commands.page(interaction, subject)

    async def choose(interaction: discord.Interaction, subject: str) -> None:
        await admin.chosen(interaction, subject, video_service=video_service)

    async def rules(interaction: discord.Interaction, subject: str) -> None:
        await panels.opened(interaction, subject, video_service=video_service)

    async def later(interaction: discord.Interaction, subject: str) -> None:
        if await responses.defer_privately(interaction):
            by = await principal(interaction)
            await responses.whisper(interaction, await video_service.later.change(subject, by=by))

    async def cancel(interaction: discord.Interaction, generation_id: UUID) -> None:
        if await responses.defer_privately(interaction):
            by = await principal(interaction)
            await responses.whisper(interaction, await video_service.cancel(generation_id, by=by))

    def decide(action: Action) -> Handler:
        async def decide(interaction: discord.Interaction, generation_id: UUID) -> None:
            await credit_commands.decided(interaction, action, generation_id)

        return _about_a_generation(decide)

    def with_result(action: Action) -> Handler:
        async def do(interaction: discord.Interaction, generation_id: UUID) -> None:
            await results.pressed(interaction, action, generation_id)

        return _about_a_generation(do)

    def with_draft(action: Action) -> Handler:
        async def do(interaction: discord.Interaction, subject: str) -> None:
            await forms.pressed(interaction, action, subject)

        return do

    return {
        Action.BALANCE: balance,
        Action.PAGE: another_page,
        Action.CHOOSE: choose,
        Action.RULES: rules,
        Action.LATER: later,
        Action.CANCEL: _about_a_generation(cancel),
        **{action: decide(action) for action in (Action.APPROVE, Action.DECLINE)},
        **{action: with_draft(action) for action in (Action.ANSWER, Action.FIX)},
        **{action: with_result(action) for action in _WITH_RESULT},
    }


_WITH_RESULT = (
    *(Action.AGAIN, Action.HIGHER, Action.EDIT, Action.EXTEND, Action.DETAILS, Action.SHARE),
    *(Action.DELETE, Action.ERASE, Action.REPORT, Action.HIDE, Action.PICK, Action.SHOW),
)


def _about_a_generation(handle: Callable[[discord.Interaction, UUID], Awaitable[None]]) -> Handler:
    """A handler for presses whose subject is a generation's id."""

    async def handler(interaction: discord.Interaction, subject: str) -> None:
        try:
            generation_id = UUID(subject)
        except ValueError:
            await responses.whisper(interaction, refused(UnknownGeneration()))
            return
        await handle(interaction, generation_id)

    return handler
