"""How outcomes add up: what an attempt weighs, how weight fades, and how much of it demotes a route."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from core.domain.errors import ErrorClass
from core.domain.generations.retry import Effect, Stage, policy
from core.domain.health.config import HealthConfig
from core.domain.health.events import (
    AttemptEvent,
    AttemptFacts,
    AttemptFailed,
    AttemptSucceeded,
    Overdue,
    Overdueness,
    Standing,
)
from core.domain.health.route_health import AttemptRef, Bad, BadKind, RouteHealth, Success, seconds_since
from core.domain.ids import MemberId

_HALF_LIVES = 6
"""After which hardly anything is left of an outcome."""
_REMEMBERED = 24
"""Bad outcomes that a row remembers, for words only: more than it takes to demote at the highest threshold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """What one attempt has on record against its route."""

    ref: AttemptRef
    member: MemberId | None
    epoch: int
    at: datetime
    """When it last counted."""
    counted: float
    factor: float


def weight(event: AttemptEvent, config: HealthConfig) -> float:
    """What the attempt weighs once this has happened, before damping; 0 where nothing speaks against the route."""
    match event:
        case AttemptSucceeded():
            return 0.0
        case Overdue(by=Overdueness.P95):
            return config.overdue_weight
        case Overdue():
            return config.very_overdue_weight
        case AttemptFailed(error_class=ErrorClass.INVALID_REQUEST):
            return config.submit_failure_weight if is_everybodys(event, config) else 0.0
        case AttemptFailed(error_class=error_class, stage=stage):
            if policy(error_class, stage=stage).effect is not Effect.BAD:
                return 0.0
            if stage is Stage.SUBMIT:
                return config.submit_failure_weight
            return config.timeout_weight if error_class is ErrorClass.TIMEOUT else config.run_failure_weight
        case _:
            assert_never(event)


def is_everybodys(event: AttemptFailed, config: HealthConfig) -> bool:
    """Whether the route refuses the requests of so many people that it is to blame, and none of them."""
    return event.error_class is ErrorClass.INVALID_REQUEST and event.people >= config.not_accepted_people


def bad_kind(event: AttemptFailed | Overdue) -> BadKind:
    """The event in the words that operators read."""
    match event:
        case Overdue():
            return BadKind.OVERDUE
        case AttemptFailed(error_class=ErrorClass.INVALID_REQUEST):
            return BadKind.NOT_ACCEPTED
        case AttemptFailed(stage=Stage.SUBMIT):
            return BadKind.SUBMIT
        case AttemptFailed(error_class=ErrorClass.TIMEOUT):
            return BadKind.TIMEOUT
        case AttemptFailed():
            return BadKind.RUN
        case _:
            assert_never(event)


def standing(attempt: AttemptFacts, blames: Iterable[Blame], *, now: datetime, config: HealthConfig) -> Standing:
    """What counts for this attempt's next evidence.

    The first bad outcome of a member on a route counts in full, the second half, further ones within the window
    nothing: one person's prompts must not demote a route. Nor may they over hours: all that a member has against a
    route at a time stays below what two timeouts in a row weigh. An attempt keeps the share that it started with.

    Args:
        attempt: the attempt.
        blames: what the route has on record for this attempt, and for its member in the last `blames_window_s`.
        now: the time.
        config: the numbers.
    """
    earlier, outstanding = 0, 0.0
    for blame in blames:
        if blame.ref == attempt.ref:
            counted = blame.counted if blame.epoch == attempt.epoch else 0.0
            return Standing(counted=counted, factor=blame.factor)
        if attempt.member is None or blame.member != attempt.member:
            continue
        age_s = seconds_since(blame.at, now)
        if age_s < config.damping_window_s:
            earlier += 1
        if blame.epoch == attempt.epoch:
            outstanding += config.timeout_weight * blame.factor * 0.5 ** (age_s / config.half_life_s)
    if attempt.member is None:
        return Standing()
    share = config.damping[earlier] if earlier < len(config.damping) else 0.0
    room = sum(config.damping) - outstanding / config.timeout_weight
    return Standing(factor=max(0.0, min(share, room)))


def blames_window_s(config: HealthConfig) -> float:
    """For how long a member's bad outcomes matter to the weight of the next one."""
    return max(config.damping_window_s, _HALF_LIVES * config.half_life_s)


def score(row: RouteHealth, now: datetime, config: HealthConfig) -> float:
    """The evidence against the route, as much of it as has not faded."""
    return float(row.score * 0.5 ** (seconds_since(row.score_at, now) / config.half_life_s))


