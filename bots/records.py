"""Writes down what a bot has taken on and posted, however busy the database is.

What many people ask for at the same moment is written together, and decided by rules that are read once.
"""

import asyncio
from dataclasses import dataclass

import structlog

from bots.run_use_case import PATIENCE_S
from bots.waits import waits_of
from core.db.errors import DatabaseAway
from core.db.generations.delivery_rows import Delivery
from core.domain.ids import MessageId, Thread
from core.runtime import Runtime
from core.usecases.generations.root import OpenedRoots
from core.usecases.requests.rulings import InRoles, nobody
from core.usecases.requests.submit import PlaceIn, Submitted, VideoCommand, submit
from core.usecases.requests.together import LimitsOf, Together, nothing_counted

log = structlog.get_logger()

AWAY_S = (0.2, 0.5, 1.0)
"""Between looks for a database that does not answer. A busy one is waited for much longer."""
BEGIN_IN_S = 1.0
"""Roots before everything else: a worker leaves a new video alone for so long, unless a hint tells of it."""
RECORD_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)
"""Between tries to record a message that is up. Who looks for it later finds it the harder the more lies above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sees:
    """What only the platform can say about somebody who asks.

    Args:
        in_roles: which of some roles they have.
        place_in: where a thread opens in another channel.
        limits: what the root message that we post in a place counts against.
    """

    in_roles: InRoles = nobody
    place_in: PlaceIn | None = None
    limits: LimitsOf = nothing_counted


UNSEEN = Sees()
"""Of a platform that says nothing."""


class Records:
    """What one process writes down."""

    def __init__(self, runtime: Runtime, *, owner: str) -> None:
        self._runtime = runtime
        self._owner = owner
        self._waits = waits_of(runtime)
        self._together = Together(runtime.pool, wait_s=PATIENCE_S, begin_in_s=BEGIN_IN_S)
        self._roots = OpenedRoots(runtime.pool, wait_s=PATIENCE_S, pause_s=BEGIN_IN_S)

    async def submit(self, asked: VideoCommand, sees: Sees, *, minds_trouble: bool) -> Submitted:
        """Queue what was asked for.

        Args:
            minds_trouble: refuse where results could not be posted lately.

        Raises:
            Refused
            DatabaseAway: for longer than a person waits.
        """
        for pause_s in (*AWAY_S, None):
            try:
                await self._waits.check(asked)
                return await submit(
                    asked,
                    pool=self._runtime.pool,
                    terms=self._runtime.terms,
                    owner=self._owner,
                    wait_s=PATIENCE_S,
                    minds_trouble=minds_trouble,
                    in_roles=sees.in_roles,
                    place_in=sees.place_in,
                    limits=sees.limits,
                    together=self._together,
                )
            except DatabaseAway as error:
                if pause_s is None or error.waited:
                    raise
                await asyncio.sleep(pause_s)
        raise AssertionError("unreachable")

    async def opened(self, delivery: Delivery, *, thread: Thread, message_id: MessageId) -> None:
        """Record a root message that is up, and try for minutes."""
        for pause_s in (*RECORD_S, None):
            try:
                await self._roots.record(delivery, thread=thread, message_id=message_id)
            except DatabaseAway:
                log.warning("root.not_recorded", generation_id=str(delivery.generation_id), again_in_s=pause_s)
                if pause_s is not None:
                    await asyncio.sleep(pause_s)
            else:
                return
