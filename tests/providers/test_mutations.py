"""Every recorded answer of every codec, with something in it in another shape: what was found is found still.

A mutation either keeps what was said (wrapped in a list, unwrapped, as text, with fields that nobody knows, an object
for a string), or takes something away (dropped, null, something else). All of them are tried at every place.
"""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.domain.errors import ErrorClass, OutcomeUnknown, ProviderError
from core.ports import Poll, TaskFailed, TaskRunning, TaskSucceeded
from tests.providers import test_fal as at_fal
from tests.providers import test_hailuo as at_minimax
from tests.providers import test_hailuo_v2 as at_minimax2
from tests.providers import test_kling as at_kling
from tests.providers import test_kling_legacy as at_kling_legacy
from tests.providers import test_omni as at_omni
from tests.providers import test_replicate as at_replicate
from tests.providers import test_seedance as on_ark
from tests.providers import test_veo as at_gemini
from tests.providers import test_vertex as on_vertex
from tests.providers import test_wan as on_dashscope
from tests.providers.case import Case
from tests.providers.harness import Reply

E = ErrorClass
CODECS: list[type[Case]] = [
    at_fal.TestVeoAtFal,
    at_minimax.TestHailuo,
    at_minimax2.TestHailuoV2,
    at_kling.TestKling,
    at_kling_legacy.TestKlingLegacy,
    at_omni.TestOmni,
    at_replicate.TestVeoAtReplicate,
    on_ark.TestSeedance,
    at_gemini.TestVeoGemini,
    on_vertex.TestVeoVertex,
    on_dashscope.TestWan,
]
NEEDED = frozenset(
    {"id", "task_id", "file_id", "request_id", "name", "status", "task_status", "done", "url", "uri", "gcsUri", "type"}
    | {"video_url", "download_url", "output", "code", "status_code", "message", "status_msg", "status_message", "error"}
    | {"task_status_msg", "error_type", "detail", "text", "raiMediaFilteredReasons", "raiMediaFilteredCount", "msg"}
    | {"data_removed", "reason", "quotaId", "title"}
)
"""Fields that are looked for in some answer. Whatever stands beside them can void nothing."""

Path = tuple[str | int, ...]
Mutation = Callable[[Any], Any]


def _object_for(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return {"url": value} if "://" in value else {"value": value}


def _unwrapped(value: Any) -> Any:
    if isinstance(value, list) and len(value) == 1:
        return value[0]
    if isinstance(value, dict) and len(value) == 1 and isinstance(inner := next(iter(value.values())), dict):
        return inner
    return value


def _as_text(value: Any) -> Any:
    return value if isinstance(value, str) or value is None else json.dumps(value)


KEEPING: dict[str, Mutation] = {
    "in a list": lambda value: [value],
    "in a list behind a null": lambda value: [None, value],
    "in two lists": lambda value: [[value]],
    "unwrapped": _unwrapped,
    "as text": _as_text,
    "with more fields": lambda value: (
        value | {"x_new": {"a": [None]}, "x-y": "z"} if isinstance(value, dict) else value
    ),
    "an object for a string": _object_for,
}
TAKING: dict[str, Mutation] = {
    "null": lambda _: None,
    "a number": lambda _: 7,
    "a word": lambda _: "surprise",
    "an empty list": lambda _: [],
    "an empty object": lambda _: {},
    "a list of nulls": lambda _: [None, None],
    "an odd object": lambda _: {"a": [{"b": None}]},
    "yes": lambda _: True,
}
_GONE = object()


def places(value: Any, at: Path = ()) -> Iterator[Path]:
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from places(each, (*at, name))


def changed(value: Any, at: Path, new: Any) -> Any:
    if not at:
        return new
    made = copy.deepcopy(value)
    holder = made
    for name in at[:-1]:
        holder = holder[name]
    if new is _GONE:
        del holder[at[-1]]
    else:
        holder[at[-1]] = new
    return made


def found(value: Any, at: Path) -> Any:
    for name in at:
        value = value[name]
    return value


def is_needed(value: Any, at: Path) -> bool:
    """Whether something that is looked for stands at this place, or in it."""
    names = [name for name in at if isinstance(name, str)]
    if any(name in NEEDED for name in names[-1:]) or (at and isinstance(at[-1], int)) or not at:
        return True
    return any(is_needed_below(path) for path in places(found(value, at)))


def is_needed_below(path: Path) -> bool:
    return any(name in NEEDED for name in path)


def keeping(body: Any) -> Iterator[tuple[str, Any]]:
    for at in places(body):
        for name, mutation in KEEPING.items():
            yield f"{name} at {at}", changed(body, at, mutation(found(body, at)))


def taking(body: Any) -> Iterator[tuple[str, bool, Any]]:
    """With each mutation, whether it took away something that is looked for."""
    for at in places(body):
        needed = is_needed(body, at)
        for name, mutation in TAKING.items():
            yield f"{name} at {at}", needed, changed(body, at, mutation(found(body, at)))
        if at:
            yield f"dropped at {at}", needed, changed(body, at, _GONE)


async def polled(case: Case, *replies: Reply) -> Poll | ProviderError:
    route, _ = case.adapter(*replies)
    try:
        return await route.poll(case.task_id)
    except ProviderError as error:
        return error
    finally:
        await route.aclose()


def varied(replies: tuple[Reply, ...], n: int, body: Any) -> tuple[Reply, ...]:
    return tuple(Reply(status=r.status, body=body) if i == n else r for i, r in enumerate(replies))


def readable(replies: tuple[Reply, ...]) -> list[int]:
    return [n for n, reply in enumerate(replies) if not isinstance(reply.body, bytes)]


by_codec = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.route)


