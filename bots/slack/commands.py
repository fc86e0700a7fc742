"""/video: acknowledged at once, answered to the person alone or with a thread."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bots.conversation import Asker, Conversation
from bots.slack import render
from bots.slack.chat import SlackChat
from bots.slack.errors import translated
from bots.slack.frames import Frames
from bots.slack.parse import unescaped
from bots.slack.places import Place
from bots.slack.rights import is_admin
from bots.video_service import VideoService
from core.domain.chat.principal import Principal
from core.domain.drafts import Draft
from core.domain.ids import ChannelId, Installation, PlatformName, Thread, UserId
from core.ports import ChatError, PlaceGone
from core.replies.chat.card import Card, Text, Tone
from core.replies.generations import results as cards
from core.usecases.requests.submit import Submitted

log = structlog.get_logger()

SLACK = PlatformName("slack")
Handled = Callable[[str, AsyncAck, AsyncRespond, dict[str, Any]], Awaitable[bool]]
"""Does what a word of ours says, such as help; False for a description."""
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
_LATER = Card(
    title="Your video is on its way, though Slack does not take my messages right now",
    parts=(Text("Its thread opens as soon as Slack does. There is nothing to do."),),
)


class Commands:
    """The handlers of slash commands."""

    def __init__(
        self,
        video_service: VideoService,
        chat: SlackChat,
        web: AsyncWebClient,
        *,
        conversation: Conversation,
        handled: Handled,
    ) -> None:
        self._desk = video_service
        self._conversation = conversation
        self._handled = handled
        self._chat = chat
        self._web = web
        self._frames = Frames(video_service, web)

    def register(self, app: AsyncApp) -> None:
        app.command("/video")(self.video)

    async def video(self, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any]) -> None:
        await ack()
        text = unescaped(str(body.get("text", ""))).strip()
        if await self._handled(text, ack, respond, body):
            return
        who = self.asker(body, channel=str(body["channel_id"]))
        done = await self._conversation.ask(Draft(text=text), who)
        await self.finish(done, who, respond, asked_by=str(body.get("user_name", "")) or None)

    def asker(self, body: dict[str, Any], *, channel: str, event: str | None = None) -> Asker:
        """Who asks, by what Slack sent: a command, a press, or a form."""
        by = principal(body)
        return Asker(
            principal=by,
            channel=ChannelId(channel),
            place=Place(channel=channel).packed(),
            event=event or str(body["trigger_id"]),
            is_admin=partial(is_admin, self._web, by.user),
            framed=partial(self._frames.typed, user=by.user, channel=ChannelId(channel)),
        )

    async def finish(
        self, done: Submitted | Card | None, who: Asker, respond: AsyncRespond, *, asked_by: str | None
    ) -> None:
        """Open the thread of what was queued; a no or a question is for the person alone."""
        if isinstance(done, Card):
            await whisper(respond, done)
        elif done is not None:
            await self._open(done, who.place, respond, asked_by=asked_by)

    async def _open(self, submitted: Submitted, place: Thread, respond: AsyncRespond, *, asked_by: str | None) -> None:
        if submitted.root is None:
            return
        card = cards.root(submitted.request, credits_held=submitted.credits_held, asked_by=asked_by)
        try:
            posted = await self._chat.open_thread(
                place, card, key=submitted.root.key, title=cards.title(submitted.request), look_first=False
            )
        except ChatError as error:
            log.info("root.not_posted", generation_id=str(submitted.generation_id), error=type(error).__name__)
            await self._desk.not_opened(submitted)
            await whisper(respond, _NOT_A_MEMBER if isinstance(error, PlaceGone) else _LATER)
            return
        await self._desk.opened(submitted, thread=posted.thread, message_id=posted.message)


def principal(body: dict[str, Any]) -> Principal:
    """Whoever typed, pressed or sent. Whether they are an admin is asked where it matters."""
    user, team = body.get("user") or {}, body.get("team") or {}
    return Principal(
        platform=SLACK,
        installation=Installation(str(body.get("team_id") or team.get("id"))),
        user=UserId(str(body.get("user_id") or user.get("id"))),
        is_admin=False,
    )


async def whisper(respond: AsyncRespond, card: Card) -> None:
    """Say something to the person alone, as well as we can: nothing depends on it."""
    try:
        async with translated():
            await respond(
                text=render.text(card), blocks=render.blocks(card), response_type="ephemeral", replace_original=False
            )
    except ChatError as error:
        log.warning("answer.not_said", error=type(error).__name__)
