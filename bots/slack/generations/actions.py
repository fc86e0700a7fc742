"""Handles the Cancel button, and the buttons that are links."""

import re
from uuid import UUID

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.inbound.presses import Handler, Press, about_a_generation
from bots.slack.inbound.say import whisper
from bots.slack.people.callers import principal
from bots.video_service import VideoService
from core.replies.chat.card import Action


class Actions:
    """The handlers."""

    def __init__(self, video_service: VideoService, web: AsyncWebClient) -> None:
        self._service = video_service
        self._web = web

    def register(self, app: AsyncApp) -> None:
        app.action(re.compile("^link_"))(_opened_by_the_client)

    def handlers(self) -> dict[Action, Handler]:
        return {Action.CANCEL: about_a_generation(self._cancel)}

    async def _cancel(self, generation_id: UUID, press: Press) -> None:
        by = await principal(self._web, press.context, press.body)
        await whisper(press.respond, await self._service.cancel(generation_id, by=by))


async def _opened_by_the_client(ack: AsyncAck) -> None:
    """Acknowledge a press of a link button: the client opens the address, and Slack reports the press all the same."""
    await ack()
