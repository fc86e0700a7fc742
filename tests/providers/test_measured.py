"""What a wrapped route counts: each of its requests by route, call and outcome, and nothing is changed on the way."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import REGISTRY

from core import tracing
from core.domain.errors import ErrorClass, TryLater
from core.domain.generations.remote_clip import RemoteClip
from core.ports import Cancelled, Poll, TaskRunning
from core.providers.adapter import RouteConfig
from core.providers.measured import measured
from core.tracing import SpanKind
from tests.providers.harness import KEY, SENT_AT, Vendor, adapter, job, offer, ok

ROUTE = "veo.gemini"
FACTS = adapter(ROUTE, Vendor([ok({})]), RouteConfig(api_key=KEY)).facts


class _Route:
    """Answers every request, or fails at every one."""

    facts = FACTS

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: list[tuple[Any, ...]] = []

    async def _answer(self, answer: Any, *asked: Any) -> Any:
        await asyncio.sleep(0)
        self.asked.append(asked)
        if self.error is not None:
            raise self.error
        return answer

    async def submit(self, job: Any) -> str:
        return await self._answer("task-1", "submit", job)

    async def find(self, job: Any, *, sent_at: Any) -> str | None:
        return await self._answer("task-2", "find", job, sent_at)

    async def poll(self, task_id: str) -> Poll:
        return await self._answer(TaskRunning(place=3), "poll", task_id)

    async def cancel(self, task_id: str) -> Cancelled:
        return await self._answer(Cancelled.YES, "cancel", task_id)

    async def download(self, task_id: str, clip: RemoteClip, *, to: Path) -> None:
        await self._answer(None, "download", task_id, clip, to)

    async def check(self) -> None:
        await self._answer(None, "check")

    async def aclose(self) -> None:
        await self._answer(None, "aclose")


class _RouteOfMany(_Route):
    polls_at_once = 20

    async def poll_many(self, task_ids: Sequence[str]) -> Mapping[str, Poll]:
        return await self._answer({task_id: TaskRunning() for task_id in task_ids}, "poll_many", task_ids)


def counted(call: str, outcome: str) -> float:
    labels = {"route": ROUTE, "call": call, "outcome": outcome}
    return REGISTRY.get_sample_value("neverdark_vendor_calls_total", labels) or 0.0


def times(call: str) -> float:
    return REGISTRY.get_sample_value("neverdark_vendor_call_seconds_count", {"route": ROUTE, "call": call}) or 0.0


JOB = job(offer(ROUTE))
CLIP = RemoteClip(url="https://vendor.example/v.mp4")
CALLS: dict[str, tuple[tuple[Any, ...], dict[str, Any], Any, tuple[Any, ...]]] = {
    "submit": ((JOB,), {}, "task-1", (JOB,)),
    "find": ((JOB,), {"sent_at": SENT_AT}, "task-2", (JOB, SENT_AT)),
    "poll": (("t",), {}, TaskRunning(place=3), ("t",)),
    "cancel": (("t",), {}, Cancelled.YES, ("t",)),
    "download": (("t", CLIP), {"to": Path("v.mp4")}, None, ("t", CLIP, Path("v.mp4"))),
    "check": ((), {}, None, ()),
}
"""By call: what it is given, what it answers, and what the route itself is asked."""


@pytest.mark.parametrize("call", CALLS)
async def test_a_request_passes_unchanged_and_is_counted_and_timed_once(call: str) -> None:
    given, named, answer, asked = CALLS[call]
    route = _Route()
    assert await getattr(measured(route), call)(*given, **named) == answer
    assert route.asked == [(call, *asked)]
    assert (counted(call, "ok"), times(call)) == (1, 1)


@pytest.mark.parametrize(
    ("error", "outcome"), [(TryLater(ErrorClass.CAPACITY), "capacity"), (RuntimeError("a bug"), "crashed")]
)
@pytest.mark.parametrize("call", CALLS)
async def test_a_failure_passes_unchanged_and_is_counted_by_its_class(
    call: str, error: Exception, outcome: str
) -> None:
    given, named, *_ = CALLS[call]
    with pytest.raises(type(error)) as caught:
        await getattr(measured(_Route(error)), call)(*given, **named)
    assert caught.value is error
    assert (counted(call, outcome), counted(call, "ok"), times(call)) == (1, 0, 1)


class _Tracer:
    def __init__(self) -> None:
        self.spans: list[tuple[str, dict[str, Any], SpanKind]] = []
        self.noted: dict[str, Any] = {}

    @contextmanager
    def span(self, name: str, said: Mapping[str, Any], *, kind: SpanKind, generation: UUID | None) -> Iterator[Any]:
        self.spans.append((name, dict(said), kind))
        yield self

    def note(self, name: str, value: Any) -> None:
        self.noted[name] = value

    def whole(self, *args: Any, **named: Any) -> None:
        raise AssertionError("a request is no whole generation")


@pytest.mark.parametrize(("error", "outcome"), [(None, "ok"), (TryLater(ErrorClass.CAPACITY), "capacity")])
async def test_a_request_has_a_span_that_says_how_it_ended(error: Exception | None, outcome: str) -> None:
    tracer = _Tracer()
    tracing.use(tracer)
    try:
        with suppress(TryLater):
            await measured(_Route(error)).check()
    finally:
        tracing.use(None)
    assert tracer.spans == [("vendor check", {"route": ROUTE}, SpanKind.CALL)]
    assert tracer.noted == {"outcome": outcome}


async def test_many_tasks_that_are_polled_at_once_are_one_request() -> None:
    route = _RouteOfMany()
    wrapped: Any = measured(route)
    assert wrapped.polls_at_once == 20
    assert await wrapped.poll_many(["a", "b"]) == {"a": TaskRunning(), "b": TaskRunning()}
    assert (counted("poll", "ok"), times("poll")) == (1, 1)
    assert not hasattr(measured(_Route()), "poll_many")


async def test_a_wrapped_route_says_what_it_is_and_is_closed() -> None:
    route = _Route()
    assert measured(route).facts is FACTS
    await measured(route).aclose()
    assert route.asked == [("aclose",)]
