"""Slack over HTTP: checks a request's signature and lets the app answer it, with the same handlers as in Socket Mode.

The server that listens on the port is `web`. Bolt's own check of signatures is not used, because a timestamp that is
no number makes it fail (1.30, 2026-11-22).
"""

import json
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.signature import Clock, SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bots.burst import Burst
from bots.platform import Address, Answered, Asked
from bots.slack.__main__ import STOP_S, build, tried
from bots.slack.configured import reach
from bots.slack.delivery.chat import SlackChat
from bots.slack.installation.installing import Installer
from bots.slack.settings import Mode, settings
from bots.video_service import VideoService
from core.db.pool import Pool
from core.settings import SettingsError

log = structlog.get_logger()

_FIELDS_MOST = 200
EVENTS = "/slack/events"
POSTED_WITHIN_S = 2.5
"""Seconds in which the body has to arrive; Slack itself gives up after 3 s."""
SSL_CHECK = b"ssl_check=1"
"""Slack looks at times, unsigned, whether the certificate is good; it wants a 200 and nothing else (2026-11-22)."""
_SSL_CHECK_MAX = 1000
NO_RETRY = {"x-slack-no-retry": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to Slack."""

    status: int
    text: str = ""
    headers: Mapping[str, str]


class SlackHttp:
    """The app, for requests that Slack posts to `web`."""

    def __init__(
        self,
        app: AsyncApp,
        chat: SlackChat,
        web: AsyncWebClient,
        *,
        signing_secret: str,
        burst: Burst | None = None,
        clock: Clock | None = None,
        installer: Installer | None = None,
    ) -> None:
        self._app = app
        self._chat = chat
        self._web = web
        self._burst = burst or Burst()
        self.installer = installer
        self._verifier = SignatureVerifier(signing_secret, clock or _Now())

    def addresses(self) -> tuple[Address, ...]:
        """The paths that Slack posts to, and those at which people install the app."""
        events = Address(path=EVENTS, method="POST", answer=self._posted, within_s=POSTED_WITHIN_S)
        return (events, *(self.installer.addresses() if self.installer is not None else ()))

    async def _posted(self, asked: Asked) -> Answered:
        answer = await self.answer(asked.headers, asked.body)
        return Answered(status=answer.status, body=answer.text, headers=tuple(answer.headers.items()))

    async def answer(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer one request: 400 if it is malformed, 401 if it is not Slack's or not of now."""
        if body.startswith(SSL_CHECK) and len(body) <= _SSL_CHECK_MAX:
            return Answer(status=200, headers={})
        timestamp = headers.get("x-slack-request-timestamp", "")
        signature = headers.get("x-slack-signature", "")
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            return _no(400)
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return _no(400)
        if not signature.isascii() or not self._verifier.is_valid(text, timestamp, signature):
            return _no(401)
        payload = parsed(text, headers.get("content-type", ""))
        if payload is None:
            return _no(400)
        return await self._dispatched(payload, headers)

    async def token_taken(self) -> None:
        """Return when Slack has accepted the bot token, however long it is away. Raises SettingsError if refused.

        Where workspaces install the app, there is no such token: each workspace has its own.
        """
        if self.installer is not None:
            return
        await tried(self._web.auth_test, setting="SLACK_BOT_TOKEN")

    async def aclose(self) -> None:
        """Give commands that are under way a moment to end."""
        await self._burst.finished(within_s=STOP_S)
        await self._chat.aclose()
        if self.installer is not None:
            await self.installer.aclose()

    async def _dispatched(self, payload: dict[str, Any], headers: Mapping[str, str]) -> Answer:
        try:
            # Bolt checks no signature of requests from a socket; this one has been checked.
            request = AsyncBoltRequest(body=payload, headers=dict(headers), mode="socket_mode")
            with self._burst.acknowledging() if "command" in payload else nullcontext():
                response = await self._app.async_dispatch(request)
        except (AttributeError, KeyError, TypeError, ValueError) as error:  # Bolt checks no shapes
            log.warning("slack.malformed", error=type(error).__name__)
            return _no(400)
        if response.status == 404 and payload.get("type") == "event_callback":
            return Answer(status=200, headers={})  # an event without a handler; an error would be repeated
        if response.status >= 500:
            return Answer(status=503, headers=NO_RETRY)
        return Answer(status=response.status, text=response.body, headers=response.first_headers_without_set_cookie())


def from_environment(video_service: VideoService, pool: Pool, *, public_url: str | None) -> SlackHttp | None:
    """The app as configured; None where Slack does not post to us.

    Args:
        public_url: the address at which people who install the app reach us.

    Raises:
        SettingsError: a signing secret is set without a token, or another setting is missing.
    """
    known = settings()
    if known.slack_signing_secret is None and known.slack_client_id is None:
        return None
    found = reach(known, pool)
    if found is None or known.slack_signing_secret is None:
        raise SettingsError("SLACK_BOT_TOKEN is not set; beside SLACK_SIGNING_SECRET it wants the app's bot token.")
    installer = None
    if known.mode is Mode.MANY:
        if public_url is None:
            raise SettingsError("PUBLIC_URL is not set; beside SLACK_CLIENT_ID it is needed: people install there.")
        installer = Installer(known, pool, public_url=public_url)
    chat, burst = found.chat(), Burst()
    return SlackHttp(
        build(video_service, chat, found.web, workspaces=found.workspaces, burst=burst),
        chat,
        found.web,
        signing_secret=known.slack_signing_secret.get_secret_value(),
        burst=burst,
        installer=installer,
    )


def parsed(text: str, content_type: str) -> dict[str, Any] | None:
    """The payload: JSON, a form, or JSON in a form's `payload`; None for anything else."""
    try:
        if content_type.partition(";")[0].strip().lower() == "application/json":
            value = json.loads(text)
        else:
            form = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS_MOST))
            value = json.loads(form["payload"]) if "payload" in form else form
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


class _Now(Clock):
    def now(self) -> float:
        return time.time()


def _no(status: int) -> Answer:
    return Answer(status=status, headers=NO_RETRY)
