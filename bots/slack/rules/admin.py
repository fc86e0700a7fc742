"""/providers for everybody and /settings for admins, and the menus that change a setting."""

import re
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bots.rule_service import Manager
from bots.slack.api.errors import translated
from bots.slack.api.parse import unescaped
from bots.slack.drawing import render
from bots.slack.inbound.presses import Handler, Press
from bots.slack.inbound.say import whisper
from bots.slack.people.managers import deciding
from bots.slack.rules.checks import missing_in
from bots.slack.rules.panels import Panels
from bots.video_service import VideoService
from core.domain.chat.chat_errors import ChatError
from core.domain.ids import ChannelId
from core.domain.text import clean
from core.replies.chat.card import Action, Card

log = structlog.get_logger()

_MENTIONED = re.compile(r"<#([CDG][A-Z0-9]+)(?:\|[^>]*)?>")
_WORDS = re.compile(r"\s*(\w+)\s*[:=\s]\s*(.+?)\s*")


class Admin:
    """The handlers of /providers and /settings."""

    def __init__(self, video_service: VideoService, web: AsyncWebClient, *, panels: Panels) -> None:
        self._service = video_service
        self._web = web
        self._panels = panels

    def register(self, app: AsyncApp) -> None:
        app.command("/providers")(self.providers)
        app.command("/settings")(self.settings)

    def handlers(self) -> dict[Action, Handler]:
        return {Action.CHOOSE: self.chosen}

    async def providers(self, ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await whisper(respond, await self._service.providers())

    async def settings(
        self, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        """Show the settings; with words such as `fallback: never`, change one."""
        await ack()
        by = await self._panels.manager(context, body)
        typed = clean(unescaped(str(body.get("text", ""))))
        if not typed:
            await whisper(respond, await self._service.settings(by))
            return
        if await self._looked(typed, str(body.get("text", "")), respond, body, by):
            return
        words = _WORDS.fullmatch(typed)
        setting, value = words.groups() if words else (typed, "")
        by = await deciding(self._web, context, body)
        await whisper(respond, await self._service.choose(by, setting=setting.lower(), value=value))

    async def _looked(self, typed: str, raw: str, respond: AsyncRespond, body: dict[str, Any], by: Manager) -> bool:
        """Handle the words that show something. False: the words change a setting."""
        match typed.split(" ", maxsplit=1)[0].lower():
            case "rules":
                await whisper(respond, await self._service.rules.show(by))
            case "log":
                await whisper(respond, await self._service.rules.log(by))
            case "usage":
                card, _ = await self._service.rules.usage(by)  # Slack cannot show a picture to one person alone
                await whisper(respond, card)
            case "check":
                named = _MENTIONED.search(raw)
                channel = ChannelId(named[1] if named else str(body["channel_id"]))
                lacking, ways = await missing_in(self._web, channel)
                await whisper(respond, await self._service.rules.check(channel, by, lacking=lacking, ways=ways))
            case _:
                return False
        return True

    async def chosen(self, press: Press) -> None:
        """A setting was chosen from a menu: store it, and show the new settings on the same card."""
        setting, _, value = press.subject.partition("=")
        by = await deciding(self._web, press.context, press.body)
        card = await self._service.choose(by, setting=setting, value=value)
        await (_instead(press.respond, card) if card.menus else whisper(press.respond, card))


async def _instead(respond: AsyncRespond, card: Card) -> None:
    """Replace the card with the pressed button by another card."""
    try:
        async with translated("response_url"):
            await respond(text=render.text(card), blocks=render.blocks(card), replace_original=True)
    except ChatError as error:
        log.warning("answer.not_said", error=type(error).__name__)
