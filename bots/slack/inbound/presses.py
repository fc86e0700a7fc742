"""The handler of each button and each option of a menu, in one table. A press is acknowledged before it is handled."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond

from bots.slack.drawing.buttons import MENU, chosen, pressed
from bots.slack.inbound.say import whisper
from core.domain.requests.refusals import ForgedButton, UnknownGeneration
from core.replies.chat.card import Action
from core.replies.requests.refusals import refused

_BUTTON = re.compile(f"^({'|'.join(action.value for action in Action)})(:.*)?$")


@dataclass(frozen=True, slots=True)
class Press:
    """A press of a button or of a menu's option whose signature was checked."""

    action: Action
    subject: str
    respond: AsyncRespond
    body: dict[str, Any]
    context: AsyncBoltContext


Handler = Callable[[Press], Awaitable[None]]


class Handles(Protocol):
    """A part of the bot that handles some of the actions."""

    def handlers(self) -> Mapping[Action, Handler]: ...


def about_a_generation(handle: Callable[[UUID, Press], Awaitable[None]]) -> Handler:
    """A handler for presses whose subject is a generation's id."""

    async def handler(press: Press) -> None:
        try:
            generation_id = UUID(press.subject)
        except ValueError:
            await whisper(press.respond, refused(UnknownGeneration()))
            return
        await handle(generation_id, press)

    return handler


class Presses:
    """The table of handlers, and its registration with Bolt."""

    def __init__(self, *parts: Handles) -> None:
        self._handlers = {action: handler for part in parts for action, handler in part.handlers().items()}

    def register(self, app: AsyncApp) -> None:
        app.action(_BUTTON)(self.button)
        app.action(re.compile(f"^{MENU}"))(self.option)

    async def button(
        self, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        await ack()
        try:
            subject = pressed(body)
        except ForgedButton as refusal:
            await whisper(respond, refused(refusal))
            return
        action = Action(str(body["actions"][0]["action_id"]).partition(":")[0])
        await self._handlers[action](Press(action, subject, respond, body, context))

    async def option(
        self, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        """Handle an option of a menu; its value says what to do."""
        await ack()
        try:
            action, subject = chosen(body)
        except ForgedButton as refusal:
            await whisper(respond, refused(refusal))
            return
        await self._handlers[action](Press(action, subject, respond, body, context))
