"""The shortcuts that open the form for a video: from anywhere, and from a message, whose text fills it in."""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond

from bots.slack.api.parse import unescaped
from bots.slack.requests.form import blank
from bots.slack.requests.frames import given_in
from bots.slack.requests.modals import Modals
from core.domain.requests.drafts import Draft, with_pictures
from core.domain.requests.request import PROMPT_MAX
from core.domain.text import clean

MAKE, MAKE_OF_MESSAGE = "make", "make_of_message"
"""The shortcuts' ids in the manifest."""


class Shortcuts:
    """The handlers."""

    def __init__(self, modals: Modals) -> None:
        self._modals = modals

    def register(self, app: AsyncApp) -> None:
        app.global_shortcut(MAKE)(self.anywhere)
        app.message_shortcut(MAKE_OF_MESSAGE)(self.of_message)

    async def anywhere(self, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any]) -> None:
        """Open the form, which asks where the video goes."""
        await ack()
        await self._modals.open(respond, body, blank(), channel="")

    async def of_message(self, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any]) -> None:
        """Open the form with the text of a message; the video goes into that message's thread."""
        await ack()
        message = body.get("message") or {}
        words = clean(unescaped(str(message.get("text", ""))), length=PROMPT_MAX)
        draft = with_pictures(Draft(text="", description=words), given_in(message))
        thread = str(message.get("thread_ts") or message.get("ts") or body.get("message_ts") or "")
        await self._modals.open(respond, body, draft, channel=str(body["channel"]["id"]), thread=thread or None)
