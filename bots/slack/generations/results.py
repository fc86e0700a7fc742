"""Handles the buttons and the menu under a result: with a card for the person alone, or with a new video."""

from contextlib import nullcontext
from uuid import UUID

from slack_sdk.web.async_client import AsyncWebClient

from bots.acknowledgement import a_form_follows
from bots.conversation import Conversation
from bots.result_service import ABOUT_IT, MORE_OF_IT
from bots.slack.inbound.presses import Handler, Press, about_a_generation
from bots.slack.inbound.say import whisper
from bots.slack.people.callers import person, principal
from bots.slack.requests.commands import Commands, asked_by
from bots.slack.requests.modals import Modals
from bots.video_service import VideoService
from core.domain.requests.drafts import draft_of
from core.replies.chat.card import Action, Card

_FOR_EVERYBODY = frozenset({Action.DETAILS, Action.SHARE, Action.SHOW})
"""Actions that need no rights, so that Slack is not asked for them."""


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
        self._service = video_service
        self._commands = commands
        self._web = web
        self._conversation = conversation
        self._modals = modals

    def handlers(self) -> dict[Action, Handler]:
        about, more = about_a_generation(self._about), about_a_generation(self._more)
        return dict.fromkeys(ABOUT_IT, about) | dict.fromkeys(MORE_OF_IT, more)

    async def _about(self, generation_id: UUID, press: Press) -> None:
        needs_no_right = press.action in _FOR_EVERYBODY
        context, body = press.context, press.body
        by = person(context, body) if needs_no_right else await principal(self._web, context, body)
        await whisper(press.respond, await self._service.results.about(press.action, generation_id, by=by))

    async def _more(self, generation_id: UUID, press: Press) -> None:
        action, context, body = press.action, press.context, press.body
        channel = str(body["channel"]["id"])
        with a_form_follows() if action is Action.EDIT else nullcontext():
            request = await self._service.results.more(action, generation_id, by=person(context, body))
        if isinstance(request, Card):
            await whisper(press.respond, request)
        elif action is Action.EDIT:
            await self._modals.open(press.respond, body, draft_of(request), channel=channel)
        else:
            who = self._commands.asker(context, body, channel=channel)
            ask = self._conversation.pressed(request, who, button=f"{action.value}:{generation_id}")
            await self._commands.finish(ask, who, press.respond, asked_by=asked_by(body))
