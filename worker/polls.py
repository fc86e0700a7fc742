"""Puts the polls of one moment together, where a vendor tells of many tasks in one answer.

Two polls that begin within 20 ms share a request. A provider that can do so has `poll_many` besides `poll`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from core.domain.errors import ErrorClass, ProviderError, provider_error
from core.domain.ids import RouteKey
from core.ports import Poll, VideoRoute

WINDOW_S = 0.02
_ABOUT_ONE = frozenset({ErrorClass.TASK_GONE, ErrorClass.INVALID_REQUEST})
"""What a vendor may say of a list because of a single task in it: then the list is asked for in halves."""

Told = Mapping[str, Poll | ProviderError]


@runtime_checkable
class PollsMany(Protocol):
    """A provider that tells of many tasks at once."""

    polls_at_once: int
    """How many tasks one request may name."""

    async def poll_many(self, task_ids: Sequence[str]) -> Told:
        """How each of these tasks stands; what it raises concerns the request, and so all of them."""


class Polls:
    """One per process."""

    def __init__(self, *, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self._waiting: dict[RouteKey, dict[str, asyncio.Future[Poll]]] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    async def ask(self, route: VideoRoute, task_id: str) -> Poll:
        """The same as the provider's own `poll`, together with others of its provider where there are some."""
        if not isinstance(route, PollsMany):
            return await route.poll(task_id)
        key = route.facts.key
        waiting = self._waiting.setdefault(key, {})
        answer = waiting.get(task_id)
        if answer is None:
            answer = waiting[task_id] = asyncio.get_running_loop().create_future()
            answer.add_done_callback(_seen)
            if len(waiting) == 1:
                task = asyncio.create_task(self._after_window(key, route))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(answer)

    async def _after_window(self, key: RouteKey, route: PollsMany) -> None:
        await asyncio.sleep(self._window_s)
        waiting = list(self._waiting.pop(key).items())
        parts = [waiting[n : n + route.polls_at_once] for n in range(0, len(waiting), route.polls_at_once)]
        await asyncio.gather(*(self._answer(route, dict(part)) for part in parts))

    async def _answer(self, route: PollsMany, waiting: Mapping[str, asyncio.Future[Poll]]) -> None:
        try:
            told = await _asked(route, list(waiting))
        except BaseException as error:
            for answer in waiting.values():
                if not answer.done():
                    answer.set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())
            if not isinstance(error, Exception):
                raise
            return
        for task_id, answer in waiting.items():
            found = told.get(task_id) or provider_error(ErrorClass.TASK_GONE, "not among the tasks that were told of")
            if answer.done():
                continue
            if isinstance(found, ProviderError):
                answer.set_exception(found)
            else:
                answer.set_result(found)


def _seen(answer: asyncio.Future[Poll]) -> None:
    """Whoever has asked may have been stopped meanwhile: then nobody wants to know, which is no error."""
    if not answer.cancelled():
        answer.exception()


async def _asked(route: PollsMany, task_ids: Sequence[str]) -> Told:
    """What is told of these tasks; one of them that voids the list is found by asking for halves of it."""
    try:
        return await route.poll_many(task_ids)
    except ProviderError as error:
        if error.error_class not in _ABOUT_ONE:
            raise
        if len(task_ids) == 1:
            return {task_ids[0]: error}
    middle = len(task_ids) // 2
    return {**await _asked(route, task_ids[:middle]), **await _asked(route, task_ids[middle:])}
