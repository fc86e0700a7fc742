"""Our side of `failover`: the product's pure functions, driven in simulated time.

Nothing is decided here. `routing.decide` chooses, `hedging.hedge` adds, `health.step` remembers; this file carries
them out and tells them what happened, as the worker does: `benchmarks.failover.engine` shows that it does.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from uuid import UUID

from benchmarks.failover.memory import EPOCH, P95_S, Memory, moment, moves_of
from benchmarks.failover.rivals import LATE_S, Clock, timeout_s
from benchmarks.failover.tally import Tally
from benchmarks.failover.trace import Trace
from benchmarks.failover.world import AT_SUBMIT, RETRY_AFTER_S, WINDOW_S, End, Fate, Kind, Request, World
from core.domain.errors import ErrorClass
from core.domain.generations.retry import Stage
from core.domain.health.config import HealthConfig, RoutingConfig
from core.domain.health.events import (
    AttemptFacts,
    AttemptFailed,
    AttemptKind,
    AttemptSucceeded,
    FreeCheck,
    Overdue,
    Overdueness,
    Started,
)
from core.domain.health.route_health import AttemptRef, later
from core.domain.ids import GenerationId, MemberId, ProviderName, RouteKey
from core.domain.routing.decisions import Candidate, RoutedGeneration, Tried, Try, WaitUntil
from core.domain.routing.hedging import RunningAttempt, hedge
from core.domain.routing.router import decide

NUDGE_S = 1e-6
"""Times are rounded to a microsecond; so much later is never too early."""
_ERRORS = {
    End.RATE_LIMITED: (ErrorClass.RATE_LIMITED, Stage.SUBMIT, RETRY_AFTER_S),
    End.SUBMIT_ERROR: (ErrorClass.TRANSIENT_SERVER, Stage.SUBMIT, None),
    End.RUN_ERROR: (ErrorClass.TRANSIENT_SERVER, Stage.RUN, None),
}


@dataclass
class Run:
    """A generation under way."""

    request: Request
    tried: list[Tried] = field(default_factory=list)
    waits: int = 0
    open: bool = True
    running: frozenset[int] = frozenset()
    """The attempts that it waits for. Others may still run: those are late, and only a success of theirs is news."""
    turn: int = 0
    """Of its decisions. One that was put off is void when another came first."""

    @property
    def deadline(self) -> float:
        return self.request.at + WINDOW_S


@dataclass(frozen=True)
class Attempt:
    """One attempt under way."""

    n: int
    route: RouteKey
    started: float
    timeout_at: float
    watched_until: float
    fate: Fate
    facts: AttemptFacts
    is_hedge: bool


class Ours:
    """The product's decisions in a world.

    Args:
        world: what happens.
        sees: the kinds of outage in which the free check fails, too.
        trace: where it is written down what becomes of each generation, if anybody wants to know.
    """

    def __init__(self, world: World, *, sees: frozenset[Kind], trace: Trace | None = None) -> None:
        self.world, self.clock, self.tally = world, Clock(), Tally(world)
        self.health, self.routing = HealthConfig(), RoutingConfig()
        self.store = Memory(self.health, self.routing)
        self.sees, self.trace = sees, trace

    def run(self) -> Tally:
        for request in self.world.requests:
            if not request.is_poison:
                self.tally.asked[request.tier] += 1
            self._later(request.at, self._decide, Run(request))
        for vendor, at in self.world.free_checks(self.sees, every_s=self.health.free_check_every_s):
            self._later(at, self._check, vendor)
        self.clock.run()
        moves = moves_of(self.store.transitions())
        self.tally.heed(moves)
        if self.trace is not None:
            self.trace.moves = moves
        return self.tally

    def _later(self, at: float, what: Callable[..., None], *args: object) -> None:
        self.clock.at(at, lambda: what(*args))

    def _job(self, run: Run) -> RoutedGeneration:
        return RoutedGeneration(
            chain=tuple(ProviderName(vendor) for vendor in run.request.chain),
            deadline=moment(run.deadline),
            tried=tuple(run.tried),
            waits=run.waits,
        )

    def _wakes(self, run: Run, turn: int) -> None:
        if turn == run.turn:
            self._decide(run)

    def _decide(self, run: Run) -> None:
        if not run.open or run.running:
            return
        run.turn += 1
        now = moment(self.clock.now)
        around = self.store.around(now)
        made = decide(self._job(run), around, now=now, health=self.health, routing=self.routing)
        if isinstance(made, Try):
            run.waits = 0
            self._start(run, made.candidate, made.candidate.kind)
        elif isinstance(made, WaitUntil):
            run.waits += 1
            self._later((made.at - EPOCH).total_seconds() + NUDGE_S, self._wakes, run, run.turn)
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
            timeout_at=min(now + timeout_s(vendor), run.deadline),
            watched_until=now + timeout_s(vendor) + LATE_S,
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
        run.running |= {attempt.n}
        self.tally.submits += 1
        if self.trace is not None:
            self.trace.begins(run.request.n, vendor, now, is_hedge=attempt.is_hedge)
        self._schedule(run, attempt)

    def _schedule(self, run: Run, attempt: Attempt) -> None:
        """Everything that will happen to the attempt, as far as it lives that long."""
        p95_s, ends_at = P95_S[attempt.route], attempt.started + attempt.fate.after_s
        if attempt.fate.end in AT_SUBMIT:
            self._later(ends_at, self._fails, run, attempt)
            return
        for by, age_s in ((Overdueness.P95, p95_s), (Overdueness.VERY, self.health.probe_late_factor * p95_s)):
            if attempt.started + age_s < min(ends_at, attempt.timeout_at):
                self._later(attempt.started + age_s + NUDGE_S, self._overdue, run, attempt, by)
        if attempt.timeout_at < ends_at:
            self._later(attempt.timeout_at, self._times_out, run, attempt)
        if ends_at <= attempt.watched_until:
            self._later(ends_at, self._succeeds if attempt.fate.end is End.OK else self._fails, run, attempt)

    def _overdue(self, run: Run, attempt: Attempt, by: Overdueness) -> None:
        if attempt.n not in run.running:
            return
        self.store.tell(attempt.route, Overdue(attempt=attempt.facts, by=by), moment(self.clock.now))
        if by is Overdueness.P95:
            self._look(run, attempt)

    def _look(self, run: Run, attempt: Attempt) -> None:
        """Ask whether the attempt is to be hedged; and again, as long as it runs."""
        if attempt.n not in run.running or attempt.is_hedge or self.clock.now >= attempt.timeout_at:
            return
        running = RunningAttempt(
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
            self._later(self.clock.now + self.routing.hedge_look_s, self._look, run, attempt)

    def _times_out(self, run: Run, attempt: Attempt) -> None:
        if attempt.n not in run.running:
            return
        event = AttemptFailed(attempt=attempt.facts, error_class=ErrorClass.TIMEOUT, stage=Stage.RUN)
        if attempt.timeout_at < run.deadline:  # else it was cut short, which says nothing about its route
            self.store.tell(attempt.route, event, moment(self.clock.now))
        self._goes_on(run, attempt, event, is_late=True)

    def _fails(self, run: Run, attempt: Attempt) -> None:
        error, stage, retry_after_s = _ERRORS[attempt.fate.end]
        event = AttemptFailed(attempt=attempt.facts, error_class=error, stage=stage, retry_after_s=retry_after_s)
        if stage is Stage.SUBMIT or attempt.n in run.running:
            self.store.tell(attempt.route, event, moment(self.clock.now))
        self._goes_on(run, attempt, event, is_late=False)

    def _succeeds(self, run: Run, attempt: Attempt) -> None:
        vendor, took_s = str(attempt.route), attempt.fate.after_s
        event = AttemptSucceeded(attempt=attempt.facts, slow=took_s > P95_S[attempt.route], took_s=took_s)
        self.store.tell(attempt.route, event, moment(self.clock.now))
        if not run.open:
            self.tally.waste(vendor)
            return
        run.open = False
        run.running = frozenset()
        self.tally.deliver(run.request, self.clock.now)
        if self.trace is not None:
            self.trace.delivers(run.request.n, vendor, self.clock.now)

    def _goes_on(self, run: Run, attempt: Attempt, event: AttemptFailed, *, is_late: bool) -> None:
        known = run.tried[attempt.n]
        run.tried[attempt.n] = replace(
            known,
            accepted=event.stage is Stage.RUN,
            error_class=event.error_class,
            stage=event.stage,
            ended_at=known.ended_at or moment(self.clock.now),
            is_late=is_late,
        )
        run.running -= {attempt.n}
        self._decide(run)

    def _check(self, vendor: str) -> None:
        is_ok = self.world.answers(vendor, self.sees, self.clock.now)
        self.store.tell(RouteKey(vendor), FreeCheck(ok=is_ok), moment(self.clock.now))
