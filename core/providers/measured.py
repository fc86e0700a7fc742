"""Wraps a route, and counts, times and traces its requests."""

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from core import tracing
from core.domain.errors import ProviderError
from core.domain.generations.remote_clip import RemoteClip
from core.metrics import VENDOR_CALL_S, VENDOR_CALLS, timed
from core.ports import Cancelled, Poll, RouteFacts, VideoJob, VideoRoute
from core.tracing import SpanKind

Answer = TypeVar("Answer")


class _Many(Protocol):
    polls_at_once: int

    async def poll_many(self, task_ids: Sequence[str]) -> Mapping[str, Poll | ProviderError]: ...


class TimedRoute:
    """A wrapped route."""

    def __init__(self, route: VideoRoute) -> None:
        self._route = route

    @property
    def facts(self) -> RouteFacts:
        return self._route.facts

    async def submit(self, job: VideoJob) -> str:
        return await self._timed("submit", self._route.submit(job))

    async def find(self, job: VideoJob, *, sent_at: datetime) -> str | None:
        return await self._timed("find", self._route.find(job, sent_at=sent_at))

    async def poll(self, task_id: str) -> Poll:
        return await self._timed("poll", self._route.poll(task_id))

    async def cancel(self, task_id: str) -> Cancelled:
        return await self._timed("cancel", self._route.cancel(task_id))

    async def download(self, task_id: str, clip: RemoteClip, *, to: Path) -> None:
        await self._timed("download", self._route.download(task_id, clip, to=to))

    async def check(self) -> None:
        await self._timed("check", self._route.check())

    async def aclose(self) -> None:
        await self._route.aclose()

    async def _timed(self, call: str, asked: Awaitable[Answer]) -> Answer:
        """The answer of a request. An error that is no ProviderError is a bug of ours."""
        key, outcome = self.facts.key, "crashed"
        try:
            with tracing.span(f"vendor {call}", {"route": key}, kind=SpanKind.CALL) as span:
                try:
                    with timed(VENDOR_CALL_S, key, call):
                        answer = await asked
                    outcome = "ok"
                except ProviderError as error:
                    outcome = str(error.error_class)
                    raise
                finally:
                    span.note("outcome", outcome)
        finally:
            VENDOR_CALLS.labels(key, call, outcome).inc()
        return answer


class TimedRouteOfMany(TimedRoute):
    """A wrapped route that polls many tasks by one request."""

    def __init__(self, route: Any) -> None:
        super().__init__(route)
        self._many: _Many = route
        self.polls_at_once = self._many.polls_at_once

    async def poll_many(self, task_ids: Sequence[str]) -> Mapping[str, Poll | ProviderError]:
        return await self._timed("poll", self._many.poll_many(task_ids))


def measured(route: VideoRoute) -> VideoRoute:
    """The route, wrapped."""
    return TimedRouteOfMany(route) if hasattr(route, "poll_many") else TimedRoute(route)
