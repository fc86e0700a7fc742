"""/video: acknowledges at once, then answers the person alone, or opens a thread."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bots.burst import Burst
from bots.conversation import Asker, Conversation
from bots.slack.api.parse import unescaped
from bots.slack.api.places import here, unpacked
from bots.slack.delivery.chat import SlackChat
from bots.slack.inbound.say import whisper
from bots.slack.people.callers import BELONGS, LOCALE, person
from bots.slack.people.groups import groups_of
from bots.slack.people.people import zone_of
from bots.slack.people.privacy import is_private
from bots.slack.people.rights import is_admin
from bots.slack.requests.frames import Frames
from bots.video_service import VideoService
from core import access_log
from core.db.generations.delivery_rows import Delivery
from core.domain.chat.chat_errors import AccessLost, ChatError, ChatUnclear, PlaceGone, ThreadRefused
from core.domain.chat.pacing import ChatCall
from core.domain.chat.principal import Belongs
from core.domain.ids import ChannelId, Thread
from core.domain.requests.drafts import Draft
from core.domain.text import NAME_MAX, clean
from core.ports import Posted
from core.replies.chat.card import Card, Text, Tone
from core.replies.generations import root as cards
from core.replies.languages.say import say
from core.replies.requests.elsewhere import comes_elsewhere
from core.usecases.requests.submit import Submitted

log = structlog.get_logger()

Handled = Callable[[str, AsyncAck, AsyncRespond, dict[str, Any], AsyncBoltContext], Awaitable[bool]]
"""Handles a text that is a command word, such as help; False for a description."""
Asking = Awaitable[Submitted | Card | None]
EXAMPLES = (
    "/video a red fox in the snow",
    "/video a red fox in the snow tier:pro aspect:9:16 seconds:8",
    '/video tier:draft negative:"text, people" a lighthouse in a storm',
    "/video the fox turns its head image:https://example.org/fox.jpg",
)


_WANT_AN_INVITATION = frozenset({"channel_not_found", "not_in_channel"})
"""Slack's codes for a place that the bot is not in; elsewhere an invitation would not help."""


def _comes_directly(why: str) -> Card:
    invite = Text(say("To get videos in this channel, invite me: /invite @Neverdark"))
    return Card(
        title=say("I cannot write here, so your video comes to you directly"),
        tone=Tone.WARNING,
        parts=(invite,) if why in _WANT_AN_INVITATION else (),
    )


def _no_access() -> Card:
    told = say(
        "Slack refuses my credentials, or a permission is missing; the people who run this bot see which in its log. "
        "If your video cannot be delivered, all its credits come back."
    )
    return Card(title=say("I am not allowed to write here any more"), tone=Tone.BAD, parts=(Text(told),))


