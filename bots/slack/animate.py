"""The message shortcut on a picture: a small form asks what should happen in it, and a video begins with it."""

from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.buttons import memory, remembered
from bots.slack.callers import SLACK, installation_of
from bots.slack.commands import Commands, whisper
from bots.slack.errors import translated
from bots.slack.frames import Frames
from bots.slack.places import Place
from core.domain.chat_errors import ChatError
from core.domain.ids import ChannelId, UserId
from core.domain.requests.refusals import ForgedButton, NoPictureThere
from core.domain.requests.request import PROMPT_MAX, VideoRequest
from core.domain.requests.tiers import TIERS, TierName
from core.domain.text import NAME_MAX, clean
from core.replies.chat.card import Card, plain
from core.replies.chat.words import cut
from core.replies.requests.refusals import broken, refused
from core.usecases.requests.submit import VideoCommand

log = structlog.get_logger()

ANIMATE = "animate"
"""The shortcut's id in the manifest, and its form's."""
TITLE = "Animate this picture"
OPTION_MAX = 75


class Animate:
    """The handlers of the shortcut and of its form."""

    def __init__(self, commands: Commands, frames: Frames, web: AsyncWebClient) -> None:
        self._commands = commands
        self._frames = frames
        self._web = web

    def register(self, app: AsyncApp) -> None:
        app.message_shortcut(ANIMATE)(self.asked)
        app.view(ANIMATE)(self.filled)

    async def asked(self, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any]) -> None:
        """The shortcut was used on a message."""
        await ack()
        file = _picture_in(body.get("message") or {})
        if file is None:
            await whisper(respond, refused(NoPictureThere()))
            return
        kept = {"channel": str(body["channel"]["id"]), "file": str(file["id"]), "answers": respond.response_url}
        try:
            async with translated("views.open"):
                await self._web.views_open(
                    trigger_id=str(body["trigger_id"]),
                    view=form(kept, name=clean(str(file.get("name") or ""), length=NAME_MAX) or "the picture"),
                )
        except ChatError as error:
            log.warning("form.not_opened", error=type(error).__name__)
            await whisper(respond, broken())

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
        request = await self._frames.shared(
            _request(view["state"]["values"]), kept["file"], user=UserId(str(body["user"]["id"]))
        )
        if isinstance(request, Card):
            await whisper(respond, request)
            return
        user = body["user"]
        asked = VideoCommand(
            platform=SLACK,
            installation=installation_of(context),
            channel=ChannelId(kept["channel"]),
            user=UserId(str(user["id"])),
            event=str(view["id"]),
            place=Place(channel=kept["channel"]).packed(),
            request=request,
        )
        await self._commands.start(
            asked, respond, asked_by=clean(str(user.get("username") or user.get("name") or ""), length=NAME_MAX) or None
        )


def form(kept: dict[str, Any], *, name: str) -> dict[str, Any]:
    """What is asked about a picture. `kept` comes back with the answers."""
    tiers = [
        {"text": _plain(cut(f"{tier.name.value}: {tier.blurb}", OPTION_MAX)), "value": tier.name.value}
        for tier in TIERS.values()
    ]
    return {
        "type": "modal",
        "callback_id": ANIMATE,
        "private_metadata": memory(ANIMATE, kept),
        "title": _plain(TITLE),
        "submit": _plain("Make the video"),
        "close": _plain("Cancel"),
        "blocks": [
            {
                "type": "input",
                "block_id": "prompt",
                "label": _plain("What should happen in it?"),
                "hint": _plain(cut(f"The video begins with {name}; it comes into a thread in this channel.", 150)),
                "element": {
                    "type": "plain_text_input",
                    "action_id": "prompt",
                    "multiline": True,
                    "max_length": PROMPT_MAX,
                    "placeholder": _plain("The fox turns its head and trots away"),
                },
            },
            {
                "type": "input",
                "block_id": "tier",
                "label": _plain("Quality"),
                "element": {
                    "type": "static_select",
                    "action_id": "tier",
                    "options": tiers,
                    "initial_option": tiers[0],
                },
            },
        ],
    }


def _picture_in(message: dict[str, Any]) -> dict[str, Any] | None:
    """The message's first picture."""
    files = message.get("files")
    found = files if isinstance(files, list) else []
    return next((file for file in found if str(file.get("mimetype", "")).startswith("image/")), None)


def _request(values: dict[str, Any]) -> VideoRequest:
    chosen = values["tier"]["tier"].get("selected_option") or {}
    return VideoRequest(
        prompt=str(values["prompt"]["prompt"].get("value") or ""),
        tier=TierName(chosen.get("value") or TierName.DEFAULT),
    )


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}
