"""Tells people whose videos nobody begins with that they wait for a worker.

A thread is a worker's to write in, so without one nothing would be said. The bot that has taken the command says it to
the person alone: that leaves nothing in the thread which a worker would have to take away.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context, copy_context
from dataclasses import dataclass

import structlog

from core.db.errors import DatabaseAway, statement
from core.db.generations.unclaimed import unclaimed
from core.domain.ids import GenerationId
from core.replies.chat.card import Card
from core.replies.requests.no_worker import waits_for_a_worker
from core.runtime import Runtime

log = structlog.get_logger()

UNCLAIMED_S = 20.0
"""A living worker begins within a second, a replaced one within ten; beyond this people think that we are broken."""
LOOK_EVERY_S = 5.0
FORGET_S = 300.0
"""While the database is away, nobody knows; later than this the answer would be a surprise."""
MOST = 1000
AT_ONCE = 20

Tell = Callable[[Card], Awaitable[None]]
"""Says something to the person who asked, alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watched:
    due: float
    tell: Tell
    context: Context


class Unclaimed:
    """The commands that one process has taken lately: one look at all of them, and none while there are none."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._watched: dict[GenerationId, _Watched] = {}
        self._looking: asyncio.Task[None] | None = None

    def watch(self, known: GenerationId, tell: Tell) -> None:
        """See to it that the person hears of it, in their language, if no worker begins with this video."""
        if len(self._watched) >= MOST:
            return
        due = asyncio.get_running_loop().time() + UNCLAIMED_S
        self._watched[known] = _Watched(due=due, tell=tell, context=copy_context())
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="unclaimed", context=Context())

    async def _look(self) -> None:
        while self._watched:
            await asyncio.sleep(LOOK_EVERY_S)
            now = asyncio.get_running_loop().time()
            due = [known for known, watched in self._watched.items() if watched.due <= now]
            if not due:
                continue
            try:
                async with statement(self._runtime.pool) as conn:
                    waiting = await unclaimed(conn, due)
            except DatabaseAway:
                for known in due:
                    if now - self._watched[known].due > FORGET_S:
                        del self._watched[known]
                continue
            looked_at = {known: self._watched.pop(known) for known in due}
            told = [watched for known, watched in looked_at.items() if known in waiting]
            if told:
                log.warning("command.no_worker", waiting=len(told))
            for start in range(0, len(told), AT_ONCE):
                async with asyncio.TaskGroup() as group:
                    for watched in told[start : start + AT_ONCE]:
                        group.create_task(_told(watched.tell), context=watched.context)


async def _told(tell: Tell) -> None:
    await tell(waits_for_a_worker())
