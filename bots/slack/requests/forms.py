"""Handles the form for a video while it is open and when it is sent, and the buttons that go on with a draft."""

import re
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bots.acknowledgement import a_form_follows
from bots.conversation import Conversation
from bots.slack.api.errors import translated
from bots.slack.inbound.presses import Handler, Press
from bots.slack.inbound.say import Answering, whisper
from bots.slack.people.callers import person, thread_of, user_of
from bots.slack.requests import form
from bots.slack.requests.commands import Commands, asked_by
from bots.slack.requests.form_inputs import CHANGED
from bots.slack.requests.form_memory import FORM
from bots.slack.requests.frames import Frames
from bots.slack.requests.modals import Modals
from bots.video_service import VideoService
from core.domain.chat.chat_errors import ChatError
from core.domain.requests.drafts import request_of
from core.domain.requests.refusals import ForgedButton
from core.replies.chat.card import Action, Card, plain
from core.replies.requests.refusals import refused

log = structlog.get_logger()


class Forms:
    """The handlers of the form and of the buttons that lead to it."""

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
        self._modals = modals
        self._commands = commands
        self._conversation = conversation
        self._frames = Frames(video_service, web)
        self._web = web

    def register(self, app: AsyncApp) -> None:
        app.action(re.compile(f"^{CHANGED}"))(self.changed)
        app.view(FORM)(self.sent)

    def handlers(self) -> dict[Action, Handler]:
        return {Action.FIX: self.fix, Action.ANSWER: self.answered}

    async def fix(self, press: Press) -> None:
        """“Fix and run”: open the form, filled in with the draft."""
        body = press.body
        with a_form_follows():
            draft = await self._conversation.draft(press.subject, by=person(press.context, body))
        if isinstance(draft, Card):
            await whisper(press.respond, draft)
            return
        await self._modals.open(press.respond, body, draft, channel=str(body["channel"]["id"]), thread=thread_of(body))

    async def answered(self, press: Press) -> None:
        """Handle a button that goes on with a draft."""
        body = press.body
        who = self._commands.asker(press.context, body, channel=str(body["channel"]["id"]), thread=thread_of(body))
        ask = self._conversation.answered(press.subject, who)
        await self._commands.finish(ask, who, press.respond, asked_by=asked_by(body))

    async def changed(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """An input that changes the price was changed: show the new price in the form."""
        await ack()
        view = body.get("view") or {}
        if view.get("callback_id") != FORM:
            return
        try:
            filled = form.filled(view)
        except ForgedButton:
            return
        try:
            async with translated("views.update"):
                await self._web.views_update(
                    view_id=str(view["id"]),
                    hash=str(view["hash"]),
                    view=form.view(filled.draft, filled.kept, self._modals.prices(filled.draft)),
                )
        except ChatError as error:  # the form was closed or sent meanwhile, or a later change was faster
            log.info("form.not_updated", error=type(error).__name__)

    async def sent(self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """The form was sent: show errors in it, or go on as with a typed command."""
        try:
            filled = form.filled({**body["view"], "response_urls": body.get("response_urls")})
        except ForgedButton as refusal:
            await ack(response_action="errors", errors={"prompt": plain(refused(refusal))})
            return
        if filled.wrong:
            await ack(response_action="errors", errors=dict(filled.wrong))
            return
        await ack()
        kept = filled.kept
        respond = Answering(self._web, response_url=kept.answers or None, user=user_of(body))
        event = str(body["view"]["id"])
        who = self._commands.asker(context, body, channel=kept.goes_to, thread=kept.thread, event=event)
        if not filled.files:
            ask = self._conversation.ask(filled.draft, who)
            await self._commands.finish(ask, who, respond, asked_by=asked_by(body))
            return
        request = await self._frames.uploaded(request_of(filled.draft), filled.files, user=who.principal.user)
        if isinstance(request, Card):
            await whisper(respond, await self._conversation.fixable(filled.draft, request, who))
            return
        await self._commands.finish(
            self._conversation.request(request, who, draft=filled.draft), who, respond, asked_by=asked_by(body)
        )
