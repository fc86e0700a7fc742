"""Handles messages to the bot: @Neverdark in a channel or a thread, and direct messages.

A message is an event that may be delivered again, so its own id is used where a command has its id.
"""

from dataclasses import replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bots.conversation import Asker, Conversation
from bots.slack.api.parse import unescaped
from bots.slack.api.places import Place, here
from bots.slack.delivery import agent
from bots.slack.inbound.guard import Guard
from bots.slack.inbound.say import InPlace, whisper
from bots.slack.people.callers import principal
from bots.slack.requests.commands import EXAMPLES, Commands, Handled
from bots.slack.requests.frames import given_in
from bots.video_service import VideoService
from core.domain.ids import UserId
from core.domain.requests.drafts import Draft, with_pictures
from core.domain.text import clean
from core.replies.chat.card import Card

log = structlog.get_logger()

WRITTEN = frozenset({None, "file_share", "thread_broadcast"})
"""Subtypes of messages that a person wrote; other subtypes report edits, people who join, and so on."""
AGENT_TITLE_MAX = 80


class Talk:
    """The handlers of messages."""

    def __init__(
        self,
        video_service: VideoService,
        commands: Commands,
        web: AsyncWebClient,
        *,
        conversation: Conversation,
        guard: Guard,
        handled: Handled,
    ) -> None:
        self._service = video_service
        self._commands = commands
        self._web = web
        self._conversation = conversation
        self._guard = guard
        self._handled = handled

    def register(self, app: AsyncApp) -> None:
        app.event("app_mention")(self.mentioned)
        app.event("message")(self.written)
        app.event("agent_session_stopped")(self.stopped)

    async def mentioned(self, event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext) -> None:
        """@Neverdark with a description: the video goes into the thread of that message."""
        if event.get("bot_id") or event.get("subtype") not in WRITTEN:
            return
        me = context.bot_user_id or ""
        text = str(event.get("text", "")).replace(f"<@{me}>", " ", 1)
        thread = str(event.get("thread_ts") or event["ts"])
        await self._asked(event, body, context, text=text, thread=thread)

    async def written(self, event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext) -> None:
        """A direct message: each begins a chat with the agent, in its own thread.

        With `agent_view` Slack sends no message of its own at the start of a thread (docs.slack.dev, 2026-11-30).
        """
        if event.get("channel_type") != "im" or event.get("bot_id") or event.get("subtype") not in WRITTEN:
            return
        if not event.get("user") or event["user"] == context.bot_user_id:
            return
        thread = str(event.get("thread_ts") or event["ts"])
        await self._asked(event, body, context, text=str(event.get("text", "")), thread=thread)

    async def stopped(self, event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Slack's own Stop button: cancels everything that runs in this conversation."""
        user, channel, thread = UserId(str(event["user"])), str(event["channel"]), str(event.get("thread_ts") or "")
        respond = InPlace(self._web, here(channel, ts=thread or None), user)
        by = await principal(self._web, context, _as_command(event, body, text=""))
        threads = [here(channel, ts=thread, is_agent=is_agent).packed() for is_agent in (True, False)]
        found = await self._service.overviews.running_in(threads, by=by)
        if isinstance(found, Card):
            await whisper(respond, found)
        elif found is not None:
            await whisper(respond, await self._service.cancel(found, by=by))
        await agent.status(self._web, here(channel, ts=thread or None), "active")

    async def _asked(
        self, event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext, *, text: str, thread: str
    ) -> None:
        user, channel = UserId(str(event["user"])), str(event["channel"])
        where = here(channel, ts=thread)
        respond = InPlace(self._web, where, user)
        context["respond"] = respond  # the guard answers there, too
        home = event.get("user_team") or event.get("team")
        await self._guard.check(context, user, home=str(home) if home else None)
        words = _as_command(event, body, text=text.strip())
        plain = clean(unescaped(words["text"]))
        given = given_in(event)
        if not plain and not given:
            await whisper(respond, self._service.help(examples=EXAMPLES))
            return
        if not given and await self._handled(plain, AsyncAck(), respond, words, context):  # type: ignore[no-untyped-call]  # Bolt has no annotations here
            return
        is_agent = channel.startswith("D")
        if is_agent:
            await agent.status(self._web, where, "processing", title=plain[:AGENT_TITLE_MAX] or None)
        who = self._commands.asker(
            context, words, channel=channel, event=words["trigger_id"], thread=thread, is_agent=is_agent
        )
        if event.get("thread_ts") and not given and (change := await self._change(plain, who, where)) is not None:
            await whisper(respond, change)
            if is_agent:
                await agent.status(self._web, where, "active")
            return
        draft = with_pictures(Draft(text=plain), given)
        is_under_way = await self._commands.finish(self._conversation.ask(draft, who), who, respond, asked_by=None)
        if is_agent and not is_under_way:  # a question or a refusal: it is the person's turn
            await agent.status(self._web, where, "active")

    async def _change(self, words: str, who: Asker, where: Place) -> Card | None:
        """Propose the thread's video with the change that the words ask for; None where the thread has no video."""
        for is_agent in (True, False):
            thread = replace(where, is_agent=is_agent).packed()
            found = await self._conversation.replied(words, by=who.principal, thread=thread)
            if found is not None:
                return found
        return None


def _as_command(event: dict[str, Any], body: dict[str, Any], *, text: str) -> dict[str, Any]:
    """The event in the shape of a command, which the handlers of command words read."""
    at = str(event.get("ts") or event.get("event_ts"))
    return {
        "team_id": body.get("team_id"),
        "user_id": str(event["user"]),
        "channel_id": str(event["channel"]),
        "text": text,
        "trigger_id": f"message:{event['channel']}:{at}",
    }
