"""The buttons of our cards: acknowledged at once, answered to the person who pressed."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.buttons import pressed
from bots.slack.callers import principal
from bots.slack.commands import whisper
from bots.video_service import VideoService
from core.domain.requests.refusals import ForgedButton, UnknownGeneration
from core.replies.chat.card import Action
from core.replies.requests.refusals import refused

Handler = Callable[[UUID, dict[str, Any], AsyncRespond, AsyncBoltContext], Awaitable[None]]


class Actions:
    """The handlers of buttons."""

    def __init__(self, video_service: VideoService, web: AsyncWebClient) -> None:
        self._desk = video_service
        self._web = web

    def register(self, app: AsyncApp) -> None:
        app.action(Action.CANCEL.value)(self._handler(self._cancel))
        app.action(re.compile("^link_"))(_opened_by_the_client)

    def _handler(self, handle: Handler) -> Callable[..., Awaitable[None]]:
        async def handler(
            ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], context: AsyncBoltContext
        ) -> None:
            await ack()
            try:
                subject = UUID(pressed(body))
            except (ForgedButton, ValueError) as error:
                await whisper(respond, refused(error if isinstance(error, ForgedButton) else UnknownGeneration()))
                return
            await handle(subject, body, respond, context)

        return handler

    async def _cancel(
        self, generation_id: UUID, body: dict[str, Any], respond: AsyncRespond, context: AsyncBoltContext
    ) -> None:
        await whisper(respond, await self._desk.cancel(generation_id, by=await principal(self._web, context, body)))


async def _opened_by_the_client(ack: AsyncAck) -> None:
    """A link button opens its address by itself; Slack tells us all the same."""
    await ack()
