"""A generation and its attempts: the rows as values. What is to be done with them next is `steps`' decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from core.domain.errors import ErrorClass, Refusal
from core.domain.generations.state_reason import StateReason
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
from core.domain.requests.fallback import Elsewhere, Fallback
from core.domain.requests.pricing import Fitted
from core.domain.requests.request import VideoRequest


class State(StrEnum):
    ASKING = "asking"
    """An admin has to let it go: nothing is consumed yet, and it ends by itself at `start_by`."""
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
    has_audio: bool | None = None
    """None where it was stored before anybody looked."""

    @property
    def poster_key(self) -> str:
        """Where a still of it is kept, if one could be made."""
        return self.key.removesuffix(".mp4") + ".jpg"


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
    reason: StateReason
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
    fallback: Fallback = Fallback.ANY
    elsewhere: Elsewhere = Elsewhere.OFFER
    """What the workspace had chosen when this was asked for."""
    updated_at: datetime | None = None
    asked_by: str | None = None
    """The person's name, where the platform does not show it by itself."""
    locale: str | None = None
    place_locale: str | None = None
    """The languages of the person and of the place, as the platform names them; None: nobody has said."""
    hidden_at: datetime | None = None
    """From when on nobody brings it back: a manager has hidden it, or it was deleted."""
    deleted_at: datetime | None = None
    """Somebody has deleted it."""
    take_of: GenerationId | None = None
    """The first of several takes of the same, if it is one of them; `take` counts from 0, `takes` is how many."""
    take: int = 0
    takes: int = 1
    picked_at: datetime | None = None
    """Somebody has chosen this one of the takes."""
    decided_by: MemberId | None = None
    """The admin who let it go, or declined it, where it had to ask."""

    @property
    def quoted(self) -> int:
        """What is taken for it: the dearest provider's price, known before anything is consumed."""
        return self.consumed or max(self.prices.values(), default=0)


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
    failures: int = 0
    """How many questions in a row about its task have failed."""
    refusal: Refusal | None = None
    """Of CONTENT_POLICY: what was refused, and by whose rule."""
    missing_since: datetime | None = None
    """Since when its vendor has been saying that it knows no such task, and `missing_polls` how often in a row."""
    missing_polls: int = 0
    claimed_at: datetime | None = field(default=None, compare=False)
    """When its poll was taken up, by the database's clock; None where it was only read."""

    @property
    def ran_s(self) -> float | None:
        """Seconds from acceptance to the end, where both are known."""
        if self.accepted_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.accepted_at).total_seconds()
