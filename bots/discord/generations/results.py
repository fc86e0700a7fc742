"""Handles the buttons and the menu under a result. They lead to a card for the person, a form, or a new video."""

from uuid import UUID

import discord

from bots.conversation import Asker, Conversation
from bots.discord.inbound import responses
from bots.discord.people.callers import principal
from bots.discord.requests.commands import Commands
from bots.discord.requests.forms import Forms
from bots.result_service import ABOUT_IT
from bots.video_service import VideoService
from core.domain.requests.drafts import draft_of
from core.replies.chat.card import Action, Card
from core.usecases.requests.submit import Submitted


class Results:
    """The handlers."""

    def __init__(
        self, video_service: VideoService, commands: Commands, forms: Forms, conversation: Conversation
    ) -> None:
        self._service = video_service
        self._commands = commands
        self._forms = forms
        self._conversation = conversation

    async def pressed(self, interaction: discord.Interaction, action: Action, generation_id: UUID) -> None:
        """Do what the button or the chosen option says."""
        if action in ABOUT_IT:
            if await responses.defer_privately(interaction):
                by = await principal(interaction)
                await responses.whisper(interaction, await self._service.results.about(action, generation_id, by=by))
        elif action is Action.EDIT:
            await self._edit(interaction, generation_id)
        else:
            await self._more(interaction, action, generation_id)

    async def _edit(self, interaction: discord.Interaction, generation_id: UUID) -> None:
        """Open the form. A form must be the first answer, so the press is not acknowledged before."""
        request = await self._service.results.more(Action.EDIT, generation_id, by=await principal(interaction))
        if isinstance(request, Card):
            await responses.whisper(interaction, request)
        else:
            await self._forms.open(interaction, draft_of(request))

    async def _more(self, interaction: discord.Interaction, action: Action, generation_id: UUID) -> None:
        by = await principal(interaction)

        async def ask(who: Asker) -> Submitted | Card | None:
            request = await self._service.results.more(action, generation_id, by=by)
            if isinstance(request, Card):
                return request
            return await self._conversation.pressed(request, who, button=f"{action.value}:{generation_id}")

        await self._commands.finish(interaction, ask, is_press=True)
