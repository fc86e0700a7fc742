"""Callbacks of vendors: a hint that a task has news. Our own poll then fetches the news."""

from collections.abc import Mapping
from typing import Any

import structlog
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from core import tracing
from core.db.errors import transaction
from core.db.generations import callbacks
from core.db.generations.callbacks import Noted
from core.db.pool import Pool
from core.domain.chat.addresses import Addresses
from core.domain.ids import RouteKey
from core.queue import Hints
from core.tracing import SpanKind
from web.bodies import as_object, read
from web.checks import Check

log = structlog.get_logger()

UNDER_WAY = frozenset(
    {"queued", "queueing", "in_queue", "submitted", "pending", "preparing", "starting", "processing", "running"}
    | {"in_progress"}
)
"""The vendors' words for a task that is under way, which is no news. An unknown word counts as news."""
_CHALLENGE_MOST = 1000


class Callbacks:
    """Takes the callbacks of all routes."""

    def __init__(self, *, addresses: Addresses, pool: Pool, hints: Hints, checks: Mapping[RouteKey, Check]) -> None:
        self._addresses = addresses
        self._pool = pool
        self._hints = hints
        self._checks = checks

    def routes(self) -> list[BaseRoute]:
        return [Route("/callbacks/{route}/{token}", self._take, methods=["POST"])]

    async def _take(self, request: Request) -> Response:
        route = RouteKey(request.path_params["route"])
        named = self._addresses.attempt(route=route, token=request.path_params["token"])
        if named is None:
            raise HTTPException(404)
        generation_id, n = named
        body = await read(request)
        event = as_object(body)
        if event is not None and (challenge := _challenge(event)):
            return JSONResponse({"challenge": challenge})
        check = self._checks.get(route)
        if check is not None and not await check(request.headers, body):
            log.warning("callback.forged", generation_id=str(generation_id), n=n, route=route)
            raise HTTPException(401)
        if event is not None and not is_news(event):
            return _thanks()
        said: dict[str, tracing.Said] = {"route": route, "attempt": n}
        with tracing.span("vendor's callback", said, kind=SpanKind.COMMAND, generation=generation_id):
            async with transaction(self._pool) as conn:
                note = await callbacks.note(conn, generation_id=generation_id, n=n, route=route)
        log.debug("callback.noted", generation_id=str(generation_id), n=n, route=route, noted=note.noted)
        if note.noted is Noted.DUE and note.version is not None:
            return _thanks(BackgroundTask(self._hints.hint, generation_id, version=note.version))
        return _thanks()


def _thanks(after: BackgroundTask | None = None) -> Response:
    """The same answer to every well-formed callback, so that it tells nothing about our state."""
    return JSONResponse({"ok": True}, background=after)


def _challenge(event: Mapping[str, Any]) -> str | None:
    """The challenge that MiniMax wants back within 3 s before it accepts an address (2026-11-22)."""
    challenge = event.get("challenge")
    fits = isinstance(challenge, str) and len(challenge) <= _CHALLENGE_MOST and challenge.isprintable()
    return challenge if fits else None  # JSON may contain a half character, which cannot be encoded


def is_news(event: Mapping[str, Any]) -> bool:
    """Whether a poll is useful: not for a task that is still under way."""
    inner = event.get("data")
    places = (event, inner) if isinstance(inner, Mapping) else (event,)
    words = [place[name] for place in places for name in ("status", "task_status") if name in place]
    return not any(isinstance(word, str) and word.lower() in UNDER_WAY for word in words)
