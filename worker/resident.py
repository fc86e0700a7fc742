"""Runs what a worker does for as long as it lives: rounds without end, which no error stops.

A round that fails is logged, a bug with its trace, and the next one waits longer. Every exception of a worker ends
here, or in the dispatcher's guard of a single step.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from core.db.errors import DatabaseAway
from core.domain.backoff import backoff_s
from core.settings import SettingsError

log = structlog.get_logger()

PAUSE_LEAST_S, PAUSE_MOST_S = 0.5, 60.0
AWAY_MOST_S = 2.0
"""A database that is away is asked again soon: all work waits for it."""

Found = TypeVar("Found")


class Rounds:
    """The rounds of one loop: how each ended decides how long to wait before the next."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._failures = 0
        self.pause_s = 0.0
        """What the last round asks for besides the loop's own pace."""

    async def run(self, once: Callable[[], Awaitable[Found]]) -> Found | None:
        """Run one round. None: it failed, and the log says why."""
        try:
            found = await once()
        except SettingsError:
            raise  # whoever runs us has to change something: trying on is of no use
        except DatabaseAway as error:
            self._back_off(AWAY_MOST_S)
            log.debug(
                "loop.database_away", loop=self._name, error=str(error.__cause__ or error), again_in_s=self.pause_s
            )
        except Exception:
            self._back_off(PAUSE_MOST_S)
            log.exception("loop.failed", loop=self._name, failures=self._failures, again_in_s=self.pause_s)
        else:
            self._failures, self.pause_s = 0, 0.0
            return found
        return None

    def _back_off(self, most_s: float) -> None:
        self._failures += 1
        self.pause_s = backoff_s(self._failures, first_s=PAUSE_LEAST_S, most_s=most_s)


async def resident(name: str, once: Callable[[], Awaitable[object]], *, every_s: float) -> None:
    """Run a round every so many seconds until cancelled, the first one after a pause."""
    rounds = Rounds(name)
    while True:
        await asyncio.sleep(max(every_s, rounds.pause_s))
        await rounds.run(once)


async def begun(name: str, once: Callable[[], Awaitable[object]], stopping: asyncio.Event) -> bool:
    """Run a round again until it has succeeded once. False: it was time to stop before that."""
    rounds = Rounds(name)
    while not stopping.is_set():
        if await rounds.run(lambda: _done(once)):
            return True
        await _until(stopping, within_s=rounds.pause_s)
    return False


async def _done(once: Callable[[], Awaitable[object]]) -> bool:
    await once()
    return True


async def _until(event: asyncio.Event, *, within_s: float) -> None:
    await asyncio.wait({waiting := asyncio.ensure_future(event.wait())}, timeout=within_s)
    waiting.cancel()
