"""Response URLs: an app answers an interaction, five times within half an hour, without a token."""

import json
from collections import deque
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.faults import Faults
from sandbox.slack.arguments import Arguments
from sandbox.slack.chat import Chat, Content, content
from sandbox.slack.drawing import words
from sandbox.slack.errors import SlackError
from sandbox.slack.faults import WebApiFaults
from sandbox.slack.fixtures import BOT_USER_ID, Json
from sandbox.slack.reading import escape
from sandbox.slack.response_window import ResponseWindow, ResponseWindows
from sandbox.slack.store import Message, Store


@dataclass(slots=True, kw_only=True)
class Hooks:
    """`/slack/response/…`, and the same rules for the message that an acknowledgement carries. `dead`: they are 404."""

    store: Store
    windows: ResponseWindows
    chat: Chat
    weather: WebApiFaults
    base_url: str
    requests: deque[tuple[str, Json]]
    faults: Faults
    dead: bool = False

    def routes(self) -> list[Route]:
        """Where response URLs lead."""
        return [Route("/response/{token:path}", self._post, methods=["POST"])]

    def url(self, window: ResponseWindow) -> str:
        """The interaction's own response URL."""
        return f"{self.base_url}/slack/response/{window.token}"

    async def _post(self, request: Request) -> Response:
        fault = self.faults.hit("response_url")
        if fault is None and self.dead:
            return JSONResponse(SlackError("expired_url").body(), 404)
        return await self.weather.around(request, lambda: self._answer(request), writes=True, fault=fault)

    async def _answer(self, request: Request) -> Response:
        try:
            body = json.loads(await request.body())
        except ValueError:
            return PlainTextResponse("invalid_payload", 400)
        if not isinstance(body, dict):
            return PlainTextResponse("invalid_payload", 400)
        self.requests.append(("response_url", body))
        try:
            window = self.windows.answer(request.path_params["token"])
            self.respond(window, body)
        except SlackError as refusal:
            gone = refusal.error in {"used_url", "expired_url"}
            return JSONResponse(refusal.body(), 404 if gone else 400)
        return PlainTextResponse("ok")

    def respond(self, window: ResponseWindow, body: Json) -> None:
        """Post, replace or delete, as the body asks.

        Without a word about it a new message appears for that person alone; `in_channel` after a button replaces the
        button's message unless `replace_original` is false. A command has no original: it always posts.
        """
        args = Arguments(body)
        in_channel = args.text("response_type") == "in_channel"
        original = self.store.find(*window.message) if window.message else None
        if args.flag("delete_original"):
            if original is not None:
                self.store.remove(original)
            if not (body.get("text") or body.get("blocks")):
                return
            original = None
        said = content(args)
        if not (said.text or said.blocks or said.attachments):
            raise SlackError("no_text")
        replaces = args.flag("replace_original") if "replace_original" in body else in_channel
        if original is not None and replaces and not args.flag("delete_original"):
            self.chat.apply(original, said)
            if original.only_for is not None:
                window.hear(words(original))
            return
        self._publish(window, said, in_channel=in_channel, thread=args.text("thread_ts"))

    def _publish(self, window: ResponseWindow, said: Content, *, in_channel: bool, thread: str) -> None:
        """A new message: for everyone, in a thread if asked; or for the one person, where they pressed."""
        place = self.store.channels[window.channel]
        thread_ts = window.thread_ts
        if in_channel:
            thread_ts = self.store.parent(place, thread).ts if thread else None
            self._show_command(window)
        message = self.store.add(
            Message(
                ts=self.store.mint(),
                channel=window.channel,
                user=BOT_USER_ID,
                text=said.text or "",
                blocks=said.blocks or [],
                attachments=said.attachments or [],
                thread_ts=thread_ts,
                only_for=None if in_channel else window.user,
            )
        )
        if in_channel:
            self.windows.posted(channel=message.channel, thread_ts=message.thread_ts)
        else:
            window.hear(words(message))

    def _show_command(self, window: ResponseWindow) -> None:
        """The first answer in the channel brings the command itself there, as typed."""
        if window.command:
            self.store.add(
                Message(ts=self.store.mint(), channel=window.channel, user=window.user, text=escape(window.command))
            )
            window.command = ""
