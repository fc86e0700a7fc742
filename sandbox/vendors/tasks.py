"""A task, the same for all vendors: what it makes, how long it takes, and how it ends. Wire words are not here."""

import math
import random
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sandbox.render import Clip

MEDIAN_S = {"veo": 75.0, "kling": 120.0, "seedance": 60.0, "hailuo": 110.0, "wan": 70.0}
"""How long the real vendors take, roughly; any other takes `MEDIAN_ELSE_S`."""
MEDIAN_ELSE_S = 90.0
SIGMA = 0.35
QUEUED_SHARE = 0.1
"""The part of a task's time in which it waits."""
SLOW = 4.0


class End(StrEnum):
    """What becomes of a task; decided when it is accepted."""

    SUCCEED = "succeed"
    FAIL = "fail"
    REFUSE = "refuse"
    """Content is refused after the task was accepted."""
    INVALID = "invalid"
    """A parameter turns out to be wrong after the task was accepted."""
    MUTE = "mute"
    """It fails and no reason is given."""
    EMPTY = "empty"
    """It ends well, but without a video."""
    STUTTER = "stutter"
    """It ends well, but the first questions for its result fail, where results are asked for apart (fal)."""
    EXPIRE = "expire"
    NEVER = "never"


class Phase(StrEnum):
    """Where a task is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self not in {Phase.QUEUED, Phase.RUNNING}


_PHASE_AT_END = {
    End.SUCCEED: Phase.SUCCEEDED,
    End.FAIL: Phase.FAILED,
    End.REFUSE: Phase.REFUSED,
    End.INVALID: Phase.FAILED,
    End.MUTE: Phase.FAILED,
    End.EMPTY: Phase.SUCCEEDED,
    End.STUTTER: Phase.SUCCEEDED,
    End.EXPIRE: Phase.EXPIRED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When a task was accepted, begins to run, and ends (unix seconds)."""

    created: float
    starts_at: float
    finishes_at: float


@dataclass(slots=True, kw_only=True)
class Task:
    """One job that a vendor accepted.

    `host` is the aggregator that it was asked of, or nothing where that is the vendor itself. `wire` holds what the
    vendor's own module wants to remember of the request; nobody else reads it.
    """

    id: str
    vendor: str
    model: str
    clip: Clip
    end: End
    times: Times
    host: str = ""
    external_id: str = ""
    callback_url: str = ""
    wire: dict[str, Any] = field(default_factory=dict)
    expires_at: float = math.inf
    cancelled_at: float | None = None

    def phase(self, now: float) -> Phase:
        """Where the task is at this time."""
        if self.cancelled_at is not None and now >= self.cancelled_at:
            return Phase.CANCELLED
        if self.end is End.NEVER or now < self.times.finishes_at:
            if now >= self.expires_at:
                return Phase.EXPIRED
            return Phase.QUEUED if now < self.times.starts_at else Phase.RUNNING
        return _PHASE_AT_END[self.end]

    def changed_at(self, now: float) -> float:
        """When the task came into the phase that it is in."""
        match self.phase(now):
            case Phase.QUEUED:
                return self.times.created
            case Phase.RUNNING:
                return self.times.starts_at
            case Phase.CANCELLED:
                return self.cancelled_at or now
            case _:
                return min(self.times.finishes_at, self.expires_at)


def draw_times(*, vendor: str, now: float, factor: float, slow: bool, dice: random.Random) -> Times:
    """How long a new task takes: lognormal around the vendor's median, sped up by the world's factor."""
    seconds = MEDIAN_S.get(vendor, MEDIAN_ELSE_S) * math.exp(dice.gauss(0, SIGMA)) / max(factor, 1e-6)
    if slow:
        seconds *= SLOW
    return Times(created=now, starts_at=now + seconds * QUEUED_SHARE, finishes_at=now + seconds)
