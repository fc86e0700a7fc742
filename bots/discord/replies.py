"""Answers to our messages with words: make it night. Proposed anew with a button and a form; nothing is taken.

Discord tells us what a message says only where it mentions us (no privileged intent is asked for): a reply with its
ping does, and so does everything that is written to us directly.
"""

import discord
import structlog

from bots.conversation import Conversation
from bots.discord import render
from bots.discord.callers import DISCORD
from bots.discord.errors import translated
from bots.discord.rights import alone
from core.domain.chat.chat_errors import ChatError
from core.domain.chat.principal import Principal
from core.domain.ids import Installation, MessageId, UserId
from core.domain.text import clean

log = structlog.get_logger()

MARK = "reply"


class Replies:
    """The handler of messages."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    async def heard(self, message: discord.Message, *, me: int) -> None:
        """A message; one that does not answer a video of ours is left alone."""
        answered = message.reference.message_id if message.reference is not None else None
        mentions_us = message.guild is None or any(person.id == me for person in message.mentions)
        if message.author.bot or answered is None or not mentions_us:
            return
        words = clean(message.content.replace(f"<@{me}>", " ").replace(f"<@!{me}>", " "))
        if not words:
            return
        card = await self._conversation.replied(words, by=_who(message), message=MessageId(str(answered)))
        if card is None:
            return
        try:
            async with translated():
                await message.reply(
                    embed=render.embed(card),
                    view=render.view(card, mark=MARK) or discord.utils.MISSING,
                    mention_author=False,
                    allowed_mentions=render.NOBODY,
                )
        except ChatError as error:
            log.info("answer.not_said", error=type(error).__name__)


def _who(message: discord.Message) -> Principal:
    """The person, for what needs no right: a message says nothing of theirs."""
    user = str(message.author.id)
    return Principal(
        platform=DISCORD,
        installation=Installation(str(message.guild.id)) if message.guild is not None else alone(user),
        user=UserId(user),
        is_admin=False,
        direct=message.guild is None,
    )
