"""The health of a route as a pure state machine: `step` takes a row and an event and gives the row after it.

Health orders the chain of a generation, it never refuses one: only HELD routes and cooldowns keep attempts away.
What outcomes weigh is in `health_score`; the store around the step is `core.db.health.route_health`.
"""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from core.domain.errors import ErrorClass
from core.domain.generations.retry import Effect, Stage, policy
from core.domain.health import health_score
from core.domain.health.config import HealthConfig
from core.domain.health.cooldown import after_success, panic_ready_at, with_cooldown, with_panic
from core.domain.health.events import (
    AttemptFacts,
    AttemptFailed,
    AttemptKind,
    AttemptSucceeded,
    Event,
    FreeCheck,
    Held,
    Overdue,
    Overdueness,
    Released,
    Started,
    Tick,
)
from core.domain.health.route_health import BadKind, HealthState, Reason, RouteHealth, RunningProbe
from core.domain.health.transitions import Stepped, Words, demoted, held, moved, settle

_ANSWERS = frozenset(
    {
        ErrorClass.RATE_LIMITED,
        ErrorClass.INVALID_REQUEST,
        ErrorClass.CONTENT_POLICY,
        ErrorClass.TASK_GONE,
        ErrorClass.MODEL_GONE,
    }
)
"""Answers to a free check that show the vendor to be alive, whatever it thinks of the question."""


_REASONS = {BadKind.SUBMIT: Reason.SUBMIT, BadKind.NOT_ACCEPTED: Reason.NOT_ACCEPTED, BadKind.RUN: Reason.RUN}


def step(row: RouteHealth, event: Event, now: datetime, config: HealthConfig) -> Stepped:
    """The row after the event."""
    settled = settle(row, now, config)
    after = _apply(settled.row, event, now, config)
    if not settled.transitions:
        return after
    return replace(after, transitions=settled.transitions + after.transitions)


def _apply(row: RouteHealth, event: Event, now: datetime, config: HealthConfig) -> Stepped:
    match event:
        case Tick():
            return Stepped(row=row)
        case Started():
            return _started(row, event, now, config)
        case AttemptSucceeded():
            return _succeeded(row, event, now, config)
        case AttemptFailed():
            return _failed(row, event, now, config)
        case Overdue():
            return _overdue(row, event, now, config)
        case FreeCheck():
            return _free_check(row, event, now, config)
        case Held(why=why, until=until):
            return moved(row, HealthState.HELD, Reason.OPERATOR, now, config, until=until, words={"text": why})
        case Released():
            return _released(row, event, now, config)
        case _:
            assert_never(event)


def _started(row: RouteHealth, event: Started, now: datetime, config: HealthConfig) -> Stepped:
    refused = _refusal(row, event, now, config)
    if refused is not None:
        return Stepped(row=row, refused=refused)
    after = health_score.counted_start(row, now, config)
    tokens = min(config.hedge_burst, row.hedge_tokens + config.hedge_share)
    if event.kind is AttemptKind.HEDGE and not event.hedges_sick:
        tokens -= 1
    if event.kind is AttemptKind.PANIC:
        after = with_panic(after, now, config)
    if row.has_probe_room:
        # A panic try of a route that waits for probes is as good as a probe.
        probe = RunningProbe(ref=str(event.ref), until=event.late_at)
        after = replace(after, probes=(*row.probes, probe), probe_last=now)
    return Stepped(row=replace(after, hedge_tokens=max(0.0, tokens)))


def _refusal(row: RouteHealth, event: Started, now: datetime, config: HealthConfig) -> str | None:
    if row.state is HealthState.HELD:
        return f"held: {row.note}"
    if row.is_cooling(now):
        return "cooling down after a rate limit"
    match event.kind:
        case AttemptKind.PROBE:
            return None if row.has_probe_room else "no probe is due"
        case AttemptKind.PANIC:
            return None if panic_ready_at(row, config) <= now else "too many tries at once of a demoted route"
        case AttemptKind.HEDGE:
            if not event.hedges_sick and row.hedge_tokens < 1:
                return "no hedge is left"
        case AttemptKind.NORMAL | AttemptKind.RETRY:
            pass
        case _:
            assert_never(event.kind)
    return None if row.state is HealthState.HEALTHY else f"{row.state} by now"


def _succeeded(row: RouteHealth, event: AttemptSucceeded, now: datetime, config: HealthConfig) -> Stepped:
    if event.attempt.epoch != row.epoch:
        return Stepped(row=row)
    row = after_success(row, config)
    if row.live_bad:
        row = replace(row, live_bad=0)
    match row.state:
        case HealthState.HEALTHY:
            row = health_score.with_success(row, event, now, config)
            if event.slow and health_score.is_slow(row, now, config):
                return demoted(row, Reason.SLOW, now, config, health_score.slow_in_words(row))
            return Stepped(row=row)
        case HealthState.DEMOTED:
            # A try in panic came through: the route is worth a probe at once.
            return Stepped(row=replace(row, until=now if row.until is None else min(now, row.until)))
        case HealthState.PROBING:
            if not event.attempt.is_probe:
                return Stepped(row=row)
            return _probe_ok(_without_probe(row, event.attempt, now), now, config)
        case HealthState.HELD:
            return Stepped(row=row)
        case _:
            assert_never(row.state)