def rate(row: RouteHealth, now: datetime, config: HealthConfig) -> float:
    """Attempts in the last hour, in effect: older ones fade."""
    return row.rate * math.exp(-seconds_since(row.rate_at, now) / config.rate_window_s)


def threshold(row: RouteHealth, now: datetime, config: HealthConfig) -> float:
    """The score from which the route is demoted: the busier the route, the more it takes."""
    per_hour = max(rate(row, now, config), 1e-9)
    raised = config.threshold_min + config.threshold_slope * math.log10(per_hour / config.threshold_rate)
    return min(config.threshold_max, max(config.threshold_min, raised))


def counted_start(row: RouteHealth, now: datetime, config: HealthConfig) -> RouteHealth:
    """The row with one more attempt in its rate."""
    return replace(row, rate=rate(row, now, config) + 1, rate_at=max(now, row.rate_at))


def with_success(row: RouteHealth, event: AttemptSucceeded, now: datetime, config: HealthConfig) -> RouteHealth:
    """The row after a success: its own loan is taken back, and a timely one speaks for the route."""
    taken = event.attempt.standing.counted * event.attempt.standing.factor
    earned = 0.0 if event.slow else config.success_weight
    recent = (*row.successes, Success(at=now, slow=event.slow))[-config.slow_of :]
    ref = str(event.attempt.ref)
    return replace(
        row,
        score=max(0.0, score(row, now, config) - taken - earned),
        score_at=max(now, row.score_at),
        successes=tuple(s for s in recent if seconds_since(s.at, now) <= config.slow_window_s),
        bad=tuple(b for b in row.bad if b.ref != ref),
    )


def with_bad(row: RouteHealth, event: AttemptFailed | Overdue, now: datetime, config: HealthConfig) -> RouteHealth:
    """The row after a bad outcome: whatever it weighs more than what the attempt has on record."""
    known = event.attempt.standing
    added = max(0.0, weight(event, config) - known.counted) * known.factor
    ref = str(event.attempt.ref)
    bad = row.bad
    if known.factor > 0:
        bad = (*(b for b in bad if b.ref != ref), Bad(ref=ref, at=now, kind=bad_kind(event)))[-_REMEMBERED:]
    return replace(row, score=score(row, now, config) + added, score_at=max(now, row.score_at), bad=bad)


def is_slow(row: RouteHealth, now: datetime, config: HealthConfig) -> bool:
    """Whether the last successes took too long too often."""
    recent = [s for s in row.successes if seconds_since(s.at, now) <= config.slow_window_s]
    slow = sum(1 for s in recent if s.slow)
    return len(recent) >= config.slow_least and slow >= config.slow_share * len(recent)


def in_words(row: RouteHealth, now: datetime, config: HealthConfig) -> dict[str, str | int | float]:
    """What speaks against the route: `text` as in "3 run failures in 4 min", and its numbers."""
    recent = [b for b in row.bad if seconds_since(b.at, now) <= 2 * config.half_life_s]
    counts = Counter(b.kind for b in recent)
    over_s = max((seconds_since(b.at, now) for b in recent), default=0.0)
    phrases = [f"{n} {_many(kind, n)}" for kind, n in counts.most_common()]
    text = f"{' and '.join(phrases) or 'nothing recent'} in {_duration(over_s)}"
    return {
        "text": text,
        **{kind.name.lower(): n for kind, n in counts.items()},
        "over_s": round(over_s),
        "score": round(score(row, now, config), 2),
        "threshold": round(threshold(row, now, config), 2),
        "successes": sum(1 for s in row.successes if seconds_since(s.at, now) <= config.slow_window_s),
    }


def slow_in_words(row: RouteHealth) -> dict[str, str | int | float]:
    slow = sum(1 for s in row.successes if s.slow)
    total = len(row.successes)
    return {
        "text": f"{slow} of the last {total} successes took longer than 95 % of them usually do",
        "slow": slow,
        "successes": total,
    }


def refusals_alarm(*, refused: int, total: int, config: HealthConfig) -> bool:
    """Whether so many requests are refused for their content that the vendor's filter, not the prompts, is to blame."""
    return total >= config.refusals_least and refused > config.refusals_share * total


def _many(kind: BadKind, n: int) -> str:
    if n == 1:
        return kind.value
    return "requests that were not accepted" if kind is BadKind.NOT_ACCEPTED else f"{kind.value}s"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
