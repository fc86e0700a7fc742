"""Our side of `failover`: the product's pure functions, driven in simulated time.

Nothing is decided here. `routing.decide` chooses, `hedging.hedge` adds, `health.step` remembers; this file carries
them out and tells them what happened, as the worker does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from benchmarks._failover_memory import EPOCH, P95_S, Memory, moment
from benchmarks._failover_rivals import LATE_S, Clock, timeout_s
from benchmarks._failover_tally import Tally
from benchmarks._failover_world import RETRY_AFTER_S, VENDORS, WINDOW_S, End, Fate, Kind, Request, World
from core.db.health import Admission
from core.domain.errors import ErrorClass
from core.domain.health_config import HealthConfig, RoutingConfig
from core.domain.health_events import (
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
from core.domain.hedging import Running, hedge
from core.domain.ids import GenerationId, MemberId, ProviderName, RouteKey
from core.domain.retry import Stage
from core.domain.route_health import AttemptRef, HealthState, Transition, later
from core.domain.routes import Candidate, Job, Surroundings, Tried, Try, WaitUntil
from core.domain.routing import decide

HEDGE_LOOK_S = 5.0
"""How often a running attempt is looked at: the worker does it at every poll."""
_ERRORS = {
    End.RATE_LIMITED: (ErrorClass.RATE_LIMITED, Stage.SUBMIT, RETRY_AFTER_S),
    End.SUBMIT_ERROR: (ErrorClass.TRANSIENT_SERVER, Stage.SUBMIT, None),
    End.RUN_ERROR: (ErrorClass.TRANSIENT_SERVER, Stage.RUN, None),
}


class Store(Protocol):
    """What remembers how the routes are: memory, or the product's tables."""

    def tell(self, route: RouteKey, event: Event, now: datetime) -> None: ...

    def start(self, route: RouteKey, started: Started, now: datetime, *, is_first: bool) -> Admission: ...

    def around(self, now: datetime) -> Surroundings: ...

    def transitions(self) -> Sequence[Transition]: ...


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
    route: RouteKey
    started: float
    timeout_at: float
    fate: Fate
    facts: AttemptFacts
    is_hedge: bool


