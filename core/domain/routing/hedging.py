"""Whether a running attempt is hedged: a second attempt in parallel, at most one a generation, first result wins.

Hedging every slow tail is not worth its price; probes, sick routes and generations that would run out of time are.
"""

from dataclasses import dataclass
from datetime import datetime

from core.domain.health.config import HealthConfig, RoutingConfig
from core.domain.health.events import AttemptKind
from core.domain.health.route_health import HealthState, later, seconds_since
from core.domain.health.transitions import settle
from core.domain.ids import RouteKey
from core.domain.routing.decisions import Candidate, Plan, RoutedGeneration, RoutingContext
from core.domain.routing.router import plan


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningAttempt:
    """The attempt that a generation waits for. It is among the generation's tried ones, too."""

    route: RouteKey
    started_at: datetime
    timeout_at: datetime
    epoch: int
    is_probe: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StartHedge:
    """Start this one as well."""

    candidate: Candidate
    hedges_sick: bool
    """The first attempt's route is sick: the hedge takes no token."""
    why: str
    plan: Plan


def long_at(*, accepted_at: datetime, p95_s: float) -> datetime:
    """From when on a running attempt takes long, and is looked at until it is hedged or ends."""
    return later(accepted_at, p95_s)


def hedge(
    job: RoutedGeneration,
    running: RunningAttempt,
    around: RoutingContext,
    *,
    now: datetime,
    health: HealthConfig,
    routing: RoutingConfig,
) -> StartHedge | None:
    """The second attempt to make beside a running one, if it is worth it by now."""
    p95_s = around.p95_s[running.route]
    age_s = seconds_since(running.started_at, now)
    if age_s < p95_s or now >= job.deadline or any(tried.is_hedge for tried in job.tried):
        return None
    row = settle(around.health[running.route], now, health).row
    is_sick = running.is_probe or row.state is not HealthState.HEALTHY or row.epoch != running.epoch
    if not is_sick and age_s < routing.hedge_late_factor * p95_s:
        return None
    planned = plan(job, around, now=now, health=health, routing=routing)
    # A normal attempt is one at a healthy route that this generation has not tried.
    candidate = next((each for each in planned.candidates if each.kind is AttemptKind.NORMAL), None)
    if candidate is None:
        return None
    if is_sick:
        why = "a probe takes long" if running.is_probe else f"{running.route} is {row.state} by now"
        return StartHedge(candidate=candidate, hedges_sick=True, why=why, plan=planned)
    reserve_s = routing.hedge_reserve_factor * around.p95_s[candidate.route]
    too_late = later(running.timeout_at, reserve_s) > job.deadline
    if not too_late or around.health[candidate.route].hedge_tokens < 1:
        return None
    return StartHedge(candidate=candidate, hedges_sick=False, why="no time to wait for the timeout", plan=planned)
