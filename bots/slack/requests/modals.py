"""Opens the form for a video: for /video alone, and for “Fix and run”."""

from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.api.errors import translated
from bots.slack.inbound.say import whisper
from bots.slack.requests import form
from bots.slack.requests.form_memory import kept as kept_by
from bots.video_service import VideoService
from core.domain.chat.chat_errors import ChatError
from core.domain.requests.drafts import Draft
from core.domain.requests.tiers import TierName
from core.replies.requests.refusals import form_not_opened

log = structlog.get_logger()


class Modals:
    """The forms of one process."""

    def __init__(self, video_service: VideoService, web: AsyncWebClient) -> None:
        self._service = video_service
        self._web = web

    async def open(
        self, respond: AsyncRespond, body: dict[str, Any], draft: Draft, *, channel: str, thread: str | None = None
    ) -> None:
        """Show the form to the person who typed or pressed.

        Args:
            channel: the channel that the video goes to; empty: the form asks.
            thread: the thread in it that the video goes into.
        """
        known = kept_by(channel, respond.response_url or "", draft, thread=thread)
        try:
            async with translated("views.open"):
                await self._web.views_open(
                    trigger_id=str(body["trigger_id"]), view=form.view(draft, known, self.prices(draft))
                )
        except ChatError as error:
            log.warning("form.not_opened", error=type(error).__name__)
            await whisper(respond, form_not_opened())

    def prices(self, draft: Draft) -> Mapping[TierName, int]:
        """By tier, the credits that the draft of the form would hold."""
        return self._service.drafts.prices(form.priced(draft))
