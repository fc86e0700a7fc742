"""A generation and its attempts, and what is to be done next.

`next_step` is the whole state machine: it looks at the rows and names one thing to do. Which route a new attempt takes
is `routing`'s decision; how a step is carried out is the worker's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from core.domain.errors import ErrorClass
from core.domain.ids import (
    GenerationId,
    Installation,
    MemberId,
    PlatformName,
    ProviderName,
    RouteKey,
    TeamId,
    Thread,
    UserId,
)
from core.domain.pricing import Fitted
from core.domain.request import VideoRequest

CLAIMS_MAX = 12
"""Claims in a row without a recorded outcome; more make the row poison: it ends with a refund and an alert."""


WAIT_MAX = timedelta(minutes=1)
"""For an attempt that runs without a deadline, which no row of ours does."""


class State(StrEnum):
    QUEUED = "queued"
    RENDERING = "rendering"
    STORING = "storing"
    DELIVERING = "delivering"
    DONE = "done"


class Outcome(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class AttemptState(StrEnum):
    INTENDED = "intended"
    """The row is committed, the request may have been sent."""
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    AMBIGUOUS = "ambiguous"
    """The request may have started a task that we have no id of."""
    ABANDONED = "abandoned"
    """Cancelled at the vendor, or an ambiguous one that could not be found."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    LATE = "late"
    """Over its deadline and still on watch: its video is used if it comes before its successor's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """The stored video of a generation. Sizes in bytes and pixels."""

    key: str
    sha256: str
    size: int
    width: int
    height: int
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """The row, as its current holder sees it."""

    id: GenerationId
    team_id: TeamId
    member_id: MemberId
    platform: PlatformName
    installation: Installation
    user_id: UserId | None
    place: Thread
    thread: Thread | None
    request: VideoRequest
    chain: tuple[ProviderName, ...]
    prices: Mapping[ProviderName, int]
    state: State
    outcome: Outcome | None
    error_class: ErrorClass | None
    reason: Mapping[str, Any]
    version: int
    fence: int
    claims: int
    start_by: datetime
    window_ends: datetime | None
    cancel_requested_at: datetime | None
    winner_attempt: int | None
    consumed: int
    settled: int | None
    clip: Clip | None
    created_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at one route."""

    generation_id: GenerationId
    n: int
    route: RouteKey
    provider: ProviderName
    model: str
    external_id: UUID
    fitted: Fitted
    state: AttemptState
    provider_task_id: str | None
    intended_at: datetime
    send_deadline: datetime
    accepted_at: datetime | None
    deadline_at: datetime | None
    watch_until: datetime | None
    ended_at: datetime | None
    fence: int
    polls: int
    progress: float | None
    result: Mapping[str, Any] | None
    error_class: ErrorClass | None
    error_detail: str | None
    epoch: int
    is_probe: bool
    is_hedge: bool

    @property
    def ran_s(self) -> float | None:
        """Seconds from acceptance to the end, where both are known."""
        if self.accepted_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.accepted_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Adopt:
    """This attempt has a video and the generation has none yet."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class LookUp:
    """This attempt may run at the vendor under an id that we never got."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Expire:
    """This attempt is over its deadline: the generation goes on, the attempt stays on watch."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Start:
    """No attempt is under way: choose a route."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """The person wants it to stop, and nothing has a video."""


@dataclass(frozen=True, slots=True)
class Store:
    """Fetch the winner's video into our storage, settle, and go on to delivering."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Close:
    """Everything has been said: the generation is done as soon as its deliveries are."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before then, unless an event comes."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Poison:
    """Claimed over and over without an outcome: end it with a refund, and tell the operator."""


NextStep = Adopt | LookUp | Expire | Start | Cancel | Store | Close | Wait | Poison


def next_step(
    generation: Generation, attempts: Sequence[Attempt], *, now: datetime, find_lags: Mapping[RouteKey, timedelta]
) -> NextStep:
    """The one thing to do with a generation that has just been claimed.

    Args:
        attempts: all of them, by number.
        find_lags: by route, how late a vendor's list may show a task; a route that cannot look is not in it.
    """
    if generation.claims > CLAIMS_MAX and generation.state is not State.DELIVERING:
        return Poison()
    match generation.state:
        case State.QUEUED | State.RENDERING:
            return _while_open(generation, attempts, now=now, find_lags=find_lags)
        case State.STORING:
            winner = next(a for a in attempts if a.n == generation.winner_attempt)
            return Store(winner)
        case State.DELIVERING | State.DONE:
            return Close()


def _while_open(
    generation: Generation, attempts: Sequence[Attempt], *, now: datetime, find_lags: Mapping[RouteKey, timedelta]
) -> NextStep:
    by_state: dict[AttemptState, list[Attempt]] = {}
    for attempt in attempts:
        by_state.setdefault(attempt.state, []).append(attempt)

    if usable := [a for a in by_state.get(AttemptState.SUCCEEDED, ()) if a.result is not None]:
        return Adopt(usable[0])
    for attempt in by_state.get(AttemptState.INTENDED, []) + by_state.get(AttemptState.AMBIGUOUS, []):
        look_at = attempt.send_deadline + find_lags.get(attempt.route, timedelta())
        if attempt.route in find_lags and now < look_at:
            return Wait(look_at)
        return LookUp(attempt)
    if generation.cancel_requested_at is not None:
        return Cancel()
    running = by_state.get(AttemptState.ACCEPTED, [])
    for attempt in running:
        if attempt.deadline_at is not None and attempt.deadline_at <= now:
            return Expire(attempt)
    if running:
        deadlines = [attempt.deadline_at for attempt in running if attempt.deadline_at is not None]
        return Wait(min(deadlines, default=now + WAIT_MAX))
    return Start()


def counted(attempts: Sequence[Attempt]) -> int:
    """How many attempts a vendor accepted, or may have."""
    refused = (AttemptState.REJECTED,)
    return sum(1 for attempt in attempts if attempt.state not in refused)
