"""Acknowledges commands and presses before any work, and later puts the answer in the place of the acknowledgement.

Discord gives 3 s for it and 15 minutes for the rest. A command with a public answer gets a public "thinking" message,
whose id Discord returns at once: it becomes the root message. A refusal is for the person alone, so that message is
deleted first.
"""

import asyncio
from collections.abc import Sequence

import discord
import structlog

from bots.acknowledgement import note_acknowledgement
from bots.discord.api.errors import Asked, translated
from bots.discord.drawing import render
from bots.discord.inbound import ways
from core.domain.chat.chat_errors import ChatError, ChatUnclear
from core.replies.chat.card import Card, Text
from core.replies.languages.say import say

log = structlog.get_logger()

OTHERS_FIRST_S = 2.0
"""Seconds to wait where a command is acknowledged already. Either the answer to our own acknowledgement was lost, or
the command was delivered twice: then whoever has acknowledged it goes on, and finds nobody in its way."""


class NotHeard(Exception):
    """Discord accepts no answer to this interaction, and has told the person that it failed."""


async def defer_publicly(interaction: discord.Interaction) -> int | None:
    """Acknowledge with a message that everybody sees, and return its id, where Discord names it.

    Raises:
        NotHeard
    """
    try:
        async with translated():
            message_id = await _deferred(interaction)
    except ChatUnclear as error:
        # The acknowledgement may have arrived: without an answer, the person would see "thinking" for ever.
        note_acknowledgement()
        log.info("answer.not_deferred", error=type(error).__name__)
        return None
    except ChatError as error:
        log.info("answer.not_deferred", error=type(error).__name__)
        raise NotHeard from error
    note_acknowledgement()
    return message_id


async def _deferred(interaction: discord.Interaction) -> int | None:
    try:
        answered = await interaction.response.defer(thinking=True)
    except discord.HTTPException as error:
        if error.code != ways.ALREADY_ANSWERED:
            raise
        await asyncio.sleep(OTHERS_FIRST_S)
        return None
    return answered.message_id if answered is not None else None


async def defer_privately(interaction: discord.Interaction) -> bool:
    """Acknowledge so that only the person sees it. False: Discord accepts no answer."""
    return await _acknowledged(interaction, thinking=True)


async def defer_in_place(interaction: discord.Interaction) -> bool:
    """Acknowledge a press whose answer changes the message that has the button."""
    return await _acknowledged(interaction, thinking=False)


async def _acknowledged(interaction: discord.Interaction, *, thinking: bool) -> bool:
    try:
        async with translated():
            await interaction.response.defer(ephemeral=thinking, thinking=thinking)
    except ChatUnclear as error:
        # It may have arrived: without an answer, the person would see "thinking" for ever.
        log.info("answer.not_deferred", error=type(error).__name__)
    except ChatError as error:
        log.info("answer.not_deferred", error=type(error).__name__)
        return False
    note_acknowledgement()
    return True


def already_under_way() -> Card:
    """The answer to the second press of a double click."""
    return Card(title=say("It is under way already"), parts=(Text(say("A double press counts once.")),))


async def answer_root(interaction: discord.Interaction, card: Card) -> int:
    """Turn the "thinking" message into the root message, and return its id.

    Raises:
        ChatError
    """
    async with translated():
        made = await interaction.edit_original_response(embed=render.embed(card), allowed_mentions=render.NOBODY)
    return made.id


async def refuse(interaction: discord.Interaction, card: Card) -> None:
    """Delete the public "thinking" message and show a refusal to the person alone; directly if nothing else works."""
    try:
        async with translated():
            await interaction.delete_original_response()
    except ChatError as error:
        log.info("answer.not_deleted", error=type(error).__name__)
    await follow_up(interaction, card)


async def is_thinking(interaction: discord.Interaction) -> bool:
    """Whether the answer is still the acknowledgement alone."""
    if interaction.response.type is not discord.InteractionResponseType.deferred_channel_message:
        return False
    try:
        async with translated(Asked.READ):
            shown = await interaction.original_response()
    except ChatError:
        return False
    return shown.flags.loading


async def whisper(
    interaction: discord.Interaction, card: Card, *, file: discord.File | None = None, sells: Sequence[int] = ()
) -> None:
    """Show a card to the person alone, at once or in place of "thinking", or else in the next best way.

    Args:
        file: a picture that the card shows.
        sells: the goods in Discord's shop, one button each; Discord itself shows their names and prices.
    """
    first = ways.answered(interaction, file=file)
    await ways.told(card, (first, ways.beside(interaction), ways.directly(interaction.user)), sells=sells)


async def follow_up(interaction: discord.Interaction, card: Card) -> None:
    """Show a card to the person alone, and leave the message with the pressed button as it is."""
    await ways.told(card, (ways.beside(interaction), ways.directly(interaction.user)))


async def replace_card(interaction: discord.Interaction, card: Card) -> None:
    """Replace the card with the pressed button by another card; where that is refused, show it to the person alone."""
    first = ways.answered(interaction)
    await ways.told(card, (first, ways.beside(interaction), ways.directly(interaction.user)))
