"""Opens the form for a video, handles it when it is sent, and handles the buttons that go on with a draft."""

from dataclasses import replace
from functools import partial
from uuid import UUID

import discord
import structlog

from bots.conversation import Asker, Conversation
from bots.discord.api.errors import translated
from bots.discord.inbound import responses
from bots.discord.people.callers import person
from bots.discord.requests.commands import Commands
from bots.discord.requests.form import FORM_ID, filled, form, not_understood, with_pictures
from bots.video_service import VideoService
from core.domain.chat.chat_errors import ChatError
from core.domain.requests.drafts import Draft, pictures, request_of, with_option
from core.domain.requests.options import Option
from core.domain.requests.pictures import PICTURE_BYTES_MAX
from core.domain.requests.refusals import PictureTooLarge
from core.replies.chat.card import Action, Card, Tone
from core.replies.requests.refusals import refused
from core.usecases.requests.submit import Submitted

log = structlog.get_logger()


class Forms:
    """The handlers of the form and of the buttons that lead to it."""

    def __init__(self, video_service: VideoService, commands: Commands, conversation: Conversation) -> None:
        self._service = video_service
        self._commands = commands
        self._conversation = conversation

    async def open(self, interaction: discord.Interaction, draft: Draft, *, draft_id: UUID | None = None) -> None:
        """Show the form. A form must be the first answer, so nothing slow is done before."""
        has_pictures = bool(pictures(draft)) or draft.first_frame or draft.reference_keys
        is_more = has_pictures or draft.is_veiled or not draft.is_shown
        if draft_id is None and is_more:  # the draft has more text than the form can show
            draft_id = await self._service.drafts.keep(draft, by=person(interaction))
        prices = self._service.drafts.prices(request_of(with_option(draft, Option.TAKES, None)))
        try:
            async with translated():
                await interaction.response.send_modal(form(draft, draft_id, prices))
        except ChatError as error:
            log.info("form.not_opened", error=type(error).__name__)

    async def pressed(self, interaction: discord.Interaction, action: Action, subject: str) -> None:
        """“Fix and run”, or another button to go on with a draft."""
        if action is Action.ANSWER:
            await self._commands.finish(interaction, partial(self._conversation.answered, subject), is_press=True)
            return
        draft = await self._conversation.draft(subject, by=person(interaction))
        if isinstance(draft, Card):
            await responses.whisper(interaction, draft)
            return
        await self.open(interaction, draft, draft_id=UUID(subject))

    async def sent(self, interaction: discord.Interaction) -> None:
        """Handle a sent form; a form of another kind is ignored."""
        data = dict(interaction.data or {})
        if FORM_ID.fullmatch(str(data.get("custom_id", ""))) is None:
            return

        async def ask(who: Asker) -> Submitted | Card | None:
            found = filled(data)
            source: Draft | None = None
            if found.source is not None:
                kept = await self._service.drafts.load(found.source, by=who.principal)
                if isinstance(kept, Card) and kept.tone is Tone.BAD:  # its pictures may be had in a minute
                    return await self._conversation.fixable(with_pictures(found.draft, None, found.pictures), kept, who)
                source = None if isinstance(kept, Card) else kept
            draft = with_pictures(found.draft, source, found.pictures)
            draft = replace(draft, is_veiled=draft.is_veiled or found.is_veiled)
            too_large = any(size > PICTURE_BYTES_MAX for size in found.sizes)
            refusal = not_understood(data) or (PictureTooLarge(bytes_max=PICTURE_BYTES_MAX) if too_large else None)
            if refusal is not None:
                return await self._conversation.fixable(draft, refused(refusal), who)
            return await self._conversation.ask(draft, who)

        await self._commands.finish(interaction, ask)
