"""The first word of every command and press, before any work, and what takes its place.

Discord gives 3 s for it and 15 minutes for the rest. A command whose answer everybody shall see gets a public
"thinking" message, whose id Discord names at once: it becomes the root message. A no is for the person alone, so it
takes that message away and comes behind it.
"""

from collections.abc import Sequence

import discord
import structlog

from bots.discord import render
from bots.discord.errors import translated
from bots.first_word import heard
from core.domain.chat.chat_errors import ChatError, ChatUnclear
from core.replies.chat.card import Card

log = structlog.get_logger()

_ALREADY_ANSWERED = 40060
"""The callback has arrived before: its answer was lost, or Discord has delivered the interaction twice."""


class NotHeard(Exception):
    """Discord takes no answer any more, and has told the person so."""


async def public(interaction: discord.Interaction) -> int | None:
    """Acknowledge for all to see; the id of the message that will be the answer, where Discord names it.

    Raises:
        NotHeard
    """
    try:
        async with translated():
            message_id = await _deferred(interaction)
    except ChatUnclear as error:
        # It may have arrived, and the person would see us think for ever: we go on.
        heard()
        log.info("answer.not_deferred", error=type(error).__name__)
        return None
    except ChatError as error:
        log.info("answer.not_deferred", error=type(error).__name__)
        raise NotHeard from error
    heard()
    return message_id


async def _deferred(interaction: discord.Interaction) -> int | None:
    try:
        answered = await interaction.response.defer(thinking=True)
    except discord.HTTPException as error:
        if error.code != _ALREADY_ANSWERED:
            raise
        return None
    return answered.message_id if answered is not None else None


async def private(interaction: discord.Interaction) -> bool:
    """Acknowledge for the person alone. False: Discord does not listen."""
    return await _acknowledged(interaction, thinking=True)


async def in_place(interaction: discord.Interaction) -> bool:
    """Acknowledge a press whose answer is another face of its own message."""
    return await _acknowledged(interaction, thinking=False)


async def _acknowledged(interaction: discord.Interaction, *, thinking: bool) -> bool:
    try:
        async with translated():
            await interaction.response.defer(ephemeral=thinking, thinking=thinking)
    except ChatError as error:
        log.info("answer.not_deferred", error=type(error).__name__)
        return False
    heard()
    return True


async def answer_root(interaction: discord.Interaction, card: Card) -> int:
    """Make the "thinking" message the root message; its id.

    Raises:
        ChatError
    """
    async with translated():
        made = await interaction.edit_original_response(embed=render.embed(card), allowed_mentions=render.NOBODY)
    return made.id


async def refuse(interaction: discord.Interaction, card: Card) -> None:
    """Take the public "thinking" message away, and say a no to the person alone; directly where nothing else works."""
    embeds, view = render.embeds(card), render.view(card, mark="") or discord.utils.MISSING
    try:
        async with translated():
            await interaction.delete_original_response()
    except ChatError as error:
        log.info("answer.not_deleted", error=type(error).__name__)
    try:
        async with translated():
            await interaction.followup.send(embeds=embeds, view=view, ephemeral=True, allowed_mentions=render.NOBODY)
    except ChatError as error:
        log.info("answer.not_said", error=type(error).__name__, why=str(error))
    else:
        return
    try:
        async with translated():
            await interaction.user.send(embeds=embeds, view=view, allowed_mentions=render.NOBODY)
    except ChatError as error:
        log.warning("answer.lost", error=type(error).__name__)


async def whisper(
    interaction: discord.Interaction, card: Card, *, file: discord.File | None = None, sells: Sequence[int] = ()
) -> None:
    """Say something to the person alone, at once or in the place of "thinking", as well as we can.

    Args:
        file: a picture that the card shows.
        sells: what Discord sells for us, a button each, which Discord itself names and prices.
    """
    (drawn, *more), view = render.embeds(card), render.view(card, mark="", sells=sells)
    if file is not None and file.filename.endswith(".png"):
        drawn.set_image(url=f"attachment://{file.filename}")
    try:
        async with translated():
            if interaction.response.is_done():
                await interaction.edit_original_response(
                    embeds=[drawn, *more],
                    view=view,
                    attachments=[file] if file is not None else [],
                    allowed_mentions=render.NOBODY,
                )
                return
            await interaction.response.send_message(
                embeds=[drawn, *more],
                view=view or discord.utils.MISSING,
                file=file or discord.utils.MISSING,
                ephemeral=True,
                allowed_mentions=render.NOBODY,
            )
    except ChatError as error:
        log.info("answer.not_said", error=type(error).__name__)


async def beside(interaction: discord.Interaction, card: Card) -> None:
    """Say something to the person alone, and leave the message whose button was pressed as it is."""
    try:
        async with translated():
            await interaction.followup.send(
                embed=render.embed(card),
                view=render.view(card, mark="") or discord.utils.MISSING,
                ephemeral=True,
                allowed_mentions=render.NOBODY,
            )
    except ChatError as error:
        log.info("answer.not_said", error=type(error).__name__)


async def instead(interaction: discord.Interaction, card: Card) -> None:
    """Put a card in the place of the one whose button was pressed, as well as we can."""
    try:
        async with translated():
            await interaction.edit_original_response(
                embed=render.embed(card), view=render.view(card, mark=""), allowed_mentions=render.NOBODY
            )
    except ChatError as error:
        log.info("answer.not_said", error=type(error).__name__)