class Ours:
    """The product's decisions in a world.

    Args:
        world: what happens.
        sees: the kinds of outage in which the free check fails, too.
        store: where the health of the routes is kept; None for memory.
    """

    def __init__(self, world: World, *, sees: frozenset[Kind], store: Store | None = None) -> None:
        self.world, self.clock, self.tally = world, Clock(), Tally(world)
        self.health, self.routing = HealthConfig(), RoutingConfig()
        self.store: Store = Memory(self.health, self.routing) if store is None else store
        self.sees = sees

    def run(self) -> Tally:
        for request in self.world.requests:
            if not request.is_poison:
                self.tally.asked[request.tier] += 1
            self._later(request.at, self._decide, Run(request))
        self._schedule_checks()
        self.clock.run()
        for moved in self.store.transitions():
            at_s = (moved.at - EPOCH).total_seconds()
            if moved.to_state is HealthState.DEMOTED and moved.from_state is HealthState.HEALTHY:
                self.tally.demotions.append((moved.route, at_s))
            if moved.to_state is HealthState.HEALTHY:
                self.tally.restorations.append((moved.route, at_s))
        return self.tally

    def _later(self, at: float, what: Callable[..., None], *args: object) -> None:
        self.clock.at(at, lambda: what(*args))

    def _job(self, run: Run) -> Job:
        return Job(
            chain=tuple(ProviderName(vendor) for vendor in run.request.chain),
            deadline=moment(run.request.at + WINDOW_S),
            tried=tuple(run.tried),
            waits=run.waits,
        )

    def _decide(self, run: Run) -> None:
        if not run.open or run.running:
            return
        now = moment(self.clock.now)
        around = self.store.around(now)
        made = decide(self._job(run), around, now=now, health=self.health, routing=self.routing)
        if isinstance(made, Try):
            run.waits = 0
            self._start(run, made.candidate, made.candidate.kind)
        elif isinstance(made, WaitUntil):
            run.waits += 1
            # A microsecond more: times are rounded to one.
            self._later((made.at - EPOCH).total_seconds() + 1e-6, self._decide, run)
        else:
            run.open = False

    def _start(self, run: Run, candidate: Candidate, kind: AttemptKind, *, hedges_sick: bool = False) -> None:
        route, vendor, now = candidate.route, str(candidate.provider), self.clock.now
        ref = AttemptRef(GenerationId(UUID(int=run.request.n)), len(run.tried) + 1)
        late_at = later(moment(now), self.health.probe_late_factor * P95_S[route])
        started = Started(ref=ref, kind=kind, late_at=late_at, hedges_sick=hedges_sick)
        admitted = self.store.start(route, started, moment(now), is_first=not run.tried)
        assert admitted.refused is None, f"{vendor} refused what was decided a moment ago: {admitted.refused}"
        attempt = Attempt(
            n=len(run.tried),
            route=route,
            started=now,
            timeout_at=now + timeout_s(vendor),
            fate=self.tally.fate(run.request, vendor, sum(t.route == route for t in run.tried), now),
            facts=AttemptFacts(
                ref=ref,
                epoch=admitted.epoch,
                is_probe=admitted.is_probe,
                member=MemberId(run.request.member),
            ),
            is_hedge=kind is AttemptKind.HEDGE,
        )
        tried = Tried(route=route, provider=candidate.provider, accepted=True, is_hedge=attempt.is_hedge)
        run.tried.append(tried)
        run.running += 1
        self.tally.submits += 1
        self._schedule(run, attempt)

    def _schedule(self, run: Run, attempt: Attempt) -> None:
        """Everything that will happen to the attempt, as far as it lives that long."""
        p95_s, ends_at = P95_S[attempt.route], attempt.started + attempt.fate.after_s
        for by, age_s in ((Overdueness.P95, p95_s), (Overdueness.VERY, self.health.probe_late_factor * p95_s)):
            if attempt.started + age_s < min(ends_at, attempt.timeout_at):
                self._later(attempt.started + age_s, self._overdue, run, attempt, by)
        if attempt.timeout_at < ends_at:
            self._later(attempt.timeout_at, self._times_out, run, attempt)
        if ends_at <= attempt.timeout_at + LATE_S:
            self._later(ends_at, self._ends, run, attempt)

    def _overdue(self, run: Run, attempt: Attempt, by: Overdueness) -> None:
        self.store.tell(attempt.route, Overdue(attempt=attempt.facts, by=by), moment(self.clock.now))
        if by is Overdueness.P95:
            self._look(run, attempt)

    def _look(self, run: Run, attempt: Attempt) -> None:
        """Ask whether the attempt needs company; and again, as long as it runs."""
        has_ended = run.tried[attempt.n].ended_at is not None
        if has_ended or not run.open or attempt.is_hedge or self.clock.now >= attempt.timeout_at:
            return
        running = Running(
            route=attempt.route,
            started_at=moment(attempt.started),
            timeout_at=moment(attempt.timeout_at),
            epoch=attempt.facts.epoch,
            is_probe=attempt.facts.is_probe,
        )
        now = moment(self.clock.now)
        around = self.store.around(now)
        found = hedge(self._job(run), running, around, now=now, health=self.health, routing=self.routing)
        if found is not None:
            self._start(run, found.candidate, AttemptKind.HEDGE, hedges_sick=found.hedges_sick)
        else:
            self._later(self.clock.now + HEDGE_LOOK_S, self._look, run, attempt)

    def _times_out(self, run: Run, attempt: Attempt) -> None:
        event = Failed(attempt=attempt.facts, error_class=ErrorClass.TIMEOUT, stage=Stage.RUN)
        self.store.tell(attempt.route, event, moment(self.clock.now))
        self._goes_on(run, attempt, event, is_late=True)

    def _ends(self, run: Run, attempt: Attempt) -> None:
        if attempt.fate.end is End.OK:
            self._succeeds(run, attempt)
            return
        error, stage, retry_after_s = _ERRORS[attempt.fate.end]
        event = Failed(attempt=attempt.facts, error_class=error, stage=stage, retry_after_s=retry_after_s)
        self.store.tell(attempt.route, event, moment(self.clock.now))
        self._goes_on(run, attempt, event, is_late=False)

    def _succeeds(self, run: Run, attempt: Attempt) -> None:
        took_s = attempt.fate.after_s
        event = Succeeded(attempt=attempt.facts, slow=took_s > P95_S[attempt.route], took_s=took_s)
        self.store.tell(attempt.route, event, moment(self.clock.now))
        if run.open and self.clock.now <= run.request.at + WINDOW_S:
            run.open = False
            self.tally.deliver(run.request, self.clock.now)
        elif not run.request.is_poison:
            self.tally.waste(str(attempt.route))
        if run.tried[attempt.n].ended_at is None:
            run.running -= 1
            run.tried[attempt.n] = replace(run.tried[attempt.n], ended_at=moment(self.clock.now))

    def _goes_on(self, run: Run, attempt: Attempt, event: Failed, *, is_late: bool) -> None:
        known = run.tried[attempt.n]
        run.tried[attempt.n] = replace(
            known,
            accepted=event.stage is Stage.RUN,
            error_class=event.error_class,
            stage=event.stage,
            ended_at=known.ended_at or moment(self.clock.now),
            is_late=is_late,
        )
        if known.ended_at is None:
            run.running -= 1
        self._decide(run)

    def _schedule_checks(self) -> None:
        """Free checks, from the first that fails to the first that is answered again."""
        every_s = self.health.free_check_every_s
        for vendor in VENDORS:
            for spell in self.world.outages[vendor].all:
                at = spell.start + every_s / 2
                while spell.kind in self.sees and at < spell.end + every_s:
                    self._later(at, self._check, vendor)
                    at += every_s

    def _check(self, vendor: str) -> None:
        spell = self.world.outages[vendor].at(self.clock.now)
        is_ok = spell is None or spell.kind not in self.sees
        self.store.tell(RouteKey(vendor), FreeCheck(ok=is_ok), moment(self.clock.now))