def _later() -> Card:
    return Card(
        title=say("Your video is on its way, though Slack does not take my messages right now"),
        parts=(Text(say("Its thread opens as soon as Slack does. There is nothing to do.")),),
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
        burst: Burst,
    ) -> None:
        self._service = video_service
        self._conversation = conversation
        self._handled = handled
        self._chat = chat
        self._web = web
        self._frames = Frames(video_service, web)
        self._burst = burst

    def register(self, app: AsyncApp) -> None:
        app.command("/video")(self.video)

    async def video(
        self, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        with self._burst.command():
            await self._video(ack, respond, body, context)

    async def _video(
        self, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        await ack()
        text = clean(unescaped(str(body.get("text", ""))))
        if await self._handled(text, ack, respond, body, context):
            return
        who = self.asker(context, body, channel=str(body["channel_id"]))
        ask = self._conversation.ask(Draft(text=text), who)
        await self.finish(ask, who, respond, asked_by=asked_by(body))

    def asker(
        self,
        context: AsyncBoltContext,
        body: dict[str, Any],
        *,
        channel: str,
        event: str | None = None,
        thread: str | None = None,
        is_agent: bool = False,
    ) -> Asker:
        """The person who asks, read from what Slack sent: a command, a press, a form, or a message.

        Args:
            thread: the message whose thread the video goes into; None: a new thread is opened.
            is_agent: it is a conversation with the agent, which shows progress as a plan.
        """
        by = person(context, body)
        return Asker(
            principal=by,
            channel=ChannelId(channel),
            place=here(channel, ts=thread, is_agent=is_agent).packed(),
            event=event or str(body["trigger_id"]),
            is_admin=partial(is_admin, self._web, by.user),
            framed=partial(self._frames.typed, user=by.user, channel=ChannelId(channel)),
            asked_by=asked_by(body),
            in_roles=partial(groups_of(self._web).of, by.user),
            place_in=lambda other: here(other).packed(),
            limits=lambda place: self._chat.limits(place, ChatCall.POST),
            belongs=context.get(BELONGS, Belongs.MEMBER),
            locale=context.get(LOCALE),
            zone=partial(zone_of, self._web, by.user),
            is_private=partial(is_private, self._web, body, channel),
        )

    async def finish(self, asking: Asking, who: Asker, respond: AsyncRespond, *, asked_by: str | None) -> bool:
        """Queue the request and open its thread. Only the person sees a refusal or a question.

        Returns whether a video is on its way.
        """
        with self._burst.command():
            return await self._finish(asking, who, respond, asked_by=asked_by)

    async def _finish(self, asking: Asking, who: Asker, respond: AsyncRespond, *, asked_by: str | None) -> bool:
        async with self._burst.work():
            submitted = await asking
            if isinstance(submitted, Card):
                await whisper(respond, submitted)
                return False
            if submitted is None or submitted.root is None:
                return submitted is not None  # this command was delivered before, and has its answer
            self._service.unclaimed.watch(submitted.generation_id, partial(whisper, respond))
            place = who.place if submitted.elsewhere is None else here(submitted.elsewhere).packed()
            posted = await self._post(submitted, submitted.root, place, respond, asked_by=asked_by)
            if submitted.elsewhere is not None and posted is not None:
                await whisper(respond, comes_elsewhere(submitted.elsewhere))
        if posted is not None:
            await self._service.opened(submitted, thread=posted.thread, message_id=posted.message)
            await self._burst.calm()
            await self._service.begin(submitted)
        return True

    async def _post(
        self, submitted: Submitted, root: Delivery, place: Thread, respond: AsyncRespond, *, asked_by: str | None
    ) -> Posted | None:
        card = cards.root(
            submitted.request,
            credits_held=submitted.credits_held,
            asked_by=asked_by,
            asks=submitted.asks,
            takes=submitted.takes,
        )
        of = f"slack:{unpacked(place).team or ''}"
        try:
            posted = await self._chat.open_thread(
                place, card, key=root.key, title=cards.title(submitted.request), look_first=False
            )
        except ChatError as error:
            await self._service.not_opened(submitted, in_s=error.look_in_s if isinstance(error, ChatUnclear) else 0.0)
            await whisper(respond, _not_opened(submitted, error, of=of))
            return None
        access_log.back(of, call="root")
        return posted


def _not_opened(submitted: Submitted, error: ChatError, *, of: str) -> Card:
    """The refusal of the root message, as a reason for the worker, which goes on from there.

    Args:
        of: whose access it is.
    """
    facts = {"generation_id": str(submitted.generation_id), "error": type(error).__name__, "why": str(error)}
    if isinstance(error, AccessLost):
        access_log.lost(
            "root.no_access", of=of, call="root", why=str(error), **facts, code=error.code, needed=error.needed
        )
        return _no_access()
    log.info("root.not_posted", **facts)
    return _comes_directly(str(error)) if isinstance(error, PlaceGone | ThreadRefused) else _later()


def asked_by(body: dict[str, Any]) -> str | None:
    """The person's name, from a command, a press or a form."""
    user = body.get("user") or {}
    name = body.get("user_name") or user.get("username") or user.get("name") or ""
    return clean(str(name), length=NAME_MAX) or None
