"""The states of a route: how it moves from one to the next, and the timers that move it by themselves.

Which events move it is `health`'s decision.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias, assert_never

from core.domain.backoff import backoff_s
from core.domain.errors import ErrorClass
from core.domain.health import health_score
from core.domain.health.config import HealthConfig
from core.domain.health.route_health import HealthState, Reason, RouteHealth, Transition, later, seconds_since
from core.domain.ids import RouteKey

Words: TypeAlias = Mapping[str, str | int | float]

_QUICK = frozenset({Reason.SUBMIT, Reason.LIVENESS, Reason.PROBE_SUBMIT})
_TIMERS_MAX = 6
"""Timers that can fire one after another while nothing else happens; the longest chain is four."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepped:
    """A row after an event, and the transitions on the way: those of timers that were due first."""

    row: RouteHealth
    transitions: tuple[Transition, ...] = ()
    refused: str | None = None
    """Why a Started may not start. None for every other event."""


def settle(row: RouteHealth, now: datetime, config: HealthConfig) -> Stepped:
    """The row with every timer fired that is due by now, at the moment it was due.

    Whoever reads a row settles it, so no route waits for a process that may be dead.
    """
    transitions: list[Transition] = []
    for _ in range(_TIMERS_MAX):
        fired = _fire(row, now, config)
        if fired is None:
            break
        row = fired.row
        transitions += fired.transitions
    if row.state is HealthState.HEALTHY and row.e:
        row = _with_decayed_backoff(row, now, config)
    return Stepped(row=row, transitions=tuple(transitions))


def moved(
    row: RouteHealth,
    to: HealthState,
    reason: Reason,
    at: datetime,
    config: HealthConfig,
    *,
    words: Words,
    until: datetime | None = None,
) -> Stepped:
    """The row in its new state, with everything forgotten that belonged to the old one."""
    transition = Transition(
        route=row.route,
        at=at,
        from_state=row.state,
        to_state=to,
        reason=reason,
        epoch=row.epoch + 1,
        score=health_score.score(row, at, config),
        until=until,
        evidence=words,
    )
    after = replace(
        row,
        state=to,
        since=at,
        until=until,
        reason=reason,
        note=str(words["text"]),
        epoch=row.epoch + 1,
        e_at=at if to is HealthState.HEALTHY else row.e_at,
        score=0.0,
        score_at=at,
        successes=(),
        bad=(),
        probe_window=1,
        probes=(),
        probe_ok=0,
        probe_last=None,
    )
    return Stepped(row=after, transitions=(transition,))


def demoted(row: RouteHealth, reason: Reason, now: datetime, config: HealthConfig, words: Words) -> Stepped:
    """The row at the back of the chain, each time for longer than the last."""
    base_s, cap_s = (
        (config.quick_base_s, config.quick_cap_s) if reason in _QUICK else (config.costly_base_s, config.costly_cap_s)
    )
    lasts_s = backoff_s(row.e + 1, first_s=base_s, most_s=cap_s) * (
        1 + config.jitter * jitter(row.route, row.epoch + 1)
    )
    row = replace(row, e=min(config.backoff_max, row.e + 1), e_at=now)
    return moved(row, HealthState.DEMOTED, reason, now, config, until=later(now, lasts_s), words=words)


def held(
    row: RouteHealth, error_class: ErrorClass, reset_s: float | None, now: datetime, config: HealthConfig
) -> Stepped:
    """The row taken out of every chain until a stated reset or a while has passed. An operator's hold stays."""
    reason, default_s = {
        ErrorClass.AUTH: (Reason.AUTH, config.hold_auth_s),
        ErrorClass.QUOTA_EXHAUSTED: (Reason.QUOTA, config.hold_quota_s),
    }.get(error_class, (Reason.MODEL_GONE, config.hold_model_gone_s))
    until = later(now, default_s if reset_s is None else reset_s)
    if row.state is HealthState.HELD:
        if row.until is None or row.reason is Reason.OPERATOR:
            return Stepped(row=row)
        return Stepped(row=replace(row, until=max(row.until, until)))
    text = {
        Reason.AUTH: "our key was not accepted",
        Reason.QUOTA: "our quota or balance there is used up",
    }.get(reason, "the model is gone")
    return moved(row, HealthState.HELD, reason, now, config, until=until, words={"text": text})


def passes_free_check(row: RouteHealth, now: datetime, config: HealthConfig) -> bool:
    """Whether the last free check, if it is recent enough to mean anything, was answered."""
    return row.live_bad == 0 or row.live_at is None or seconds_since(row.live_at, now) > config.free_check_stale_s


def jitter(route: RouteKey, epoch: int) -> float:
    """In [-1, 1], the same for everyone who asks about this epoch of this route."""
    digest = hashlib.blake2b(f"{route}/{epoch}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / float(2**63) - 1.0


def _fire(row: RouteHealth, now: datetime, config: HealthConfig) -> Stepped | None:
    """The next timer that is due, fired."""
    match row.state:
        case HealthState.HEALTHY:
            return None
        case HealthState.DEMOTED | HealthState.HELD:
            if row.until is None or now < row.until:
                return None
            if not passes_free_check(row, now, config):
                rechecks = seconds_since(row.until, now) // config.recheck_s + 1
                return Stepped(row=replace(row, until=later(row.until, rechecks * config.recheck_s)))
            was_held = row.state is HealthState.HELD
            was_slow = row.reason is Reason.SLOW
            reason = Reason.HOLD_ENDED if was_held else Reason.SLOW_DUE if was_slow else Reason.DUE
            text = f"the {'hold' if was_held else 'demotion'} is over, now probes decide"
            return moved(row, HealthState.PROBING, reason, row.until, config, words={"text": text})
        case HealthState.PROBING:
            late_at = min((probe.until for probe in row.probes), default=None)
            if late_at is not None:
                if now < late_at:
                    return None
                return demoted(row, Reason.PROBE_LATE, late_at, config, {"text": "a probe is over 1.5 × p95 old"})
            unwanted_at = later(max(row.since, row.probe_last or row.since), config.probe_idle_s)
            if now < unwanted_at:
                return None
            words: Words = {"text": f"nobody needed a probe for {config.probe_idle_s / 60:.0f} min"}
            return moved(row, HealthState.HEALTHY, Reason.UNWANTED, unwanted_at, config, words=words)
        case _:
            assert_never(row.state)


def _with_decayed_backoff(row: RouteHealth, now: datetime, config: HealthConfig) -> RouteHealth:
    steps = min(row.e, int(seconds_since(row.e_at, now) // config.backoff_decay_s))
    if not steps:
        return row
    return replace(row, e=row.e - steps, e_at=later(row.e_at, steps * config.backoff_decay_s))