@by_codec
async def test_the_video_is_found_in_every_shape_of_the_answer(codec: type[Case]) -> None:
    case, replies = codec(), tuple(codec.succeeded)
    for n in readable(replies):
        for how, body in keeping(replies[n].body):
            answer = await polled(case, *varied(replies, n, body))
            assert isinstance(answer, TaskSucceeded), (how, body, answer)
            assert answer.clip.url == case.url, how


@by_codec
async def test_what_is_not_needed_cannot_void_a_finished_task(codec: type[Case]) -> None:
    case, replies = codec(), tuple(codec.succeeded)
    tried = 0
    for n in readable(replies):
        for how, needed, body in taking(replies[n].body):
            answer = await polled(case, *varied(replies, n, body))
            if isinstance(answer, TaskSucceeded):
                assert answer.clip.url == case.url, how
            else:
                assert needed, (how, body, answer)
                # Words where the video was are a refusal at Google.
                refused = isinstance(answer, TaskFailed) and answer.error.error_class is E.CONTENT_POLICY
                assert not refused or "a word" in how, (how, answer)
            tried += 1
    assert tried > 0 or not readable(replies)


@by_codec
async def test_a_running_task_stays_running(codec: type[Case]) -> None:
    case = codec()
    for reply in case.running:
        for how, body in keeping(reply.body):
            answer = await polled(case, Reply(status=reply.status, body=body))
            assert isinstance(answer, TaskRunning), (how, body, answer)
        for how, needed, body in taking(reply.body):
            answer = await polled(case, Reply(status=reply.status, body=body))
            assert not isinstance(answer, TaskSucceeded), (how, body)
            assert isinstance(answer, TaskRunning) or needed, (how, body, answer)
            assert not isinstance(answer, OutcomeUnknown)


@by_codec
async def test_a_refusal_stays_a_refusal(codec: type[Case]) -> None:
    case = codec()
    refused = [(body, error_class) for body, error_class in case.failures if not isinstance(body, bytes)]
    for body, error_class in refused:
        for how, mutated in keeping(body):
            answer = await polled(case, Reply(body=mutated))
            assert isinstance(answer, TaskFailed), (how, mutated, answer)
            assert answer.error.error_class is error_class, (how, mutated, answer)
        for how, needed, mutated in taking(body):
            answer = await polled(case, Reply(body=mutated))
            assert not isinstance(answer, TaskSucceeded), (how, mutated)
            if not needed:
                assert isinstance(answer, TaskFailed), (how, mutated, answer)
                assert answer.error.error_class is error_class, (how, mutated, answer)


@by_codec
async def test_the_class_of_an_error_answer_survives_its_shape(codec: type[Case]) -> None:
    case = codec()
    for status, body, error_class in case.refusals:
        if isinstance(body, bytes):
            continue
        for how, mutated in keeping(body):
            route, _ = case.adapter(Reply(status=status, body=mutated))
            with pytest.raises(ProviderError) as caught:
                await route.submit(case.job())
            await route.aclose()
            assert caught.value.error_class is error_class, (status, how, mutated, caught.value)


@by_codec
async def test_a_task_that_was_begun_is_not_lost_over_the_shape_of_its_answer(codec: type[Case]) -> None:
    case = codec()
    for how, body in keeping(case.created.body):
        route, _ = case.adapter(Reply(status=case.created.status, body=body))
        assert await route.submit(case.job()) == case.task_id, (how, body)
        await route.aclose()
