"""The web process: one HTTP server, until SIGTERM."""

import asyncio
import logging
import signal
import socket
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import httpx
import structlog
import uvicorn
from starlette.types import ASGIApp

from bots import registry
from bots.platform import Mounted
from bots.video_service import VideoService
from core import log as logs
from core import probes
from core.http.base_client import http_client
from core.life import schema_checked
from core.providers.registry import ENTRIES
from core.queue import stop_tasks
from core.runtime import Runtime, addresses, numbers, open_runtime, storage
from core.settings import Settings, SettingsError, route_overrides, settings
from core.usecases.health.availability import Watched
from web import chats
from web.app import build
from web.checks import checks, signed_with
from web.metrics import Overview
from web.oidc import BACK, Oidc
from web.oidc_provider import Provider
from web.oidc_settings import OidcSettings, oidc_settings
from web.operators import Operators
from web.patience import Patient

log = structlog.get_logger()

CONNECTIONS = 12
STOP_S = 3
"""Seconds that answers under way may take to end; a video that is being watched is cut, and its player resumes."""
AT_ONCE = 1000
FIRST_S = 5.0
"""Seconds that the first checks may delay readiness; a database that is away is no reason not to serve."""
_KEYS_MAX = 1 << 20
"""Bytes of a vendor's key set at most; it has a few hundred."""


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    read = settings()
    logs.configure(read, process="web")
    logging.getLogger("httpx").setLevel(logging.ERROR)
    asyncio.run(_main(read))


async def _main(read: Settings) -> None:
    listener = listen(read.web_host, read.web_listens_at)
    async with AsyncExitStack() as stack:
        runtime = await stack.enter_async_context(open_runtime(read, process="web", connections=CONNECTIONS))
        http = await stack.enter_async_context(http_client(bytes_max=_KEYS_MAX, trust_env=False))
        mounted = await _mounted(runtime, stack)
        accounts = oidc_settings()
        watched = Watched(by_provider=runtime.by_provider, successors=runtime.successors, health=numbers(read).health)
        operators = _operators(runtime, accounts, watched)
        shop = read.topup_secret.get_secret_value() if read.topup_secret else None
        overview = Overview(runtime.pool, watched=watched)
        app = build(
            pool=runtime.pool,
            hints=runtime.hints,
            storage=storage(read),
            labels={name: offer.label for name, offer in runtime.terms.offers.items()},
            addresses=addresses(read),
            checks=checks(route_overrides(entry.key for entry in ENTRIES), http=http),
            shop=signed_with(shop, named="TOPUP_SECRET") if shop else None,
            chats=[route for platform in mounted for route in chats.routes(platform)],
            watched=watched,
            operators=operators,
            oidc=_oidc(runtime, operators, accounts, http) if operators is not None and accounts is not None else None,
            overview=overview,
            metrics_token=read.metrics_token.get_secret_value() if read.metrics_token else None,
        )
        probe = await stack.enter_async_context(probes.serving("web", runtime, overview=overview.text))
        await serve(app, listener, first=_first(runtime, mounted, probe))
    log.info("web.stopped")


def _operators(runtime: Runtime, accounts: OidcSettings | None, watched: Watched) -> Operators | None:
    """The access to the console; None where there is neither a token nor a login provider."""
    token, secret = runtime.settings.operator_token, runtime.settings.link_secret
    if token is None and accounts is None:
        return None
    known = token or secret
    if known is None:
        raise SettingsError("LINK_SECRET is not set; without OPERATOR_TOKEN the console's cookies are signed with it.")
    return Operators(
        secret=known.get_secret_value(),
        token=token.get_secret_value() if token is not None else None,
        has_accounts=accounts is not None,
        pool=runtime.pool,
        watched=watched,
        is_https=runtime.settings.address.startswith("https://"),
    )


def _oidc(runtime: Runtime, operators: Operators, known: OidcSettings, http: httpx.AsyncClient) -> Oidc:
    """The login of operators with an account of their company."""
    public = runtime.settings.public_url
    if public is None:
        raise SettingsError("PUBLIC_URL is not set; a login provider sends people back to it.")
    secret = known.operator_oidc_client_secret
    return Oidc(
        provider=Provider(
            issuer=known.operator_oidc_issuer or "",
            client_id=known.operator_oidc_client_id or "",
            client_secret=secret.get_secret_value() if secret is not None else None,
            scope=known.operator_oidc_scope,
            groups_claim=known.operator_oidc_groups_claim,
            back=public.rstrip("/") + BACK,
            http=http,
        ),
        emails=known.emails,
        groups=known.groups,
        operators=operators,
        secret=operators.secret,
    )


async def _mounted(runtime: Runtime, stack: AsyncExitStack) -> list[Mounted]:
    """The platforms that post to `web`; the bots of other platforms are processes of their own."""
    service = VideoService(runtime, owner=f"web:{uuid4().hex[:8]}", admins=registry.admins())
    mounted: list[Mounted] = []
    for platform in registry.PLATFORMS.values():
        found = platform.mounts(service, runtime.pool, runtime.settings.public_url)
        if found is not None:
            stack.push_async_callback(found.aclose)
            mounted.append(found)
    return mounted


async def _first(runtime: Runtime, mounted: list[Mounted], probe: probes.Probe) -> None:
    """The checks before it serves. Raises SettingsError."""
    await schema_checked(runtime.pool)
    for platform in mounted:
        await platform.token_taken()
    probe.ready = True


class Server(uvicorn.Server):
    """uvicorn, which reports readiness and leaves signals to us."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            log.info("web.ready", port=sockets[0].getsockname()[1] if sockets else None)

    def end_if_failed(self, checking: asyncio.Task[None]) -> None:
        """Stop as for a signal when a check has failed; its error is told afterwards."""
        if not checking.cancelled() and checking.exception() is not None:
            self.should_exit = True


def config(app: ASGIApp) -> uvicorn.Config:
    """The server's configuration: short waits for strangers, and no log of their requests."""
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


async def serve(app: ASGIApp, listener: socket.socket, *, first: Coroutine[Any, Any, None] | None = None) -> None:
    """Serve until a signal; then give answers under way a moment to end.

    Args:
        first: the first checks; they may take long, and an error of theirs ends the process.
    """
    # uvicorn raises the signal again at its end; a requested end is no failure.
    asked, loop = asyncio.Event(), asyncio.get_running_loop()
    before = {
        number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(asked.set))
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        with listener:
            await _serve(Server(config(app)), listener, first, asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _serve(
    server: Server, listener: socket.socket, first: Coroutine[Any, Any, None] | None, asked: asyncio.Event
) -> None:
    """Serve, when `first` is done or has taken too long, unless the end was requested by then."""
    if first is None:
        await server.serve(sockets=[listener])
        return
    checking, stop = asyncio.create_task(first), asyncio.create_task(asked.wait())
    try:
        await asyncio.wait({checking, stop}, timeout=FIRST_S, return_when=asyncio.FIRST_COMPLETED)
        if checking.done():
            checking.result()
        if not asked.is_set():
            checking.add_done_callback(server.end_if_failed)
            await server.serve(sockets=[listener])
    finally:
        await stop_tasks([checking, stop])
    if not checking.cancelled():
        checking.result()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises SettingsError."""
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
