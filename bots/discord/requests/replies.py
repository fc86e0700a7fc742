"""Handles messages to the bot: a reply to one of its videos (“make it night”), or a description of a new one.

Discord sends the text of a message only if it mentions the bot, because the bot has no privileged intent, and all
direct messages. A message does not tell its author's rights, so the bot proposes a video with a button: the press
tells the rights, and only then credits are taken.
"""

import discord

from bots.conversation import Conversation
from bots.discord.inbound import ways
from bots.discord.people.callers import DISCORD
from bots.discord.people.rights import alone
from bots.discord.requests.commands import EXAMPLES
from bots.discord.requests.message_menus import is_veiled, pictures
from bots.video_service import VideoService
from core.domain.chat.principal import Principal
from core.domain.ids import Installation, MessageId, UserId
from core.domain.requests.command_words import command_in
from core.domain.requests.drafts import Draft, with_pictures
from core.domain.requests.pictures import by_order
from core.domain.text import clean
from core.replies.chat.card import Card
from core.replies.languages.say import speaking

MARK = "reply"


class Replies:
    """The handler of messages."""

    def __init__(self, video_service: VideoService, conversation: Conversation) -> None:
        self._service = video_service
        self._conversation = conversation

    async def heard(self, message: discord.Message, *, me: int) -> None:
        """Handle a message. Messages to others are ignored, and so are replies to anything but one of our videos."""
        mentions_us = message.guild is None or any(person.id == me for person in message.mentions)
        if message.author.bot or not mentions_us or message.type not in _WRITTEN:
            return
        words = clean(message.content.replace(f"<@{me}>", " ").replace(f"<@!{me}>", " "))
        with speaking(str(message.guild.preferred_locale) if message.guild is not None else None):
            card = await self._answer(message, words)
            if card is not None:
                await _say(message, card)

    async def _answer(self, message: discord.Message, words: str) -> Card | None:
        answered = message.reference.message_id if message.reference is not None else None
        if answered is not None:
            if not words:
                return None
            return await self._conversation.replied(words, by=_who(message), message=MessageId(str(answered)))
        shown = tuple(pictures(message))
        command = command_in(words)
        if (not words and not shown) or (command is not None and not command.rest):
            return self._service.help(examples=EXAMPLES)  # the answers to command words are shown to one person only
        draft = with_pictures(Draft(text=words, is_veiled=is_veiled(message)), by_order(shown))
        return await self._conversation.proposed(draft, by=_who(message))


_WRITTEN = (discord.MessageType.default, discord.MessageType.reply)


async def _say(message: discord.Message, card: Card) -> None:
    """Reply to the message, or tell its author directly where the bot may not write."""
    reply = ways.Way(name="reply", say=lambda drawn: message.reply(**drawn.sent(), mention_author=False))
    await ways.told(card, (reply, ways.directly(message.author)), mark=MARK)


def _who(message: discord.Message) -> Principal:
    """The person, without rights: a message does not tell them."""
    user = str(message.author.id)
    return Principal(
        platform=DISCORD,
        installation=Installation(str(message.guild.id)) if message.guild is not None else alone(user),
        user=UserId(user),
        is_admin=False,
        direct=message.guild is None,
    )
