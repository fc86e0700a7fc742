"""What routing is asked and what it answers: a job, its context, a plan, a decision."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import TypeAlias

from core.domain.errors import ErrorClass, Refusal
from core.domain.generations.passed_over import WhyPassed
from core.domain.generations.plan_record import PlannedRoute, PlanRecord, SkippedRoute
from core.domain.generations.retry import Stage
from core.domain.health.events import AttemptKind
from core.domain.health.route_health import RouteHealth
from core.domain.ids import ProviderName, RouteKey
from core.domain.requests.fallback import Fallback, within


class CandidateOrder(IntEnum):
    """In which order candidates are considered."""

    AGAIN = 0
    """The submit that failed a moment ago at a route with nothing against it."""
    UNTRIED = 1
    RETRY = 2
    PANIC = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """An attempt of this generation, as far as routing cares. A running one is tried, too."""

    route: RouteKey
    provider: ProviderName
    accepted: bool
    error_class: ErrorClass | None = None
    refusal: Refusal | None = None
    stage: Stage = Stage.RUN
    ended_at: datetime | None = None
    """When the generation went on without it; None while it runs."""
    is_late: bool = False
    """Timed out or never confirmed, and still on watch: its video may come yet."""
    is_hedge: bool = False

    @property
    def is_try(self) -> bool:
        """Whether the route had its chance. Being rate limited is not one."""
        return self.error_class is not ErrorClass.RATE_LIMITED


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutedGeneration:
    """One generation, as routing sees it."""

    chain: tuple[ProviderName, ...]
    last_resort: ProviderName | None = None
    fallback: Fallback = Fallback.ANY
    deadline: datetime
    tried: tuple[Tried, ...] = ()
    waits: int = 0
    """Waits since its last attempt in which no route could be tried."""
    patience_s: float = 0.0
    """Seconds that it waits for a better provider's turn while a later one of the chain could take it."""

    @property
    def providers(self) -> tuple[ProviderName, ...]:
        """The providers that the workspace's choice leaves, in order."""
        return within(self.fallback, chain=self.chain, last_resort=self.last_resort)

    @property
    def chain_and_last_resort(self) -> tuple[ProviderName, ...]:
        return within(Fallback.ANY, chain=self.chain, last_resort=self.last_resort)


def _fits(route: RouteKey) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePosition:
    """The queue of a route, as one generation sees it.

    Args:
        ahead: generations before it.
        wait_s: expected seconds until its turn; None where that was not computed.
        waited_s: seconds that it has waited in this queue.
    """

    ahead: int = 0
    wait_s: float | None = None
    waited_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingContext:
    """The facts about routes that one decision is made from. `worker/routing_inputs.py` collects them.

    Args:
        routes: each provider's routes in the order of trying, with successors; from the settings.
        health: the state and the score of each route; rows of `provider_health`.
        p95_s: seconds in which 95 of 100 clips of this length and resolution are ready, by route; from the history of
            attempts, or the route's own `usual_s` without one.
        unfit: why a route cannot make the request ("no first frame", "longest is 8 s"), None where it can; from the
            capabilities of the model.
        free_slots: attempts that a route can take now; from `provider_slots`. A route that is absent has no limit.
        tokens: submits that a route can take now; from its bucket in `route_limits`. An absent route has no limit.
        queues: the queues in which others wait, or in which this generation has to; from `route_queue`.
        overspent: routes whose daily spending limit leaves too little for this generation, with the reason; from
            `route_charges`.
        extras: by route, attempts of the last 10 min that were not the first of their generation; from `attempts`.
        jobs: generations whose first attempt was in the last 10 min; from `attempts`.
    """

    routes: Mapping[ProviderName, tuple[RouteKey, ...]]
    health: Mapping[RouteKey, RouteHealth]
    p95_s: Mapping[RouteKey, float]
    unfit: Callable[[RouteKey], str | None] = _fits
    free_slots: Mapping[RouteKey, int] = field(default_factory=dict)
    tokens: Mapping[RouteKey, float] = field(default_factory=dict)
    queues: Mapping[RouteKey, QueuePosition] = field(default_factory=dict)
    overspent: Mapping[RouteKey, str] = field(default_factory=dict)
    extras: Mapping[RouteKey, int] = field(default_factory=dict)
    jobs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A route in a plan that may be tried."""

    route: RouteKey
    provider: ProviderName
    kind: AttemptKind
    turn: CandidateOrder
    reason: str
    ready_at: datetime
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A route in a plan that is not tried."""

    route: RouteKey
    provider: ProviderName
    reason: str
    until: datetime | None = None
    """The time at which the reason ends, if it is known."""
    may_change: bool = True
    """False where the reason never ends for this generation."""
    why: WhyPassed | None = None
    """The reason as people are told it; None where there is nothing to tell."""
    position: QueuePosition | None = None
    """The queue to wait in, if the route only lacks room."""
    is_fresh: bool = False
    """Whether it is healthy and this generation has not tried it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every route of a generation's chain: those that may be tried in order, and the others."""

    candidates: tuple[Candidate, ...]
    skipped: tuple[Skipped, ...]

    @property
    def queues(self) -> tuple[RouteKey, ...]:
        """The routes that would take it if they had room."""
        return tuple(skipped.route for skipped in self.skipped if skipped.position is not None)

    def record(self) -> PlanRecord:
        """The plan as it is stored with the generation and shown to operators."""
        return PlanRecord(
            candidates=tuple(
                PlannedRoute(route=c.route, kind=c.kind.value, reason=c.reason, ready_at=c.ready_at)
                for c in self.candidates
            ),
            skipped=tuple(SkippedRoute(route=s.route, reason=s.reason, until=s.until) for s in self.skipped),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """Submit to this route now."""

    candidate: Candidate
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitUntil:
    """Decide again at this time."""

    at: datetime
    why: str
    plan: Plan
    queues: tuple[RouteKey, ...] = ()
    """The queues to wait in meanwhile: the generation is woken when its turn comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """The generation fails, and everything is given back."""

    why: str
    plan: Plan


Decision: TypeAlias = Try | WaitUntil | GiveUp
