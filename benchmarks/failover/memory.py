"""`core.db.health.route_health` in memory instead of Postgres: rows, who is to blame, and the retry budget."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from benchmarks.failover.trace import Move
from benchmarks.failover.world import VENDORS, p95_s
from core.domain.health import health_score
from core.domain.health.config import HealthConfig, RoutingConfig
from core.domain.health.events import AttemptEvent, AttemptFailed, AttemptSucceeded, Event, Overdue, Started
from core.domain.health.route_health import RouteHealth, Transition, new_route
from core.domain.health.state_machine import step
from core.domain.health.transitions import settle
from core.domain.ids import ProviderName, RouteKey
from core.domain.routing.decisions import RoutingContext

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
ROUTES = {ProviderName(vendor): (RouteKey(vendor),) for vendor in VENDORS}
P95_S: Mapping[RouteKey, float] = {RouteKey(vendor): p95_s(vendor) for vendor in VENDORS}


def moment(seconds: float) -> datetime:
    """Seconds of the simulation as a datetime of the product."""
    return EPOCH + timedelta(seconds=seconds)


def second(moment: datetime) -> float:
    """A datetime of the product as seconds of the simulation."""
    return (moment - EPOCH).total_seconds()


def moves_of(transitions: Iterable[Transition]) -> list[Move]:
    """The routes' transitions in the words of the simulation, by time."""
    found = [Move(str(t.route), second(t.at), t.from_state, t.to_state, t.reason) for t in transitions]
    return sorted(found, key=lambda move: (move.at, move.vendor))


@dataclass(frozen=True, slots=True)
class Admitted:
    """A route's answer to an attempt that asks to be made: it may begin, perhaps as a probe, or why not."""

    refused: str | None
    epoch: int
    is_probe: bool


class Memory:
    """The health of all routes, as the store keeps it."""

    def __init__(self, health: HealthConfig, routing: RoutingConfig) -> None:
        self.health, self.routing = health, routing
        self.rows: dict[RouteKey, RouteHealth] = {
            route: new_route(route, now=EPOCH, slots=10**6, hedge_tokens=health.hedge_burst) for route in P95_S
        }
        self._transitions: list[Transition] = []
        self._blames: dict[RouteKey, deque[health_score.Blame]] = defaultdict(deque)
        self._first: deque[float] = deque()
        self._extra: dict[RouteKey, deque[float]] = defaultdict(deque)

    def tell(self, route: RouteKey, event: Event, now: datetime) -> None:
        """Apply an event to a route's health."""
        if isinstance(event, AttemptSucceeded | AttemptFailed | Overdue):
            event = self._weighed(route, event, now)
        stepped = step(self.rows[route], event, now, self.health)
        self.rows[route] = stepped.row
        self._transitions += stepped.transitions

    def start(self, route: RouteKey, started: Started, now: datetime, *, is_first: bool) -> Admitted:
        """Ask a route for an attempt."""
        stepped = step(self.rows[route], started, now, self.health)
        self.rows[route] = row = stepped.row
        self._transitions += stepped.transitions
        minute_s = (now - EPOCH).total_seconds() // 60 * 60
        (self._first if is_first else self._extra[route]).append(minute_s)
        is_probe = any(probe.ref == str(started.ref) for probe in row.probes)
        return Admitted(stepped.refused, row.epoch, is_probe)

    def around(self, now: datetime) -> RoutingContext:
        """What routing wants to know. Starts are counted by the minute, as in the store."""
        horizon_s = (now - EPOCH).total_seconds() - self.routing.extra_window_s - 60
        for times in (self._first, *self._extra.values()):
            while times and times[0] <= horizon_s:
                times.popleft()
        extras = {route: len(times) for route, times in self._extra.items()}
        return RoutingContext(routes=ROUTES, health=self.rows, p95_s=P95_S, extras=extras, jobs=len(self._first))

    def transitions(self) -> Sequence[Transition]:
        """All of them, in order."""
        return self._transitions

    def _weighed(self, route: RouteKey, event: AttemptEvent, now: datetime) -> AttemptEvent:
        """The event with its attempt's standing, which from now on includes it."""
        blames, attempt = self._blames[route], event.attempt
        horizon = now - timedelta(seconds=health_score.blames_window_s(self.health))
        while blames and blames[0].at < horizon:
            blames.popleft()
        known = health_score.standing(attempt, blames, now=now, config=self.health)
        event = replace(event, attempt=replace(attempt, standing=known))
        counted = max(known.counted, health_score.weight(event, self.health))
        if not counted:
            return event
        for blame in [blame for blame in blames if blame.ref == attempt.ref]:
            blames.remove(blame)
        is_current = attempt.epoch == settle(self.rows[route], now, self.health).row.epoch
        if is_current and not isinstance(event, AttemptSucceeded):
            blames.append(
                health_score.Blame(
                    ref=attempt.ref,
                    member=attempt.member,
                    epoch=attempt.epoch,
                    at=now,
                    counted=counted,
                    factor=known.factor,
                )
            )
        return event
