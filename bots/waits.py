"""Looks at the queues before a request is accepted. All commands of one second share one look.

A quiet queue, in which next to nobody waits, changes more slowly: its look holds for longer, so that a command that
comes alone is spared the round trip.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bots.run_use_case import PATIENCE_S
from core.domain.ids import Installation, PlatformName, generation_id
from core.domain.requests.refusals import TooBusy
from core.domain.requests.tiers import TierName
from core.runtime import Runtime
from core.usecases.requests.honest_wait import check_wait
from core.usecases.requests.submit import VideoCommand

LOOK_S = 1.0
QUIET_S = 10.0
QUIET_SHARE = 0.1
"""A queue is quiet where the wait is at most this share of what is allowed."""
QUIET_MOST = 250
"""So many more fill no quiet queue: 20 at a time, a minute each, begin in 13 minutes."""
KNOWN_MAX = 1000
Queue = tuple[PlatformName, Installation, TierName]

CheckWait = Callable[[VideoCommand], Awaitable[float | None]]
"""How long a request waits at least, or None where nobody knows; raises TooBusy where that is too long."""


@dataclass(slots=True)
class _Look:
    """What a queue was like."""

    at: float
    good_for_s: float = LOOK_S
    left: int = QUIET_MOST
    """So many may still come before the next look."""


class Waits:
    """The state of the queues, as one process saw it last.

    Args:
        allowed_s: how long a request may wait.
        now: seconds, of a clock that never goes back.
    """

    def __init__(self, check: CheckWait, *, allowed_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._check = check
        self._allowed_s = allowed_s
        self._now = now
        self._looked: dict[Queue, _Look] = {}

    async def check(self, asked: VideoCommand) -> None:
        """Refuse a request that would certainly wait longer than it may.

        Raises:
            TooBusy
            DatabaseAway
        """
        key = (asked.platform, asked.installation, asked.request.tier)
        now = self._now()
        look = self._looked.get(key)
        if look is not None:
            look.left -= 1
            if now - look.at < (look.good_for_s if look.left >= 0 else LOOK_S):
                return
        if len(self._looked) >= KNOWN_MAX:
            self._looked.clear()
        look = self._looked[key] = _Look(at=now)
        try:
            waits_s = await self._check(asked)
        except TooBusy:
            self._looked.pop(key, None)  # the next request is refused, too
            raise
        if waits_s is not None and waits_s <= QUIET_SHARE * self._allowed_s:
            look.good_for_s = QUIET_S


def waits_of(runtime: Runtime) -> Waits:
    """The queues as the database knows them."""

    async def check(asked: VideoCommand) -> float | None:
        return await check_wait(
            asked.request,
            known=generation_id(platform=asked.platform, installation=asked.installation, event=asked.event),
            platform=asked.platform,
            installation=asked.installation,
            routes=runtime.by_provider,
            guess_s=runtime.usual_s,
            pool=runtime.pool,
            terms=runtime.terms,
            wait_s=PATIENCE_S,
        )

    return Waits(check, allowed_s=runtime.terms.start_by_s)
