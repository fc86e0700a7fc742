"""Records the requests that a bot has accepted and the messages that it has posted, however busy the database is.

Requests that arrive at the same moment are written together, and decided by rules that are read once.
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
"""Seconds between tries while the database does not answer. A busy database is waited for much longer."""
BEGIN_IN_S = 1.0
"""Seconds for which a worker leaves a new generation alone unless a hint names it: root messages come first."""
RECORD_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)
"""Between tries to record a message that is up. Who looks for it later finds it the harder the more lies above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sees:
    """The facts about a person that only the platform can tell.

    Args:
        in_roles: asks which of the given roles the person has.
        place_in: gives the place in another channel in which a thread opens.
        limits: gives the rate limits that a root message in a place counts against.
    """

    in_roles: InRoles = nobody
    place_in: PlaceIn | None = None
    limits: LimitsOf = nothing_counted


UNSEEN = Sees()
"""For a platform that tells nothing."""


class Records:
    """The records of one process."""

    def __init__(self, runtime: Runtime, *, owner: str) -> None:
        self._runtime = runtime
        self._owner = owner
        self._waits = waits_of(runtime)
        self._together = Together(runtime.pool, wait_s=PATIENCE_S, begin_in_s=BEGIN_IN_S)
        self._roots = OpenedRoots(runtime.pool, wait_s=PATIENCE_S, pause_s=BEGIN_IN_S)

    async def submit(self, asked: VideoCommand, sees: Sees, *, minds_trouble: bool) -> Submitted:
        """Queue a request.

        Args:
            minds_trouble: refuse the request where results could not be posted lately.

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
        """Record a root message that was posted; try again for minutes."""
        for pause_s in (*RECORD_S, None):
            try:
                await self._roots.record(delivery, thread=thread, message_id=message_id)
            except DatabaseAway:
                log.warning("root.not_recorded", generation_id=str(delivery.generation_id), again_in_s=pause_s)
                if pause_s is not None:
                    await asyncio.sleep(pause_s)
            else:
                return
