"""Tells people that their videos wait because no worker begins with them.

Only workers write into threads, so without a worker nobody would say anything there. The bot that took the command
tells the person alone, so that no worker has to remove a message from the thread later.
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
"""Seconds. A running worker begins within 1 s, a restarted one within 10 s; people who wait longer expect a word."""
LOOK_EVERY_S = 5.0
FORGET_S = 300.0
"""Seconds. While the database is away, the bot cannot tell; after this time a message would only confuse."""
MOST = 1000
AT_ONCE = 20
NAMED_MOST = 20
"""Generations that one line of the log names."""

Tell = Callable[[Card], Awaitable[None]]
"""Shows a card to the person who asked, and to nobody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watched:
    due: float
    tell: Tell
    context: Context


class Unclaimed:
    """The commands that one process took lately: one query looks at all of them; without commands there is no query."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._watched: dict[GenerationId, _Watched] = {}
        self._looking: asyncio.Task[None] | None = None

    def watch(self, known: GenerationId, tell: Tell) -> None:
        """Tell the person, in their language, if no worker begins with this video in time."""
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
                first = [str(known) for known in looked_at if known in waiting][:NAMED_MOST]
                log.warning("command.no_worker", waiting=len(told), generations=first)
            for start in range(0, len(told), AT_ONCE):
                async with asyncio.TaskGroup() as group:
                    for watched in told[start : start + AT_ONCE]:
                        group.create_task(_told(watched.tell), context=watched.context)


async def _told(tell: Tell) -> None:
    await tell(waits_for_a_worker())
