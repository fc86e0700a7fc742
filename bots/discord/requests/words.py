"""Handles prompts of /video that are command words: help, credits, settings, providers, cancel, mine."""

import discord

from bots.conversation import Conversation
from bots.discord.credits.credits import Credits
from bots.discord.inbound import responses
from bots.discord.people.callers import person
from bots.discord.requests.commands import EXAMPLES
from bots.discord.rules.manager_views import MANAGER_VIEWS, show_manager_view
from bots.discord.rules.panels import manager
from bots.video_service import VideoService
from core.domain.requests.command_words import Command, CommandWord, command_in
from core.replies.chat.card import Card


class Words:
    """The handlers of command words."""

    def __init__(self, video_service: VideoService, conversation: Conversation, credit_commands: Credits) -> None:
        self._service = video_service
        self._credits = credit_commands
        self._conversation = conversation

    async def handled(self, interaction: discord.Interaction, text: str) -> bool:
        """Do what a command word says. False: the prompt is a description."""
        command = command_in(text)
        if command is None or command.word is CommandWord.FORM:
            return False
        if command.word is CommandWord.CREDITS and not command.rest:
            await self._credits.show_balance(interaction)
        elif command.word is CommandWord.SETTINGS and command.rest.lower() in MANAGER_VIEWS:
            await show_manager_view(interaction, command.rest.lower(), video_service=self._service)
        elif await responses.defer_privately(interaction):
            await responses.whisper(interaction, await self._card(interaction, command, text))
        return True

    async def _card(self, interaction: discord.Interaction, command: Command, text: str) -> Card:
        by = person(interaction)
        if command.word is CommandWord.SHOW and command.rest:
            return await self._conversation.show(command.rest, text, by=by)
        if command.rest:
            return await self._conversation.unclear(text, command.typed, by=by)
        match command.word:
            case CommandWord.HELP:
                return self._service.help(examples=EXAMPLES)
            case CommandWord.SETTINGS:
                return await self._service.settings(await manager(interaction))
            case CommandWord.PROVIDERS:
                return await self._service.providers()
            case CommandWord.LATER:
                return await self._service.later.list(by=by)
            case CommandWord.CANCEL:
                return await self._service.drafts.to_cancel(by=by)
            case _:
                return await self._service.results.mine(by=by)
