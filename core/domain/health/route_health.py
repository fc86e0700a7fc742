"""What is remembered of one route's health: its row, its states and the transitions between them.

`health` moves the row; `routing` reads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.ids import GenerationId, RouteKey


class HealthState(StrEnum):
    """Where a route stands. Only HELD keeps generations away; the others order the chain."""

    HEALTHY = "healthy"
    DEMOTED = "demoted"
    PROBING = "probing"
    HELD = "held"


class Reason(StrEnum):
    """Why a route went where it is."""

    NEW = "new"
    # demoted
    SUBMIT = "submit"
    NOT_ACCEPTED = "not_accepted"
    RUN = "run"
    TIMEOUT = "timeout"
    SLOW = "slow"
    LIVENESS = "liveness"
    PROBE_SUBMIT = "probe_submit"
    PROBE_RUN = "probe_run"
    PROBE_LATE = "probe_late"
    # probing
    DUE = "due"
    SLOW_DUE = "slow_due"
    HOLD_ENDED = "hold_ended"
    RELEASED = "released"
    # healthy
    PROBES_OK = "probes_ok"
    UNWANTED = "unwanted"
    # held
    AUTH = "auth"
    QUOTA = "quota"
    MODEL_GONE = "model_gone"
    OPERATOR = "operator"


class BadKind(StrEnum):
    """What an attempt did badly, in the words that operators read."""

    SUBMIT = "submit failure"
    NOT_ACCEPTED = "request that was not accepted"
    RUN = "run failure"
    OVERDUE = "overdue attempt"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class AttemptRef:
    """Which attempt of which generation."""

    generation: GenerationId
    n: int

    def __str__(self) -> str:
        return f"{self.generation}/{self.n}"


@dataclass(frozen=True, slots=True)
class RunningProbe:
    """A probe in flight, and when it is late."""

    ref: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Success:
    """A finished attempt, as far as slowness is concerned."""

    at: datetime
    slow: bool


@dataclass(frozen=True, slots=True)
class Bad:
    """An attempt that counts against its route."""

    ref: str
    at: datetime
    kind: BadKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteHealth:
    """One row of `provider_health`, which only `state_machine.step` changes.

    Args:
        state, since, until: where the route stands, since when, and when that ends by itself; None: it does not.
        reason, note: why it went there: a word for code, and the evidence in words for operators.
        epoch: raised by every transition; an outcome of an attempt from an earlier epoch is old news.
        e, e_at: the exponent of the next demotion's length, and since when it fades.
        score, score_at: the evidence against the route, and the time that it was computed for; it fades.
        rate, rate_at: attempts lately, in attempts per `rate_window_s`, and the time that it was computed for.
        successes, bad: the latest good and bad outcomes, newest last.
        probe_window: how many probes may run at once. probes: those that run. probe_ok: how many succeeded in a row.
        probe_last: when the last probe began.
        cooldown_until, cooldown_k: after a 429: until when nothing is submitted, and how often that came soon again.
        live_bad, live_at: how many free checks in a row failed, and when the last one was made.
        slots, slots_max: how many attempts may run at once now, and as configured.
        slots_ok: successes since the last change of `slots`.
        panic_due: when the bucket of tries in panic is full again; None: it is.
        hedge_tokens: how many hedged requests the route can pay for.
    """

    route: RouteKey
    state: HealthState = HealthState.HEALTHY
    since: datetime
    until: datetime | None = None
    reason: Reason = Reason.NEW
    note: str = ""
    epoch: int = 0

    e: int = 0
    e_at: datetime
    score: float = 0.0
    score_at: datetime
    rate: float = 0.0
    rate_at: datetime
    successes: tuple[Success, ...] = ()
    bad: tuple[Bad, ...] = ()

    probe_window: int = 1
    probes: tuple[RunningProbe, ...] = ()
    probe_ok: int = 0
    probe_last: datetime | None = None

    cooldown_until: datetime | None = None
    cooldown_k: int = 0
    live_bad: int = 0
    live_at: datetime | None = None

    slots: int
    slots_max: int
    slots_ok: int = 0
    panic_due: datetime | None = None
    hedge_tokens: float

    @property
    def has_probe_room(self) -> bool:
        """Whether one more probe may start now."""
        return self.state is HealthState.PROBING and len(self.probes) < self.probe_window

    @property
    def is_only_slow(self) -> bool:
        """Whether slowness alone set it aside: its videos come, so it may be tried as often as there is room."""
        return self.reason in (Reason.SLOW, Reason.SLOW_DUE)

    def is_held(self, now: datetime) -> bool:
        """Whether it is taken out, and not only until a moment that has passed."""
        return self.state is HealthState.HELD and (self.until is None or now < self.until)

    def is_cooling(self, now: datetime) -> bool:
        """Whether the vendor asked us to stay away for now."""
        return self.cooldown_until is not None and now < self.cooldown_until


def new_route(route: RouteKey, *, now: datetime, slots: int, hedge_tokens: float) -> RouteHealth:
    """A route nobody has used yet: healthy until it shows otherwise."""
    return RouteHealth(
        route=route,
        since=now,
        e_at=now,
        score_at=now,
        rate_at=now,
        slots=slots,
        slots_max=slots,
        hedge_tokens=hedge_tokens,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A route changed its state: what an operator reads when asking why."""

    route: RouteKey
    at: datetime
    from_state: HealthState
    to_state: HealthState
    reason: Reason
    epoch: int
    score: float
    until: datetime | None
    evidence: Mapping[str, str | int | float] = field(default_factory=dict)
    """Always has `text`, one readable phrase; the rest are its numbers."""


def later(at: datetime, seconds: float) -> datetime:
    return at + timedelta(seconds=seconds)


def seconds_since(then: datetime, now: datetime) -> float:
    """Seconds from then to now; 0 where clocks or transactions crossed."""
    return max(0.0, (now - then).total_seconds())
