"""The buttons and the menu under a result: acknowledged at once, answered to the person alone, or with a video."""

import re
from typing import Any
from uuid import UUID

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bots.conversation import Conversation
from bots.result_service import ABOUT_IT, MORE_OF_IT
from bots.slack.buttons import MENU, chosen, pressed
from bots.slack.callers import person, principal
from bots.slack.commands import Commands, asked_by, whisper
from bots.slack.modals import Modals
from bots.video_service import VideoService
from core.domain.requests.drafts import draft_of
from core.domain.requests.refusals import ForgedButton, UnknownGeneration
from core.replies.chat.card import Action, Card
from core.replies.requests.refusals import refused

_ACTIONS = re.compile(f"^({'|'.join(sorted(action.value for action in ABOUT_IT | MORE_OF_IT))})$")
_FOR_EVERYBODY = frozenset({Action.DETAILS, Action.SHARE, Action.SHOW})
"""What needs no right, so that Slack is not asked for any."""


class Results:
    """The handlers."""

    def __init__(
        self,
        video_service: VideoService,
        commands: Commands,
        web: AsyncWebClient,
        *,
        conversation: Conversation,
        modals: Modals,
    ) -> None:
        self._desk = video_service
        self._commands = commands
        self._web = web
        self._conversation = conversation
        self._modals = modals

    def register(self, app: AsyncApp) -> None:
        app.action(_ACTIONS)(self.pressed)
        app.action(re.compile(f"^{MENU}"))(self.chosen)

    async def pressed(
        self, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        """A button."""
        await ack()
        try:
            action, subject = Action(str(body["actions"][0]["action_id"])), UUID(pressed(body))
        except (ForgedButton, ValueError) as error:
            await whisper(respond, refused(error if isinstance(error, ForgedButton) else UnknownGeneration()))
            return
        await self._do(action, subject, respond, body, context)

    async def chosen(
        self, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        """An option of the menu."""
        await ack()
        try:
            action, name = chosen(body)
            subject = UUID(name)
        except (ForgedButton, ValueError) as error:
            await whisper(respond, refused(error if isinstance(error, ForgedButton) else UnknownGeneration()))
            return
        await self._do(action, subject, respond, body, context)

    async def _do(
        self,
        action: Action,
        generation_id: UUID,
        respond: AsyncRespond,
        body: dict[str, Any],
        context: AsyncBoltContext,
    ) -> None:
        if action in ABOUT_IT:
            needs_no_right = action in _FOR_EVERYBODY
            by = person(context, body) if needs_no_right else await principal(self._web, context, body)
            await whisper(respond, await self._desk.results.about(action, generation_id, by=by))
        elif action in MORE_OF_IT:
            await self._more(action, generation_id, respond, body, context)
        else:
            await whisper(respond, refused(UnknownGeneration()))

    async def _more(
        self,
        action: Action,
        generation_id: UUID,
        respond: AsyncRespond,
        body: dict[str, Any],
        context: AsyncBoltContext,
    ) -> None:
        channel = str(body["channel"]["id"])
        request = await self._desk.results.more(action, generation_id, by=person(context, body))
        if isinstance(request, Card):
            await whisper(respond, request)
        elif action is Action.EDIT:
            await self._modals.open(respond, body, draft_of(request), channel=channel)
        else:
            who = self._commands.asker(context, body, channel=channel)
            ask = self._conversation.pressed(request, who, button=f"{action.value}:{generation_id}")
            await self._commands.finish(ask, who, respond, asked_by=asked_by(body))
