"""Socket Mode with back-off between connections, and with an acknowledgement before anything else.

The SDK connects again at once after every "disconnect", whatever its reason (3.48, 2026-11-30): after
`too_many_websockets` that makes 70 calls of apps.connections.open a second.
"""

import asyncio
import random
import time
from collections import deque

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bots.burst import Burst
from bots.reconnecting import pause
from bots.slack.api.errors import meaning
from core.domain.chat.chat_errors import ChatBusy

log = structlog.get_logger()

OPEN = "apps.connections.open"
ADDRESS_S = 15.0
"""Seconds for a connection by one address, in which the SDK tries it a few times. Slack's addresses end soon."""
DISPATCHED_AT_ONCE = 16


class PatientSocket(SocketModeClient):
    """A client that backs off between connections."""

    def __init__(self, *, app: AsyncApp, app_token: str, web: AsyncWebClient, ping_interval: float) -> None:
        super().__init__(app_token=app_token, logger=app.logger, web_client=web, ping_interval=ping_interval)
        self._opened: deque[float] = deque(maxlen=64)
        self._turn = asyncio.Lock()

    async def issue_new_wss_url(self) -> str:
        """Wait for the back-off, and return the address of a new connection."""
        async with self._turn:
            while not self.closed:
                pause_s = pause(self._opened, now=time.monotonic())
                if pause_s > 0:
                    log.warning("slack.connects_again", in_s=round(pause_s, 1))
                    await asyncio.sleep(pause_s * random.uniform(0.9, 1.2))
                self._opened.append(time.monotonic())
                try:
                    answer = await self.web_client.apps_connections_open(app_token=self.app_token)
                except SlackApiError as error:
                    meant = meaning(error, OPEN)
                    if not isinstance(meant, ChatBusy):
                        raise
                    log.warning("slack.connects_again", in_s=meant.retry_after_s, why="rate limited")
                    await asyncio.sleep(meant.retry_after_s)
                else:
                    return address_in(answer)
        raise asyncio.CancelledError

    async def connect(self) -> None:
        """Connect, with a new address where one does not lead to a connection: the SDK tries the same one for ever.

        It must not raise while the bot runs: the SDK would not connect again.
        """
        while not self.closed:
            try:
                if self.wss_uri is None:
                    self.wss_uri = await self.issue_new_wss_url()
                async with asyncio.timeout(ADDRESS_S):
                    await super().connect()  # type: ignore[no-untyped-call]  # the SDK has no annotations here
            except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
                log.warning("slack.connects_again", why=type(error).__name__)
                self.wss_uri = None
            else:
                return


def address_in(answer: AsyncSlackResponse) -> str:
    """The address of a socket in Slack's answer.

    Raises:
        SlackClientError: it has none.
    """
    url = answer.get("url")
    if not isinstance(url, str) or not url:
        raise SlackClientError("an answer without an address")
    return url


class PatientHandler(AsyncSocketModeHandler):
    """Bolt's handler with a client that backs off."""

    def __init__(
        self, app: AsyncApp, app_token: str, *, web: AsyncWebClient, burst: Burst, ping_interval: float = 5
    ) -> None:
        # Bolt's own __init__ opens a client that would never be closed.
        self._burst = burst
        self._dispatching = asyncio.Semaphore(DISPATCHED_AT_ONCE)
        self.app = app
        self.app_token = app_token
        self.client = PatientSocket(app=app, app_token=app_token, web=web, ping_interval=ping_interval)
        self.client.socket_mode_request_listeners.append(self.handle)  # type: ignore[arg-type]  # the SDK's mix of kinds

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]  # as the SDK's own
        """Acknowledge a request, then pass it to the app: none of our commands answers in its acknowledgement.

        So a whole burst is acknowledged before Bolt gets its first command. Bolt itself looks only every 10 ms whether
        a handler has acknowledged, and in a burst other commands take that turn.
        """
        if req.type != "slash_commands":
            await super().handle(client, req)
            return
        with self._burst.command():
            with self._burst.acknowledging():
                await client.send_socket_mode_response(SocketModeResponse(envelope_id=req.envelope_id))
            await self._burst.lull()
            async with self._dispatching:  # commands of a burst are handled one after another
                await run_async_bolt_app(self.app, req)
