"""Our side of `failover`: the product's pure functions, driven in simulated time.

Nothing is decided here. `routing.decide` chooses, `hedging.hedge` adds, `health.step` remembers; this file carries
them out and tells them what happened, as the worker does.
"""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from benchmarks._failover_rivals import LATE_S, Clock, timeout_s
from benchmarks._failover_tally import Tally
from benchmarks._failover_world import (
    RETRY_AFTER_S,
    SUBMIT_S,
    VENDORS,
    WINDOW_S,
    End,
    Fate,
    Kind,
    Request,
    World,
    p95_s,
)
from core.domain import evidence
from core.domain.errors import ErrorClass
from core.domain.health import step
from core.domain.health_config import HealthConfig, RoutingConfig
from core.domain.health_events import (
    AttemptEvent,
    AttemptFacts,
    AttemptKind,
    Event,
    Failed,
    FreeCheck,
    Overdue,
    Overdueness,
    Started,
    Succeeded,
)
from core.domain.health_states import settle
from core.domain.hedging import Running, hedge
from core.domain.ids import GenerationId, MemberId, ProviderName, RouteKey
from core.domain.retry import Stage
from core.domain.route_health import AttemptRef, HealthState, RouteHealth, Transition, new_route
from core.domain.routes import Candidate, Job, Surroundings, Tried, Try, WaitUntil
from core.domain.routing import decide

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
ROUTES = {ProviderName(vendor): (RouteKey(vendor),) for vendor in VENDORS}
P95_S = {RouteKey(vendor): p95_s(vendor) for vendor in VENDORS}
HEDGE_LOOK_S = 5.0
"""How often a running attempt is looked at: the worker does it at every poll."""


@dataclass
class Run:
    """A generation under way."""

    request: Request
    tried: list[Tried] = field(default_factory=list)
    waits: int = 0
    open: bool = True
    running: int = 0


@dataclass(frozen=True)
class Attempt:
    """One attempt under way."""

    n: int
    vendor: str
    started: float
    fate: Fate
    facts: AttemptFacts
    is_hedge: bool

    @property
    def timeout_at(self) -> float:
        return self.started + timeout_s(self.vendor)


