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
    handler = _Handlers(video_service, credit_commands, forms, results)
    return {
        Action.BALANCE: handler.balance,
        Action.PAGE: handler.page,
        Action.CHOOSE: handler.choose,
        Action.RULES: handler.rules,
        Action.LATER: handler.later,
        Action.CANCEL: _about_a_generation(handler.cancel),
        **{action: handler.with_decision(action) for action in (Action.APPROVE, Action.DECLINE)},
        **{action: handler.with_draft(action) for action in (Action.ANSWER, Action.FIX)},
        **{action: handler.with_result(action) for action in _OF_A_RESULT},
    }


_OF_A_RESULT = (
    *(Action.AGAIN, Action.HIGHER, Action.EDIT, Action.EXTEND, Action.DETAILS, Action.SHARE),
    *(Action.DELETE, Action.ERASE, Action.REPORT, Action.HIDE, Action.PICK, Action.SHOW),
)


class _Handlers:
    """The handlers that need no more than one call; those of several actions are made for each of them."""

    def __init__(self, video_service: VideoService, credit_commands: Credits, forms: Forms, results: Results) -> None:
        self._service = video_service
        self._credits = credit_commands
        self._forms = forms
        self._results = results

    async def balance(self, interaction: discord.Interaction, _subject: str) -> None:
        await self._credits.show_balance(interaction)

    async def page(self, interaction: discord.Interaction, subject: str) -> None:
        await self._credits.page(interaction, subject)

    async def choose(self, interaction: discord.Interaction, subject: str) -> None:
        await admin.chosen(interaction, subject, video_service=self._service)

    async def rules(self, interaction: discord.Interaction, subject: str) -> None:
        await panels.opened(interaction, subject, video_service=self._service)

    async def later(self, interaction: discord.Interaction, subject: str) -> None:
        if await responses.defer_privately(interaction):
            by = await principal(interaction)
            await responses.whisper(interaction, await self._service.later.change(subject, by=by))

    async def cancel(self, interaction: discord.Interaction, generation_id: UUID) -> None:
        if await responses.defer_privately(interaction):
            by = await principal(interaction)
            await responses.whisper(interaction, await self._service.cancel(generation_id, by=by))

    def with_decision(self, action: Action) -> Handler:
        async def handle(interaction: discord.Interaction, generation_id: UUID) -> None:
            await self._credits.decided(interaction, action, generation_id)

        return _about_a_generation(handle)

    def with_draft(self, action: Action) -> Handler:
        async def handle(interaction: discord.Interaction, subject: str) -> None:
            await self._forms.pressed(interaction, action, subject)

        return handle

    def with_result(self, action: Action) -> Handler:
        async def handle(interaction: discord.Interaction, generation_id: UUID) -> None:
            await self._results.pressed(interaction, action, generation_id)

        return _about_a_generation(handle)


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
