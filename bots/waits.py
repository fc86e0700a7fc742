"""Looks at the queues before a request is accepted. All commands of one second share one look."""

import time

from bots.run_use_case import PATIENCE_S
from core.domain.ids import Installation, PlatformName, generation_id
from core.domain.requests.refusals import TooBusy
from core.domain.requests.tiers import TierName
from core.runtime import Runtime
from core.usecases.requests.honest_wait import check_wait
from core.usecases.requests.submit import VideoCommand

LOOK_S = 1.0
KNOWN_MAX = 1000
Queue = tuple[PlatformName, Installation, TierName]


class Waits:
    """The state of the queues, as one process saw it last."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._looked: dict[Queue, float] = {}

    async def check(self, asked: VideoCommand) -> None:
        """Refuse a request that would certainly wait longer than it may.

        Raises:
            TooBusy
            DatabaseAway
        """
        key = (asked.platform, asked.installation, asked.request.tier)
        now = time.monotonic()
        if now - self._looked.get(key, -LOOK_S) < LOOK_S:
            return
        if len(self._looked) >= KNOWN_MAX:
            self._looked.clear()
        self._looked[key] = now
        try:
            await check_wait(
                asked.request,
                known=generation_id(platform=asked.platform, installation=asked.installation, event=asked.event),
                platform=asked.platform,
                installation=asked.installation,
                routes=self._runtime.by_provider,
                guess_s=self._runtime.usual_s,
                pool=self._runtime.pool,
                terms=self._runtime.terms,
                wait_s=PATIENCE_S,
            )
        except TooBusy:
            del self._looked[key]  # the next request is refused, too
            raise
