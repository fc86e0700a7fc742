"""What is to be done next with a generation: the whole state machine.

`next_step` looks at the rows and names one thing to do. Which route a new attempt takes is `routing`'s decision, and
whether a slow one is hedged `hedging`'s; how a step is carried out is the worker's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from core.domain.generations.generation import Attempt, AttemptState, Generation, State
from core.domain.ids import RouteKey

CLAIMS_MAX = 12
"""Claims in a row without a recorded outcome; more make the row poison: it ends with a refund and an alert."""

WAIT_MAX = timedelta(minutes=1)
"""For an attempt that runs without a deadline, which no row of ours does."""


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
class ConsiderHedge:
    """This attempt takes long: see whether it is hedged."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Cancel:
    """The person wants it to stop, and nothing has a video."""


@dataclass(frozen=True, slots=True)
class Lapse:
    """No admin has decided in time."""


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


NextStep = Adopt | LookUp | Expire | Start | ConsiderHedge | Cancel | Lapse | Store | Close | Wait | Poison


def next_step(
    generation: Generation,
    attempts: Sequence[Attempt],
    *,
    now: datetime,
    find_lags: Mapping[RouteKey, timedelta],
    long_at: Mapping[int, datetime] = MappingProxyType({}),
) -> NextStep:
    """The one thing to do with a generation that has just been claimed.

    Args:
        attempts: all of them, by number.
        find_lags: by route, how late a vendor's list may show a task; a route that cannot look is not in it.
        long_at: by number of a running attempt, from when on it takes long; one that is not in it is never hedged.
    """
    if generation.claims > CLAIMS_MAX and generation.state is not State.DELIVERING:
        return Poison()
    match generation.state:
        case State.ASKING if generation.cancel_requested_at is not None:
            return Cancel()
        case State.ASKING:
            return Lapse() if generation.start_by <= now else Wait(generation.start_by)
        case State.QUEUED | State.RENDERING:
            return _while_open(generation, attempts, now=now, find_lags=find_lags, long_at=long_at)
        case State.STORING:
            winner = next(a for a in attempts if a.n == generation.winner_attempt)
            return Store(winner)
        case State.DELIVERING | State.DONE:
            return Close()


def _while_open(
    generation: Generation,
    attempts: Sequence[Attempt],
    *,
    now: datetime,
    find_lags: Mapping[RouteKey, timedelta],
    long_at: Mapping[int, datetime],
) -> NextStep:
    by_state: dict[AttemptState, list[Attempt]] = {}
    for attempt in attempts:
        by_state.setdefault(attempt.state, []).append(attempt)

    if usable := [a for a in by_state.get(AttemptState.SUCCEEDED, ()) if a.result is not None]:
        return Adopt(min(usable, key=lambda attempt: attempt.ended_at or now))
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
        return _while_running(generation, attempts, running, now=now, long_at=long_at)
    return Cancel() if wants_no_more(generation) else Start()


def rest_after(
    generation: Generation,
    tried: Sequence[Attempt],
    attempt: Attempt,
    *,
    window_s: float,
    limit_s: float,
    long_at: datetime,
) -> timedelta | None:
    """For how long there is nothing to do once a vendor has accepted an attempt; None: there is something at once.

    Args:
        tried: all other attempts.
        attempt: as it was intended.
        window_s: how long the delivery window is, which runs from the first attempt on.
        limit_s: how long the attempt may take.
        long_at: from when on it takes long.

    All of it as if the vendor had answered at once: a rest is counted from the answer.
    """
    now = attempt.intended_at
    ends = generation.window_ends or now + timedelta(seconds=window_s)
    running = replace(
        attempt,
        state=AttemptState.ACCEPTED,
        accepted_at=now,
        deadline_at=min(ends, now + timedelta(seconds=limit_s)),
    )
    step = next_step(
        replace(generation, claims=0),
        [*tried, running],
        now=now,
        find_lags={},
        long_at={attempt.n: long_at},
    )
    return step.until - now if isinstance(step, Wait) else None


def _while_running(
    generation: Generation,
    attempts: Sequence[Attempt],
    running: Sequence[Attempt],
    *,
    now: datetime,
    long_at: Mapping[int, datetime],
) -> NextStep:
    ends_at = min((a.deadline_at for a in running if a.deadline_at is not None), default=now + WAIT_MAX)
    look_at = long_at.get(running[0].n) if _may_be_hedged(generation, attempts, running) else None
    if look_at is None:
        return Wait(ends_at)
    return ConsiderHedge(running[0]) if look_at <= now else Wait(min(ends_at, look_at))


def _may_be_hedged(generation: Generation, attempts: Sequence[Attempt], running: Sequence[Attempt]) -> bool:
    """Whether a second attempt beside the one that runs is thinkable: one hedge a generation, and none unwanted."""
    return len(running) == 1 and not any(a.is_hedge for a in attempts) and not wants_no_more(generation)


def wants_no_more(generation: Generation) -> bool:
    """The person has cancelled, and the vendor at work could not stop: its video is taken, but no other is begun."""
    return generation.reason.cannot_stop is not None
