"""Every number of provider health and routing, with the defaults that were found by simulation.

Durations are seconds, and every duration's name ends in `_s`: `scaled` finds them by that.
"""

import dataclasses
from dataclasses import dataclass
from typing import Self

from core.domain.time_scale import TimeScale


class _Scalable:
    """A frozen dataclass whose durations can be scaled."""

    def scaled(self, time_scale: TimeScale) -> Self:
        """The same numbers where time runs faster or slower."""
        faster: dict[str, object] = {}
        for field in dataclasses.fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            value = getattr(self, field.name)
            if field.name.endswith("_s"):
                faster[field.name] = (
                    tuple(map(time_scale.scaled, value)) if isinstance(value, tuple) else time_scale.scaled(value)
                )
        return dataclasses.replace(self, **faster)  # type: ignore[type-var]  # every subclass is a dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthConfig(_Scalable):
    """What counts for and against a route, when it is demoted, and how it comes back."""

    # What one attempt counts. An attempt counts its worst, not its sum.
    success_weight: float = 0.35
    submit_failure_weight: float = 1.75
    run_failure_weight: float = 2.0
    overdue_weight: float = 1.0
    """A running attempt older than p95."""
    very_overdue_weight: float = 2.0
    """A running attempt older than 1.5 × p95."""
    timeout_weight: float = 2.5
    half_life_s: float = 1800

    # One member's bad outcomes on one route count these shares of their weight, and nothing after them.
    damping: tuple[float, ...] = (1.0, 0.5)
    damping_window_s: float = 1800

    threshold_min: float = 5.0
    threshold_max: float = 9.0
    threshold_slope: float = 2.0
    threshold_rate: float = 60.0
    """The rate, in attempts per `rate_window_s`, from which a route needs more evidence."""
    rate_window_s: float = 3600

    slow_window_s: float = 3600
    slow_of: int = 12
    slow_least: int = 6
    slow_share: float = 0.5

    free_check_every_s: float = 60
    free_checks_bad: int = 3
    free_check_stale_s: float = 180
    """A failed free check older than this no longer keeps a route from its probe: the sweeper may be dead."""
    recheck_s: float = 30

    # How long a demotion lasts: base · 2^e, at most the cap, ± the jitter.
    quick_base_s: float = 30
    quick_cap_s: float = 300
    """After failed submits and free checks: finding out again costs seconds."""
    costly_base_s: float = 60
    costly_cap_s: float = 600
    """After anything else: finding out again costs minutes."""
    jitter: float = 0.2
    backoff_max: int = 8
    backoff_decay_s: float = 1800

    probe_window_max: int = 8
    probes_to_restore: int = 3
    probe_idle_s: float = 900
    probe_late_factor: float = 1.5

    hold_auth_s: float = 300
    hold_quota_s: float = 1800
    hold_model_gone_s: float = 1800

    cooldown_base_s: float = 15
    cooldown_cap_s: float = 600
    cooldown_again_s: float = 120

    slots: int = 20
    """How many attempts a route may have in flight where nothing is configured for it."""
    slot_shrink: float = 0.7
    slot_grow_every: int = 10

    panic_every_s: float = 5
    panic_burst: int = 5
    hedge_share: float = 0.05
    hedge_burst: float = 10.0

    # invalid_request may be one person's picture; met by several people it is what the vendor accepts that has changed.
    not_accepted_people: int = 3
    not_accepted_window_s: float = 600

    # content_policy is the person's affair, until most requests of a route meet it.
    refusals_window_s: float = 900
    refusals_least: int = 20
    refusals_share: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingConfig(_Scalable):
    """What one generation may try, how often, and how long it waits in between."""

    window_s: float = 900
    accepted_max: int = 4
    """Accepted attempts of one generation; a longer chain raises it to its length. A hedge comes on top."""
    submits_max: int = 14

    quick_retry_s: float = 2
    clean_score: float = 0.1
    """Up to this score a route counted as clean before a failed submit: one more submit goes to it at once."""
    retry_waits_s: tuple[float, ...] = (5, 10)
    panic_waits_s: tuple[float, ...] = (5, 10, 20, 40, 60)
    idle_waits_s: tuple[float, ...] = (5, 10, 20, 40, 60)
    slot_wait_s: float = 5
    queue_look_s: float = 30
    """Who stands near the head of a queue looks around so often even if nobody calls."""
    shortest_wait_s: float = 0.5

    probe_spare_s: float = 120
    probe_late_factor: float = 1.5

    extra_share: float = 0.2
    extra_plus: int = 10
    extra_window_s: float = 600

    hedge_late_factor: float = 1.5
    hedge_reserve_factor: float = 1.3
    hedge_look_s: float = 5
    """How often an attempt that takes long is looked at: its route may fall ill at any time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyConfig(_Scalable):
    """How long attempts are expected to take, and when waiting ends."""

    history_s: float = 7 * 86_400
    samples_least: int = 50
    samples_max: int = 1_000
    rise_a_day: float = 0.10
    day_s: float = 86_400
    refresh_s: float = 600

    timeout_factor: float = 2.5
    timeout_min_s: float = 180
    timeout_max_s: float = 600
