"""/video: acknowledged at once, answered to the person alone or with a thread."""

from functools import partial
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bots.burst import Burst
from bots.run_use_case import run_use_case
from bots.slack import render
from bots.slack.callers import SLACK, installation_of
from bots.slack.chat import SlackChat
from bots.slack.errors import translated
from bots.slack.frames import Frames, taken
from bots.slack.parse import parse, wants_help
from bots.slack.places import Place
from bots.slack.rights import is_admin
from bots.video_service import VideoService
from core.db.delivery_rows import Delivery
from core.domain.chat_errors import AccessLost, ChatError, PlaceGone
from core.domain.ids import ChannelId, Thread, UserId
from core.domain.requests.request import VideoRequest
from core.domain.text import NAME_MAX, clean
from core.ports import Posted
from core.replies.chat.card import Card, Text, Tone
from core.replies.generations import results as cards
from core.usecases.requests.submit import Submitted, VideoCommand

log = structlog.get_logger()

EXAMPLES = (
    "/video a red fox in the snow",
    "/video a red fox in the snow tier:pro aspect:9:16 seconds:8",
    '/video tier:draft negative:"text, people" a lighthouse in a storm',
    "/video the fox turns its head image:https://example.org/fox.jpg",
)

_NOT_A_MEMBER = Card(
    title="I cannot write here, so your video comes to you directly",
    tone=Tone.WARNING,
    parts=(Text("To get videos in this channel, invite me: /invite @Neverdark"),),
)
_NO_ACCESS = Card(
    title="I am not allowed to write here any more",
    tone=Tone.BAD,
    parts=(
        Text(
            "Slack refuses my credentials, or a permission is missing. Whoever runs Neverdark sees which in its log. "
            "If your video cannot be delivered, all its credits come back."
        ),
    ),
)
_LATER = Card(
    title="Your video is on its way, though Slack does not take my messages right now",
    parts=(Text("Its thread opens as soon as Slack does. There is nothing to do."),),
)


class Commands:
    """The handlers of slash commands."""

    def __init__(self, video_service: VideoService, chat: SlackChat, web: AsyncWebClient) -> None:
        self._desk = video_service
        self._chat = chat
        self._web = web
        self._frames = Frames(video_service, web)
        self._burst = Burst()

    def register(self, app: AsyncApp) -> None:
        app.command("/video")(self.video)

    async def video(
        self, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        with self._burst.first_word():
            await ack()
        text, given = taken(str(body.get("text", "")))
        if wants_help(text) and not given:
            await whisper(respond, self._desk.help(examples=EXAMPLES))
            return
        request = await run_use_case(_parsed(text), what="parse")
        if isinstance(request, Card):
            await whisper(respond, request)
            return
        channel = str(body["channel_id"])
        if given:
            user = UserId(str(body["user_id"]))
            request = await self._frames.typed(request, given, user=user, channel=ChannelId(channel))
            if isinstance(request, Card):
                await whisper(respond, request)
                return
        asked = VideoCommand(
            platform=SLACK,
            installation=installation_of(context),
            channel=ChannelId(channel),
            user=UserId(str(body["user_id"])),
            event=str(body["trigger_id"]),
            place=Place(channel=channel).packed(),
            request=request,
        )
        await self.start(asked, respond, asked_by=clean(str(body.get("user_name", "")), length=NAME_MAX) or None)

    async def start(self, asked: VideoCommand, respond: AsyncRespond, *, asked_by: str | None) -> None:
        """Queue it and open its thread; a no is for the person alone."""
        async with self._burst.work():
            submitted = await self._desk.video(asked, is_admin=partial(is_admin, self._web, asked.user))
            if isinstance(submitted, Card):
                await whisper(respond, submitted)
                return
            if submitted.root is None:
                return  # this command was delivered before, and is answered already
            posted = await self._post(submitted, submitted.root, asked.place, respond, asked_by=asked_by)
        if posted is not None:
            await self._desk.opened(submitted, thread=posted.thread, message_id=posted.message)

    async def _post(
        self, submitted: Submitted, root: Delivery, place: Thread, respond: AsyncRespond, *, asked_by: str | None
    ) -> Posted | None:
        card = cards.root(submitted.request, credits_held=submitted.credits_held, asked_by=asked_by)
        try:
            return await self._chat.open_thread(
                place, card, key=root.key, title=cards.title(submitted.request), look_first=False
            )
        except ChatError as error:
            await self._desk.not_opened(submitted)
            await whisper(respond, _not_opened(submitted, error))
            return None


def _not_opened(submitted: Submitted, error: ChatError) -> Card:
    """What becomes of a video whose root message was refused; a worker goes on from there."""
    facts = {"generation_id": str(submitted.generation_id), "error": type(error).__name__, "why": str(error)}
    if isinstance(error, AccessLost):
        log.error("root.no_access", **facts, needed=error.needed)
        return _NO_ACCESS
    log.info("root.not_posted", **facts)
    return _NOT_A_MEMBER if isinstance(error, PlaceGone) else _LATER


async def _parsed(text: str) -> VideoRequest:
    return parse(text)


async def whisper(respond: AsyncRespond, card: Card) -> None:
    """Say something to the person alone, as well as we can: nothing depends on it."""
    try:
        async with translated("response_url"):
            await respond(
                text=render.text(card), blocks=render.blocks(card), response_type="ephemeral", replace_original=False
            )
    except ChatError as error:
        log.warning("answer.not_said", error=type(error).__name__)
