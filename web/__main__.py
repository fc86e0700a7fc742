"""The web process: one server in front of everything, until it is told to stop."""

import asyncio
import logging
import signal
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack
from uuid import uuid4

import structlog
import uvicorn
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from bots import registry
from bots.slack import http as slack_http
from bots.video_service import VideoService
from core import log as logs
from core.http_client import http_client
from core.providers.registry import ENTRIES
from core.runtime import Runtime, addresses, open_runtime, storage
from core.settings import Settings, SettingsError, route_overrides, settings
from web.app import build
from web.checks import checks, signed_with
from web.patience import Patient
from web.slack import SlackEvents

log = structlog.get_logger()

CONNECTIONS = 12
STOP_S = 3
"""How long answers under way may take to end; a film that is being watched is cut, and asks for the rest again."""
AT_ONCE = 1000
_KEYS_MAX = 1 << 20
"""Of a vendor's key set, which has a few hundred bytes."""


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    read = settings()
    logs.configure(read)
    logging.getLogger("httpx").setLevel(logging.ERROR)
    asyncio.run(_main(read))


async def _main(read: Settings) -> None:
    listener = listen(read.web_host, read.web_listens_at)
    async with AsyncExitStack() as stack:
        runtime = await stack.enter_async_context(open_runtime(read, connections=CONNECTIONS))
        http = await stack.enter_async_context(http_client(bytes_max=_KEYS_MAX, trust_env=False))
        chats = await _chats(runtime, stack)
        shop = read.topup_secret.get_secret_value() if read.topup_secret else None
        app = build(
            pool=runtime.pool,
            hints=runtime.hints,
            storage=storage(read),
            labels={name: offer.label for name, offer in runtime.terms.offers.items()},
            addresses=addresses(read),
            checks=checks(route_overrides(entry.key for entry in ENTRIES), http=http),
            shop=signed_with(shop, named="TOPUP_SECRET") if shop else None,
            chats=chats,
            metrics_token=read.metrics_token.get_secret_value() if read.metrics_token else None,
        )
        await serve(app, listener)
    log.info("web.stopped")


async def _chats(runtime: Runtime, stack: AsyncExitStack) -> Sequence[BaseRoute]:
    """Slack posts here where it has a signing secret; otherwise its bot has a process and a socket of its own."""
    slack = slack_http.from_environment(VideoService(runtime, owner=f"web:{uuid4().hex[:8]}", admins=registry.admins()))
    if slack is None:
        return ()
    stack.push_async_callback(slack.aclose)
    return SlackEvents(slack).routes()


class Server(uvicorn.Server):
    """uvicorn, which says when it is ready and leaves the signals to us."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            log.info("web.ready", port=sockets[0].getsockname()[1] if sockets else None)


def config(app: ASGIApp) -> uvicorn.Config:
    """How the server behaves: nothing of a stranger is waited for long, and nothing of them is kept."""
    return uvicorn.Config(
        app,
        http=Patient,
        access_log=False,
        log_config=None,
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        limit_concurrency=AT_ONCE,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=STOP_S,
        h11_max_incomplete_event_size=64 << 10,
    )


async def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Serve until a signal comes; then let answers under way end, for a moment."""
    # uvicorn raises the signal again once it has ended; an asked-for end is not a failure.
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with listener:
            await Server(config(app)).serve(sockets=[listener])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises SettingsError."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise SettingsError(f"WEB_PORT wants a free port: {host}:{port} can't be listened on.") from error
    return listener


if __name__ == "__main__":
    main()
