"""How long a request takes at a route: what history says, or the configured guess, and the limits that follow."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.health.config import LatencyConfig
from core.domain.health.route_health import seconds_since
from core.domain.ids import RouteKey


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyKey:
    """Requests that take about equally long: one operation, duration and resolution at one route."""

    route: RouteKey
    operation: str
    """What is asked for, such as text or image."""
    duration_s: int
    lines: int
    """The short edge in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """The usual durations of a request, in seconds."""

    p5_s: float
    p50_s: float
    p90_s: float
    p95_s: float
    samples: int
    """How many successes it was learned from; 0 where it is the configured guess."""


def prior(p50_s: float, *, p95_s: float | None = None) -> Latency:
    """A guess for a route without history, from its usual duration. The tail is drawn wide, so that it is not slow."""
    p95_s = 2.0 * p50_s if p95_s is None else p95_s
    return Latency(p5_s=0.5 * p50_s, p50_s=p50_s, p90_s=0.85 * p95_s, p95_s=p95_s, samples=0)


def risen(before_p95_s: float, measured_p95_s: float, *, at: datetime, now: datetime, config: LatencyConfig) -> float:
    """The new p95: what was measured, but risen by no more than the allowed share a day.

    A provider that slows down over days must not become its own measure at once.
    """
    days = seconds_since(at, now) / config.day_s
    return min(measured_p95_s, before_p95_s * float((1 + config.rise_a_day) ** days))


def timeout_s(latency: Latency, config: LatencyConfig, *, ceiling_s: float | None = None) -> float:
    """How long a generation waits for an attempt before it goes on.

    Args:
        latency: what is usual.
        config: the numbers.
        ceiling_s: a route's own upper limit for this duration, where the general one is too short.
    """
    return min(ceiling_s or config.timeout_max_s, max(config.timeout_min_s, config.timeout_factor * latency.p95_s))