class Ours:
    """The product's decisions in a world."""

    def __init__(self, world: World, *, sees: frozenset[Kind]) -> None:
        self.world, self.clock, self.tally = world, Clock(), Tally(world)
        self.health, self.routing = HealthConfig(), RoutingConfig()
        self.sees = sees
        self.rows: dict[RouteKey, RouteHealth] = {
            route: new_route(route, now=EPOCH, slots=10**6, hedge_tokens=self.health.hedge_burst) for route in P95_S
        }
        self.blames: dict[RouteKey, deque[evidence.Blame]] = defaultdict(deque)
        self.first: deque[float] = deque()
        self.extra: dict[RouteKey, deque[float]] = defaultdict(deque)
        self.transitions: list[Transition] = []

    def run(self) -> Tally:
        for request in self.world.requests:
            if not request.is_poison:
                self.tally.asked[request.tier] += 1
            self.clock.at(request.at, self._bound(self._decide, Run(request)))
        self._schedule_checks()
        self.clock.run()
        for transition in self.transitions:
            moves = {HealthState.DEMOTED: self.tally.demotions, HealthState.HEALTHY: self.tally.restorations}
            if transition.to_state in moves and transition.from_state is not HealthState.PROBING:
                moves[transition.to_state].append((transition.route, self._seconds(transition.at)))
            elif transition.to_state is HealthState.HEALTHY:
                self.tally.restorations.append((transition.route, self._seconds(transition.at)))
        return self.tally

    # Time and bookkeeping

    def _bound(self, what: Callable[..., None], *args: object) -> Callable[[], None]:
        return lambda: what(*args)

    def _now(self) -> datetime:
        return EPOCH + timedelta(seconds=self.clock.now)

    def _seconds(self, at: datetime) -> float:
        return (at - EPOCH).total_seconds()

    def _tell(self, vendor: str, event: Event) -> str | None:
        """A route hears of something; returns why a start was refused."""
        route, now = RouteKey(vendor), self._now()
        if isinstance(event, Succeeded | Failed | Overdue):
            event = self._weighed(route, event, now)
        stepped = step(self.rows[route], event, now, self.health)
        self.rows[route] = stepped.row
        self.transitions += stepped.transitions
        return stepped.refused

    def _weighed(self, route: RouteKey, event: AttemptEvent, now: datetime) -> AttemptEvent:
        blames, attempt = self.blames[route], event.attempt
        horizon = now - timedelta(seconds=evidence.blames_window_s(self.health))
        while blames and blames[0].at < horizon:
            blames.popleft()
        known = evidence.standing(attempt, blames, now=now, config=self.health)
        event = replace(event, attempt=replace(attempt, standing=known))
        counted = max(known.counted, evidence.weight(event, self.health))
        if not counted and not known.counted:
            return event
        mine = [blame for blame in blames if blame.ref == attempt.ref]
        for blame in mine:
            blames.remove(blame)
        if not isinstance(event, Succeeded) and attempt.epoch == settle(self.rows[route], now, self.health).row.epoch:
            blames.append(
                evidence.Blame(
                    ref=attempt.ref,
                    member=attempt.member,
                    epoch=attempt.epoch,
                    at=now,
                    counted=counted,
                    factor=known.factor,
                )
            )
        return event

    def _around(self) -> Surroundings:
        horizon = self.clock.now - self.routing.extra_window_s
        for times in (self.first, *self.extra.values()):
            while times and times[0] < horizon:
                times.popleft()
        extras = {route: len(times) for route, times in self.extra.items()}
        return Surroundings(routes=ROUTES, health=self.rows, p95_s=P95_S, extras=extras, jobs=len(self.first))

    def _job(self, run: Run) -> Job:
        return Job(
            chain=tuple(ProviderName(vendor) for vendor in run.request.chain),
            deadline=EPOCH + timedelta(seconds=run.request.at + WINDOW_S),
            tried=tuple(run.tried),
            waits=run.waits,
        )

    # One generation

    def _decide(self, run: Run) -> None:
        if not run.open or run.running:
            return
        made = decide(self._job(run), self._around(), now=self._now(), health=self.health, routing=self.routing)
        if isinstance(made, Try):
            run.waits = 0
            self._start(run, made.candidate)
        elif isinstance(made, WaitUntil):
            run.waits += 1
            self.clock.at(self._seconds(made.at) + 1e-6, self._bound(self._decide, run))
        else:
            run.open = False

    def _start(self, run: Run, candidate: Candidate, *, is_hedge: bool = False, hedges_sick: bool = False) -> None:
        vendor, now = str(candidate.provider), self._now()
        ref = AttemptRef(GenerationId(UUID(int=run.request.n)), len(run.tried) + 1)
        late_at = now + timedelta(seconds=self.health.probe_late_factor * P95_S[candidate.route])
        kind = AttemptKind.HEDGE if is_hedge else candidate.kind
        refused = self._tell(vendor, Started(ref=ref, kind=kind, late_at=late_at, hedges_sick=hedges_sick))
        assert refused is None, f"{vendor} refused what was decided a moment ago: {refused}"
        (self.extra[candidate.route] if run.tried else self.first).append(self.clock.now)
        row = self.rows[candidate.route]
        k = sum(1 for tried in run.tried if tried.provider == candidate.provider)
        attempt = Attempt(
            n=len(run.tried),
            vendor=vendor,
            started=self.clock.now,
            fate=self.world.fate(run.request, vendor, k, self.clock.now),
            facts=AttemptFacts(
                ref=ref,
                epoch=row.epoch,
                is_probe=any(probe.ref == str(ref) for probe in row.probes),
                member=MemberId(run.request.member),
            ),
            is_hedge=is_hedge,
        )
        run.tried.append(
            Tried(route=candidate.route, provider=candidate.provider, accepted=True, is_hedge=is_hedge)
        )
        run.running += 1
        self.tally.submits += 1
        self._schedule(run, attempt)

    def _schedule(self, run: Run, attempt: Attempt) -> None:
        """Everything that will happen to the attempt, as far as it lives that long."""
        p95, ends_at = P95_S[RouteKey(attempt.vendor)], attempt.started + attempt.fate.after_s
        for by, age_s in ((Overdueness.P95, p95), (Overdueness.VERY, self.health.probe_late_factor * p95)):
            if age_s < min(attempt.fate.after_s, timeout_s(attempt.vendor)):
                self.clock.at(attempt.started + age_s, self._bound(self._overdue, run, attempt, by))
        if attempt.timeout_at < ends_at:
            self.clock.at(attempt.timeout_at, self._bound(self._times_out, run, attempt))
        if ends_at <= attempt.timeout_at + LATE_S:
            self.clock.at(ends_at, self._bound(self._ends, run, attempt))

    def _overdue(self, run: Run, attempt: Attempt, by: Overdueness) -> None:
        self._tell(attempt.vendor, Overdue(attempt=attempt.facts, by=by))
        if by is Overdueness.P95:
            self._look(run, attempt)

    def _look(self, run: Run, attempt: Attempt) -> None:
        """Ask whether the attempt needs company; and again, as long as it runs."""
        ended = run.tried[attempt.n].ended_at is not None
        if ended or not run.open or attempt.is_hedge or self.clock.now >= attempt.timeout_at:
            return
        running = Running(
            route=RouteKey(attempt.vendor),
            started_at=EPOCH + timedelta(seconds=attempt.started),
            timeout_at=EPOCH + timedelta(seconds=attempt.timeout_at),
            epoch=attempt.facts.epoch,
            is_probe=attempt.facts.is_probe,
        )
        found = hedge(
            self._job(run), running, self._around(), now=self._now(), health=self.health, routing=self.routing
        )
        if found is not None:
            self._start(run, found.candidate, is_hedge=True, hedges_sick=found.hedges_sick)
        else:
            self.clock.at(self.clock.now + HEDGE_LOOK_S, self._bound(self._look, run, attempt))

    def _times_out(self, run: Run, attempt: Attempt) -> None:
        event = Failed(attempt=attempt.facts, error_class=ErrorClass.TIMEOUT, stage=Stage.RUN)
        self._tell(attempt.vendor, event)
        self._goes_on(run, attempt, ErrorClass.TIMEOUT, Stage.RUN, is_late=True)

    def _ends(self, run: Run, attempt: Attempt) -> None:
        is_late = self.clock.now > attempt.timeout_at
        match attempt.fate.end:
            case End.OK:
                took_s = attempt.fate.after_s
                slow = took_s > P95_S[RouteKey(attempt.vendor)]
                self._tell(attempt.vendor, Succeeded(attempt=attempt.facts, slow=slow, took_s=took_s))
                self._delivers(run, attempt)
                return
            case End.RATE_LIMITED:
                error, stage = ErrorClass.RATE_LIMITED, Stage.SUBMIT
            case End.SUBMIT_ERROR:
                error, stage = ErrorClass.TRANSIENT_SERVER, Stage.SUBMIT
            case _:
                error, stage = ErrorClass.TRANSIENT_SERVER, Stage.RUN
        retry_after_s = RETRY_AFTER_S if error is ErrorClass.RATE_LIMITED else None
        self._tell(
            attempt.vendor,
            Failed(attempt=attempt.facts, error_class=error, stage=stage, retry_after_s=retry_after_s),
        )
        if not is_late:
            self._goes_on(run, attempt, error, stage)
        else:
            run.tried[attempt.n] = replace(run.tried[attempt.n], is_late=False)
            self._decide(run)

    def _delivers(self, run: Run, attempt: Attempt) -> None:
        if run.open and self.clock.now <= run.request.at + WINDOW_S:
            run.open = False
            self.tally.deliver(run.request, self.clock.now)
        elif not run.request.is_poison:
            self.tally.waste(attempt.vendor)
        if run.tried[attempt.n].ended_at is None:
            run.running -= 1
            run.tried[attempt.n] = replace(run.tried[attempt.n], ended_at=self._now())

    def _goes_on(
        self, run: Run, attempt: Attempt, error: ErrorClass, stage: Stage, *, is_late: bool = False
    ) -> None:
        run.running -= 1
        run.tried[attempt.n] = replace(
            run.tried[attempt.n],
            accepted=stage is Stage.RUN,
            error_class=error,
            stage=stage,
            ended_at=self._now(),
            is_late=is_late,
        )
        self._decide(run)

    # The free check

    def _schedule_checks(self) -> None:
        """Free checks, from the first that fails to the first that is answered again."""
        every = self.health.free_check_every_s
        for vendor in VENDORS:
            for spell in self.world.outages[vendor].all:
                if spell.kind in self.sees:
                    at = spell.start + every / 2
                    while at < spell.end + every:
                        self.clock.at(at, self._bound(self._check, vendor))
                        at += every

    def _check(self, vendor: str) -> None:
        spell = self.world.outages[vendor].at(self.clock.now)
        ok = spell is None or spell.kind not in self.sees
        self._tell(vendor, FreeCheck(ok=ok))


__all__ = ["SUBMIT_S", "Ours"]