def _probe_ok(row: RouteHealth, now: datetime, config: HealthConfig) -> Stepped:
    row = replace(row, probe_ok=row.probe_ok + 1, probe_window=min(config.probe_window_max, row.probe_window * 2))
    if row.probe_ok < config.probes_to_restore:
        return Stepped(row=row)
    words: Words = {"text": f"{row.probe_ok} probes came through", "probes": row.probe_ok}
    return moved(row, HealthState.HEALTHY, Reason.PROBES_OK, now, config, words=words)


def _failed(row: RouteHealth, event: AttemptFailed, now: datetime, config: HealthConfig) -> Stepped:
    is_stale = event.attempt.epoch != row.epoch
    effect = policy(event.error_class, stage=event.stage).effect
    if health_score.is_everybodys(event, config):
        effect = Effect.BAD
    match effect:
        case Effect.HOLD:
            if is_stale and event.error_class is ErrorClass.MODEL_GONE:
                return Stepped(row=row)  # the route may have moved on to the successor
            return held(row, event.error_class, event.retry_after_s, now, config)
        case Effect.COOLDOWN:
            freed = row if is_stale else _without_probe(row, event.attempt, now)
            cooled = with_cooldown(freed, now, config, retry_after_s=event.retry_after_s, concurrency=event.concurrency)
            return Stepped(row=cooled)
        case Effect.NONE:
            return Stepped(row=row if is_stale else _without_probe(row, event.attempt, now))
        case Effect.BAD:
            return Stepped(row=row) if is_stale else _bad(row, event, now, config)
        case _:
            assert_never(effect)


def _overdue(row: RouteHealth, event: Overdue, now: datetime, config: HealthConfig) -> Stepped:
    if event.attempt.epoch != row.epoch:
        return Stepped(row=row)
    if row.state is HealthState.PROBING and event.by is not Overdueness.VERY:
        return Stepped(row=row)
    return _bad(row, event, now, config)


def _bad(row: RouteHealth, event: AttemptFailed | Overdue, now: datetime, config: HealthConfig) -> Stepped:
    if row.state is HealthState.HEALTHY:
        row = health_score.with_bad(row, event, now, config)
        if row.score < health_score.threshold(row, now, config):
            return Stepped(row=row)
        reason = _REASONS.get(health_score.bad_kind(event), Reason.TIMEOUT)
        return demoted(row, reason, now, config, health_score.in_words(row, now, config))
    if row.state is HealthState.PROBING and event.attempt.is_probe:
        match event:
            case AttemptFailed(stage=Stage.SUBMIT, error_class=error_class):
                return demoted(
                    row, Reason.PROBE_SUBMIT, now, config, {"text": f"a probe's submit failed: {error_class}"}
                )
            case AttemptFailed(error_class=error_class):
                return demoted(row, Reason.PROBE_RUN, now, config, {"text": f"a probe failed: {error_class}"})
            case Overdue():
                return demoted(row, Reason.PROBE_LATE, now, config, {"text": "a probe is over 1.5 × p95 old"})
            case _:
                assert_never(event)
    return Stepped(row=row)


def _free_check(row: RouteHealth, event: FreeCheck, now: datetime, config: HealthConfig) -> Stepped:
    if event.error_class in (ErrorClass.AUTH, ErrorClass.QUOTA_EXHAUSTED):
        return held(row, event.error_class, None, now, config)
    answered = event.ok or event.error_class in _ANSWERS
    row = replace(row, live_bad=0 if answered else row.live_bad + 1, live_at=now)
    if row.state is not HealthState.HEALTHY or row.live_bad < config.free_checks_bad:
        return Stepped(row=row)
    words: Words = {"text": f"{row.live_bad} free checks in a row failed", "free_checks": row.live_bad}
    return demoted(row, Reason.LIVENESS, now, config, words)


def _without_probe(row: RouteHealth, attempt: AttemptFacts, now: datetime) -> RouteHealth:
    if not attempt.is_probe:
        return row
    ref = str(attempt.ref)
    return replace(row, probes=tuple(p for p in row.probes if p.ref != ref), probe_last=now)


def _released(row: RouteHealth, event: Released, now: datetime, config: HealthConfig) -> Stepped:
    if row.state is not HealthState.HELD:
        return Stepped(row=row)
    return moved(row, HealthState.PROBING, Reason.RELEASED, now, config, words={"text": event.why})
