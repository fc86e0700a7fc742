"""What can happen to a route: the events that `health.step` takes.

Facts about the attempt come with the event. What only the store knows (`Standing`) is filled in there.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from core.domain.errors import ErrorClass
from core.domain.generations.retry import Stage
from core.domain.health.route_health import AttemptRef
from core.domain.ids import MemberId


class AttemptKind(StrEnum):
    """Why an attempt is made; it decides what the route must allow."""

    NORMAL = "normal"
    PROBE = "probe"
    RETRY = "retry"
    PANIC = "panic"
    HEDGE = "hedge"


class Overdueness(StrEnum):
    """How late a running attempt is."""

    P95 = "p95"
    VERY = "very"
    """1.5 × p95."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an attempt's route already holds against it, and how much its member's bad outcomes weigh there."""

    counted: float = 0.0
    """The weight on record, before damping."""
    factor: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFacts:
    """The attempt an event is about."""

    ref: AttemptRef
    epoch: int
    """The route's epoch when the attempt was admitted."""
    is_probe: bool = False
    member: MemberId | None = None
    standing: Standing = field(default_factory=Standing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """An attempt asks to be made. May be refused."""

    ref: AttemptRef
    kind: AttemptKind
    late_at: datetime
    """When the attempt, if it becomes a probe, is late: 1.5 × p95 from now."""
    hedges_sick: bool = False
    """A hedge of an attempt on a sick route takes no token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptSucceeded:
    """An attempt gave a clip."""

    attempt: AttemptFacts
    slow: bool
    """It took longer than p95."""
    took_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailed:
    """An attempt ended without a clip, or ran into its timeout."""

    attempt: AttemptFacts
    error_class: ErrorClass
    stage: Stage
    retry_after_s: float | None = None
    """For rate_limited the vendor's Retry-After, for auth and quota_exhausted the time to the stated reset."""
    people: int = 0
    """For invalid_request: how many people this route has lately told so, this attempt's person among them."""
    concurrency: bool = False
    """A rate_limited that complains of too many tasks at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """An attempt is still running although it should be done."""

    attempt: AttemptFacts
    by: Overdueness


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeCheck:
    """The authenticated request that costs nothing was answered, or not."""

    ok: bool
    error_class: ErrorClass | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An operator takes the route out."""

    why: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """An operator, or a successor model, gives the route its chance again."""

    why: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Nothing but time passed."""


AttemptEvent: TypeAlias = AttemptSucceeded | AttemptFailed | Overdue
"""What one attempt says about its route."""
Event: TypeAlias = Started | AttemptEvent | FreeCheck | Held | Released | Tick
