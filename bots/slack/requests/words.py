"""Handles /video with a command word: alone, help, credits, settings, providers, cancel, mine."""

import re
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond

from bots.conversation import Conversation
from bots.slack.credits import credit_words
from bots.slack.credits.credits import Credits
from bots.slack.inbound.say import whisper
from bots.slack.people.callers import person
from bots.slack.requests import form
from bots.slack.requests.commands import EXAMPLES
from bots.slack.requests.modals import Modals
from bots.slack.rules.admin import Admin
from bots.video_service import VideoService
from core.domain.chat.principal import Principal
from core.domain.ids import ChannelId
from core.domain.requests.command_words import Command, CommandWord, command_in
from core.domain.requests.drafts import Draft
from core.domain.requests.refusals import Incomplete, WrongAmount

_SETTING = re.compile(r"(fallback|refused|outsiders|keep|rules|log|check|usage)\b.*", re.IGNORECASE)


class Words:
    """The handlers of command words."""

    def __init__(
        self,
        video_service: VideoService,
        *,
        conversation: Conversation,
        modals: Modals,
        credits_: Credits,
        admin: Admin,
    ) -> None:
        self._service = video_service
        self._conversation = conversation
        self._modals = modals
        self._credits = credits_
        self._admin = admin

    async def handled(
        self, text: str, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], context: AsyncBoltContext
    ) -> bool:
        """Do what a command word says. False: the text is a description."""
        command = command_in(text)
        if command is None:
            return False
        _, _, raw = str(body.get("text", "")).strip().partition(" ")  # mentions are still entities
        args = {**body, "text": raw}
        match command.word:
            case CommandWord.FORM:
                await self._modals.open(respond, body, form.blank(), channel=str(body["channel_id"]))
            case CommandWord.HELP:
                await whisper(respond, self._service.help(examples=EXAMPLES))
            case CommandWord.CREDITS if _is_order(raw, str(body["channel_id"])):
                await self._credits.credits(ack, respond, args, context)
            case CommandWord.SETTINGS if not raw.strip() or _SETTING.fullmatch(raw.strip()):
                await self._admin.settings(ack, respond, args, context)
            case CommandWord.PROVIDERS if not raw.strip():
                await self._admin.providers(ack, respond)
            case CommandWord.CANCEL if not raw.strip():
                await whisper(respond, await self._service.drafts.to_cancel(by=person(context, body)))
            case CommandWord.MINE | CommandWord.SHOW if not raw.strip():
                await whisper(respond, await self._service.results.mine(by=person(context, body)))
            case CommandWord.LATER if not raw.strip():
                await whisper(respond, await self._service.later.list(by=person(context, body)))
            case CommandWord.SHOW:
                await whisper(respond, await self._conversation.show(command.rest, text, by=person(context, body)))
            case CommandWord.IMPROVE if command.rest and self._service.prompt_help is not None:
                card = await self._conversation.improve(Draft(text=command.rest), by=person(context, body))
                if card is not None:
                    await whisper(respond, card)
            case _:
                await self._ask(command, text, respond, by=person(context, body))
        return True

    async def _ask(self, command: Command, text: str, respond: AsyncRespond, *, by: Principal) -> None:
        await whisper(respond, await self._conversation.unclear(text, command.typed, by=by))


def _is_order(text: str, channel: str) -> bool:
    """Whether these words are a command of /credits."""
    try:
        credit_words.parse(text, here=ChannelId(channel))
    except Incomplete:
        return False
    except WrongAmount:
        return True
    return True
