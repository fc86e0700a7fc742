"""A generation and its attempts: the rows as values. What is to be done with them next is `steps`' decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.domain.errors import ErrorClass, Refusal
from core.domain.generations.passed_over import PassedOver
from core.domain.generations.remote_clip import RemoteClip
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
    """One row of `generations`, as the worker that holds it sees it. Times are the database's.

    Args:
        id: made from the platform's own id of the command, so that a repeated command finds its generation.
        team_id, member_id: whose credits it takes, and who asked, by the ledger's numbers.
        platform, installation, user_id: who asked, by the platform's names; `user_id` is None once they are erased.
        place: where its thread is opened. thread: where its messages go; None until the thread is open.
        request: what was asked for, cleaned.
        chain: the providers that it may use, in order; fixed when it is submitted, or let go by an admin.
        prices: by provider of the chain, what its video costs, in credits.
        state, outcome: how far it is, and how it ended; the outcome is None before the end.
        error_class: what it failed of; None unless it failed.
        reason: why it waits, or how it ended.
        version: raised by everything that happens to it. fence: raised by every claim; later writes name it.
        claims: how many claims in a row have ended without a recorded outcome.
        start_by: when it ends if no attempt has begun. window_ends: when it ends without a video; None before the first
            attempt.
        cancel_requested_at: when somebody asked for its end; None if nobody has.
        winner_attempt: the number of the attempt whose video is used.
        consumed: the credits that are held for it. settled: the credits that it cost in the end; None before.
        clip: its stored video. created_at, done_at, updated_at: when it was submitted, ended and last changed.
        fallback, elsewhere: what the workspace had chosen when this was submitted.
        asked_by: the person's name, where the platform does not show it by itself.
        locale, place_locale: the languages of the person and of the place, as the platform names them.
        hidden_at: since when its result may not be shown again, because a manager hid it or somebody deleted it.
        deleted_at: when somebody deleted it.
        take_of: the first of several takes of one request; None where it is the only one.
        take, takes: its number among the takes, counted from 0, and how many there are.
        picked_at: when a person chose this take.
        decided_by: the admin who let it go, or declined it, where it had to ask.
    """

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
    updated_at: datetime | None = None
    asked_by: str | None = None
    locale: str | None = None
    place_locale: str | None = None
    hidden_at: datetime | None = None
    deleted_at: datetime | None = None
    take_of: GenerationId | None = None
    take: int = 0
    takes: int = 1
    picked_at: datetime | None = None
    decided_by: MemberId | None = None

    @property
    def quoted(self) -> int:
        """What is taken for it: the dearest provider's price, known before anything is consumed."""
        return self.consumed or max(self.prices.values(), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One row of `attempts`: one try of a generation at one route. Times are the database's.

    Args:
        n: its number within the generation, counted from 1.
        route, provider, model: where it was sent, as configured then.
        external_id: the id that we give the vendor, to find the task by.
        fitted: what the vendor was asked for: the request, rounded to what the model can make.
        provider_task_id: the vendor's id of the task; None until the vendor has accepted it, or it was found.
        intended_at: when it was written down. send_deadline: after that no worker sends it any more.
        accepted_at, ended_at: when the vendor accepted it, and when its end was recorded.
        deadline_at: when the generation goes on without it. watch_until: when it is polled for the last time.
        fence: raised by every claim of its poll. polls: how many status requests were made.
        progress: from 0 to 1, where the vendor tells it.
        result: where the finished video lies at the vendor; None before.
        error_class, error_detail: why it failed, and the vendor's own words, for operators only.
        epoch: the route's, when this was admitted. is_probe, is_hedge: in what sense it was admitted.
        failures: how many status requests in a row have failed.
        refusal: what was refused and by whose rule, where the error is CONTENT_POLICY.
        missing_since, missing_polls: since when, and how often in a row, the vendor has known no such task.
        running_at: when the vendor was last asked and said that it was running; None: it has never said so.
        claimed_at: when its poll was claimed; None where the row was only read.
        passed: the better providers that it was sent past, and why.
    """

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
    result: RemoteClip | None
    error_class: ErrorClass | None
    error_detail: str | None
    epoch: int
    is_probe: bool
    is_hedge: bool
    failures: int = 0
    refusal: Refusal | None = None
    missing_since: datetime | None = None
    running_at: datetime | None = None
    missing_polls: int = 0
    claimed_at: datetime | None = field(default=None, compare=False)
    passed: tuple[PassedOver, ...] = ()

    @property
    def ran_s(self) -> float | None:
        """Seconds from acceptance to the end, where both are known."""
        if self.accepted_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.accepted_at).total_seconds()
