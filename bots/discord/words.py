"""What /video does with words of its own as the prompt: help, credits, settings, providers, cancel, mine."""

import discord

from bots.conversation import Conversation
from bots.discord.commands import EXAMPLES, principal, whisper
from bots.discord.credits import show_balance
from bots.discord.rights import is_admin
from bots.video_service import VideoService
from core.domain.chat.principal import Principal
from core.domain.command_words import CommandWord, command_in


class Words:
    """The words of one process."""

    def __init__(self, video_service: VideoService, conversation: Conversation) -> None:
        self._desk = video_service
        self._conversation = conversation

    async def handled(self, interaction: discord.Interaction, text: str) -> bool:
        """Do what a word of ours says. False: it is a description."""
        command = command_in(text)
        if command is None or command.word is CommandWord.FORM:
            return False
        by = principal(interaction)
        if command.rest:
            await whisper(interaction, await self._conversation.unclear(text, command.typed, by=by))
            return True
        match command.word:
            case CommandWord.HELP:
                await whisper(interaction, self._desk.help(examples=EXAMPLES))
            case CommandWord.CREDITS:
                await show_balance(interaction, video_service=self._desk)
            case CommandWord.SETTINGS:
                admin = Principal(
                    platform=by.platform,
                    installation=by.installation,
                    user=by.user,
                    is_admin=await is_admin(interaction),
                )
                await whisper(interaction, await self._desk.settings(admin))
            case CommandWord.PROVIDERS:
                await whisper(interaction, await self._desk.providers())
            case _:
                live = command.word is CommandWord.CANCEL
                await whisper(interaction, await self._desk.drafts.own(by=by, live=live))
        return True
