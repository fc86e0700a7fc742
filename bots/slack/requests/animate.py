"""The message shortcut on a picture: a small form asks what should happen, and a video begins with the picture."""

from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bots.conversation import Conversation
from bots.slack.api.errors import translated
from bots.slack.drawing.buttons import memory, remembered
from bots.slack.inbound.say import whisper
from bots.slack.requests.commands import Commands, asked_by
from bots.slack.requests.form import blank
from bots.slack.requests.frames import Frames, pictures_in
from bots.slack.requests.modals import Modals
from core.domain.chat.chat_errors import ChatError
from core.domain.requests.drafts import draft_of
from core.domain.requests.refusals import ForgedButton, NoPictureThere
from core.domain.requests.request import REFERENCES_MAX, VideoRequest
from core.domain.requests.tiers import TierName
from core.domain.text import NAME_MAX, clean
from core.replies.chat.card import Card, plain
from core.replies.chat.words import cut
from core.replies.languages.say import amount, later, say
from core.replies.requests.forms import tier_lines
from core.replies.requests.refusals import form_not_opened, refused

log = structlog.get_logger()

ANIMATE = "animate"
"""The id of the shortcut in the manifest, and of its form."""
TITLE = later("Animate this picture")
OPTION_MAX = 75
INPUT_MAX = 3000
"""Characters. Slack refuses a form with an input that takes more (2026-11-22)."""


class Animate:
    """The handlers of the shortcut and of its form."""

    def __init__(
        self, commands: Commands, frames: Frames, web: AsyncWebClient, *, conversation: Conversation, modals: Modals
    ) -> None:
        self._commands = commands
        self._conversation = conversation
        self._modals = modals
        self._frames = frames
        self._web = web

    def register(self, app: AsyncApp) -> None:
        app.message_shortcut(ANIMATE)(self.asked)
        app.view(ANIMATE)(self.filled)

    async def asked(self, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any]) -> None:
        """The shortcut was used on a message."""
        await ack()
        files = list(pictures_in(body.get("message") or {}))[:REFERENCES_MAX]
        if not files:
            await whisper(respond, refused(NoPictureThere()))
            return
        kept: dict[str, Any] = {"channel": str(body["channel"]["id"]), "files": [str(file["id"]) for file in files]}
        kept["answers"] = respond.response_url or ""
        try:
            async with translated("views.open"):
                await self._web.views_open(
                    trigger_id=str(body["trigger_id"]),
                    view=form(
                        kept,
                        self._modals.prices(blank()),
                        name=clean(str(files[0].get("name") or ""), length=NAME_MAX) or say("the picture"),
                        count=len(files),
                    ),
                )
        except ChatError as error:
            log.warning("form.not_opened", error=type(error).__name__)
            await whisper(respond, form_not_opened())

    async def filled(self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """The form was sent."""
        try:
            kept = remembered(body)
        except ForgedButton as refusal:
            await ack(response_action="errors", errors={"prompt": plain(refused(refusal))})
            return
        await ack()
        view = body["view"]
        respond = AsyncRespond(response_url=kept["answers"])
        typed = _request(view["state"]["values"])
        who = self._commands.asker(context, body, channel=kept["channel"], event=str(view["id"]))
        request = await self._frames.uploaded(typed, kept["files"], user=who.principal.user)
        if isinstance(request, Card):
            await whisper(respond, await self._conversation.fixable(draft_of(typed), request, who))
            return
        await self._commands.finish(self._conversation.request(request, who), who, respond, asked_by=asked_by(body))


def form(kept: dict[str, Any], prices: Mapping[TierName, int], *, name: str, count: int = 1) -> dict[str, Any]:
    """What is asked about a picture. `kept` comes back with the answers."""
    tiers = [
        {
            "text": _plain(cut(line.text, OPTION_MAX)),
            "description": _plain(cut(line.blurb, OPTION_MAX)),
            "value": line.tier,
        }
        for line in tier_lines(prices or {TierName.DEFAULT: 0})
    ]
    return {
        "type": "modal",
        "callback_id": ANIMATE,
        "private_metadata": memory(ANIMATE, kept),
        "title": _plain(say(TITLE)),
        "submit": _plain(say("Make the video")),
        "close": _plain(say("Cancel")),
        "blocks": [
            {
                "type": "input",
                "block_id": "prompt",
                "label": _plain(say("What should happen in it?")),
                "hint": _plain(cut(_hint(name, count), 150)),
                "element": {
                    "type": "plain_text_input",
                    "action_id": "prompt",
                    "multiline": True,
                    "max_length": INPUT_MAX,
                    "placeholder": _plain(say("The fox turns its head and trots away")),
                },
            },
            {
                "type": "input",
                "block_id": "tier",
                "label": _plain(say("Quality")),
                "element": {
                    "type": "static_select",
                    "action_id": "tier",
                    "options": tiers,
                    "initial_option": next((one for one in tiers if one["value"] == TierName.DEFAULT.value), tiers[0]),
                },
            },
        ],
    }


def _hint(name: str, count: int) -> str:
    """What the pictures are for."""
    if count == 1:
        return say("The video begins with {name}; it comes into a thread in this channel.", name=name)
    if count == 2:
        return say("The video begins with {name} and ends with the other picture.", name=name)
    return say("The video shows what is in these {n} pictures, where the model can.", n=amount(count))


def _request(values: dict[str, Any]) -> VideoRequest:
    chosen = values["tier"]["tier"].get("selected_option") or {}
    return VideoRequest(
        prompt=str(values["prompt"]["prompt"].get("value") or ""),
        tier=TierName(chosen.get("value") or TierName.DEFAULT),
    )


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}
