"""The form for a video when it is opened and when it is sent, and the buttons that go on with what was typed."""

from uuid import UUID

import discord
import structlog

from bots.conversation import Conversation
from bots.discord.commands import Commands, principal, whisper
from bots.discord.errors import translated
from bots.discord.form import FORM_ID, filled, form, not_understood, with_pictures
from bots.video_service import VideoService
from core.domain.drafts import Draft, request_of, with_option
from core.domain.option_names import Option
from core.domain.requests.pictures import PICTURE_BYTES_MAX
from core.domain.requests.refusals import PictureTooLarge
from core.ports import ChatError
from core.replies.chat.card import Action, Card
from core.replies.requests.refusals import refused

log = structlog.get_logger()


class Forms:
    """The handlers of the form and of the buttons that lead to it."""

    def __init__(self, video_service: VideoService, commands: Commands, conversation: Conversation) -> None:
        self._desk = video_service
        self._commands = commands
        self._conversation = conversation

    async def open(self, interaction: discord.Interaction, draft: Draft, *, draft_id: UUID | None = None) -> None:
        """Show the form. It must be the first answer, so nothing slow comes before it."""
        if draft_id is None and (draft.first or draft.last):
            draft_id = await self._desk.drafts.keep(draft, by=principal(interaction))
        prices = self._desk.drafts.prices(request_of(with_option(draft, Option.TAKES, None)))
        try:
            async with translated():
                await interaction.response.send_modal(form(draft, draft_id, prices))
        except ChatError as error:
            log.info("form.not_opened", error=type(error).__name__)

    async def pressed(self, interaction: discord.Interaction, action: Action, subject: str) -> None:
        """“Fix and run”, or a way to go on with what was typed."""
        if action is Action.ANSWER:
            who = self._commands.asker(interaction)
            await self._commands.finish(interaction, await self._conversation.answered(subject, who))
            return
        draft = await self._conversation.draft(subject, by=principal(interaction))
        if isinstance(draft, Card):
            await whisper(interaction, draft)
            return
        await self.open(interaction, draft, draft_id=UUID(subject))

    async def sent(self, interaction: discord.Interaction) -> None:
        """A form came back; one that is not ours is left alone."""
        data = dict(interaction.data or {})
        if FORM_ID.fullmatch(str(data.get("custom_id", ""))) is None:
            return
        found = filled(data)
        source: Draft | None = None
        if found.source is not None:
            kept = await self._desk.drafts.load(found.source, by=principal(interaction))
            source = None if isinstance(kept, Card) else kept
        draft = with_pictures(found.draft, source, found.pictures)
        who = self._commands.asker(interaction)
        refusal = not_understood(data)
        if refusal is None and any(size > PICTURE_BYTES_MAX for size in found.sizes):
            await whisper(
                interaction,
                await self._conversation.fixable(draft, refused(PictureTooLarge(bytes_max=PICTURE_BYTES_MAX)), who),
            )
            return
        if refusal is not None:
            await whisper(interaction, await self._conversation.fixable(draft, refused(refusal), who))
            return
        await self._commands.finish(interaction, await self._conversation.ask(draft, who))
