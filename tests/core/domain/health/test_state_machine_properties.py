"""Whatever the outcomes, a route's health follows the machine: the invariants, as properties."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.domain.errors import ErrorClass
from core.domain.generations.retry import POLICIES, Effect, Stage
from core.domain.health import health_score
from core.domain.health.config import HealthConfig
from core.domain.health.events import (
    AttemptEvent,
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
from core.domain.health.route_health import AttemptRef, HealthState, Reason, RouteHealth, Transition, new_route
from core.domain.health.state_machine import step
from core.domain.health.transitions import Stepped, settle
from core.domain.ids import GenerationId, MemberId, RouteKey
from tests.quick import examples

CONFIG = HealthConfig()
T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
STEADY = settings(deadline=None)
THOROUGH = settings(deadline=None, max_examples=examples(200))
BAD = [error for error in ErrorClass if POLICIES[error].effect is Effect.BAD]
NEUTRAL = [error for error in ErrorClass if POLICIES[error].effect is Effect.NONE]
H, D, P, X = HealthState.HEALTHY, HealthState.DEMOTED, HealthState.PROBING, HealthState.HELD
ALLOWED = {
    (H, D): {Reason.SUBMIT, Reason.RUN, Reason.TIMEOUT, Reason.SLOW, Reason.LIVENESS},
    (D, P): {Reason.DUE, Reason.SLOW_DUE},
    (P, H): {Reason.PROBES_OK, Reason.UNWANTED},
    (P, D): {Reason.PROBE_SUBMIT, Reason.PROBE_RUN, Reason.PROBE_LATE},
    (X, P): {Reason.HOLD_ENDED, Reason.RELEASED},
    **{(state, X): {Reason.AUTH, Reason.QUOTA, Reason.MODEL_GONE, Reason.OPERATOR} for state in HealthState},
}


@dataclass
class Route:
    """A route with the memory that the store keeps for it."""

    row: RouteHealth = field(
        default_factory=lambda: new_route(RouteKey("wan.intl"), now=T0, slots=10, hedge_tokens=10.0)
    )
    now: datetime = T0
    blames: dict[AttemptRef, health_score.Blame] = field(default_factory=dict)
    transitions: list[Transition] = field(default_factory=list)
    attempts: int = 0

    def facts(self, *, member: int | None, age: int = 0, is_probe: bool = False) -> AttemptFacts:
        self.attempts += 1
        return AttemptFacts(
            ref=AttemptRef(GenerationId(UUID(int=self.attempts)), 1),
            epoch=max(0, settle(self.row, self.now, CONFIG).row.epoch - age),
            member=None if member is None else MemberId(member),
            is_probe=is_probe,
        )

    def happens(self, event: Event, *, after_s: float = 0.0) -> Stepped:
        self.now += timedelta(seconds=after_s)
        if isinstance(event, AttemptSucceeded | AttemptFailed | Overdue):
            event = self._weighed(event)
        stepped = step(self.row, event, self.now, CONFIG)
        self.row = stepped.row
        self.transitions += stepped.transitions
        return stepped

    def _weighed(self, event: AttemptEvent) -> AttemptEvent:
        known = health_score.standing(event.attempt, self.blames.values(), now=self.now, config=CONFIG)
        event = replace(event, attempt=replace(event.attempt, standing=known))
        counted = max(known.counted, health_score.weight(event, CONFIG))
        if isinstance(event, AttemptSucceeded):
            self.blames.pop(event.attempt.ref, None)
        elif counted and event.attempt.epoch == settle(self.row, self.now, CONFIG).row.epoch:
            self.blames[event.attempt.ref] = health_score.Blame(
                ref=event.attempt.ref,
                member=event.attempt.member,
                epoch=event.attempt.epoch,
                at=self.now,
                counted=counted,
                factor=known.factor,
            )
        return event


@dataclass(frozen=True)
class Move:
    """One thing that is to happen, before it is known which attempt it is about."""

    what: str
    after_s: float
    error: ErrorClass
    stage: Stage
    member: int | None
    age: int
    is_probe: bool
    slow: bool


MOVES = st.builds(
    Move,
    what=st.sampled_from(
        [
            "ok",
            "ok",
            "ok",
            "fail",
            "fail",
            "overdue",
            "very",
            "start",
            "probe",
            "panic",
            "check",
            "hold",
            "release",
            "tick",
        ]
    ),
    after_s=st.sampled_from([0.0, 1.0, 20.0, 45.0, 300.0, 1200.0]) | st.floats(0, 2000),
    error=st.sampled_from(list(ErrorClass)),
    stage=st.sampled_from(list(Stage)),
    member=st.none() | st.integers(1, 4),
    age=st.sampled_from([0, 0, 0, 0, 1, 3]),
    is_probe=st.booleans(),
    slow=st.sampled_from([False, False, True]),
)


def carry_out(route: Route, move: Move) -> Stepped:
    route.now += timedelta(seconds=move.after_s)
    facts = route.facts(member=move.member, age=move.age, is_probe=move.is_probe)
    late_at = route.now + timedelta(seconds=200)
    event: Event
    match move.what:
        case "ok":
            event = AttemptSucceeded(attempt=facts, slow=move.slow)
        case "fail":
            event = AttemptFailed(attempt=facts, error_class=move.error, stage=move.stage)
        case "overdue" | "very":
            event = Overdue(attempt=facts, by=Overdueness.P95 if move.what == "overdue" else Overdueness.VERY)
        case "start" | "probe" | "panic":
            kind = {"start": AttemptKind.NORMAL, "probe": AttemptKind.PROBE}.get(move.what, AttemptKind.PANIC)
            event = Started(ref=facts.ref, kind=kind, late_at=late_at)
        case "check":
            event = FreeCheck(ok=move.slow)
        case "hold":
            until = late_at if move.slow else None
            event = Held(why="an operator", until=until)
        case "release":
            event = Released(why="an operator")
        case _:
            event = Tick()
    return route.happens(event)


@THOROUGH
@given(moves=st.lists(MOVES, max_size=60))
def test_whatever_happens_the_row_stays_within_its_bounds(moves: Iterable[Move]) -> None:
    route = Route()
    for move in moves:
        carry_out(route, move)
        row = route.row
        assert row.score >= 0
        if row.state is H:
            assert health_score.score(row, route.now, CONFIG) < health_score.threshold(row, route.now, CONFIG)
        assert 0 <= row.e <= 8
        assert row.probe_window in {1, 2, 4, 8}
        assert 0 <= len(row.probes) <= row.probe_window
        assert (row.state is H) or row.score == 0
        assert 1 <= row.slots <= row.slots_max
        assert 0 <= row.hedge_tokens <= CONFIG.hedge_burst


@THOROUGH
@given(moves=st.lists(MOVES, max_size=60))
def test_transitions_are_those_of_the_table_and_each_raises_the_epoch(moves: Iterable[Move]) -> None:
    route = Route()
    before = route.row
    for move in moves:
        stepped = carry_out(route, move)
        state, epoch = before.state, before.epoch
        for transition in stepped.transitions:
            assert transition.from_state is state
            assert transition.reason in ALLOWED[transition.from_state, transition.to_state]
            assert transition.epoch == epoch + 1
            assert transition.evidence["text"]
            state, epoch = transition.to_state, transition.epoch
        assert (route.row.state, route.row.epoch) == (state, epoch)
        before = route.row


@THOROUGH
@given(moves=st.lists(MOVES, max_size=60))
def test_a_demotion_lasts_about_as_long_as_the_table_says(moves: Iterable[Move]) -> None:
    route = Route()
    for move in moves:
        e_before = route.row.e
        stepped = carry_out(route, move)
        if len(stepped.transitions) != 1 or stepped.transitions[0].to_state is not D:
            continue
        transition = stepped.transitions[0]
        quick = transition.reason in {Reason.SUBMIT, Reason.LIVENESS, Reason.PROBE_SUBMIT}
        base_s, cap_s = (30, 300) if quick else (60, 600)
        assert transition.until is not None
        lasts_s = (transition.until - transition.at).total_seconds()
        # The exponent may have decayed since the last event, never grown.
        bounds = [min(cap_s, base_s * 2**e) for e in range(e_before + 1)]
        assert any(0.8 * b - 1e-3 <= lasts_s <= 1.2 * b + 1e-3 for b in bounds)
        assert 0.8 * min(cap_s, base_s * 2 ** (route.row.e - 1)) - 1e-3 <= lasts_s


@STEADY
@given(
    moves=st.lists(MOVES, max_size=25),
    error=st.sampled_from(NEUTRAL),
    is_probe=st.booleans(),
    stage=st.sampled_from(Stage),
)
def test_neutral_outcomes_change_nothing_but_the_probes_place(
    *, moves: Iterable[Move], error: ErrorClass, is_probe: bool, stage: Stage
) -> None:
    route = Route()
    for move in moves:
        carry_out(route, move)
    before = route.row
    facts = route.facts(member=1, is_probe=is_probe)
    after = route.happens(AttemptFailed(attempt=facts, error_class=error, stage=stage)).row
    assert replace(after, probes=before.probes, probe_last=before.probe_last) == before


@STEADY
@given(moves=st.lists(MOVES, max_size=25), late=MOVES)
def test_news_of_an_older_epoch_change_nothing_but_holds_and_cooldowns(moves: Iterable[Move], late: Move) -> None:
    route = Route()
    for move in moves:
        carry_out(route, move)
    route.happens(Held(why="to raise the epoch"))
    route.happens(Released(why="and go on"))
    before = route.row
    stale = replace(late, age=1, after_s=0.0)
    if stale.what not in {"ok", "fail", "overdue", "very"}:
        stale = replace(stale, what="fail")
    after = carry_out(route, stale).row
    if stale.what == "fail" and stale.error in {ErrorClass.AUTH, ErrorClass.QUOTA_EXHAUSTED}:
        assert after.state is X
    else:
        kept = replace(after, cooldown_until=before.cooldown_until, cooldown_k=before.cooldown_k, slots=before.slots)
        assert replace(kept, slots_ok=before.slots_ok) == before


@STEADY
@given(
    outcomes=st.lists(
        st.tuples(
            st.sampled_from(["ok", *NEUTRAL, ErrorClass.RATE_LIMITED]), st.floats(0, 400), st.sampled_from(Stage)
        ),
        max_size=60,
    )
)
def test_good_and_neutral_outcomes_never_demote(outcomes: Iterable[tuple[str, float, Stage]]) -> None:
    route = Route()
    for outcome, after_s, stage in outcomes:
        facts = route.facts(member=1)
        if outcome == "ok":
            route.happens(AttemptSucceeded(attempt=facts, slow=False), after_s=after_s)
        else:
            route.happens(AttemptFailed(attempt=facts, error_class=ErrorClass(outcome), stage=stage), after_s=after_s)
    assert route.row.state is H
    assert route.row.score == 0


def first_demotion(outcomes: Iterable[tuple[bool, float]]) -> int | None:
    """The number of the outcome that demotes a route; every outcome is another member's."""
    route = Route()
    for n, (ok, after_s) in enumerate(outcomes):
        facts = route.facts(member=n)
        event: Event = (
            AttemptSucceeded(attempt=facts, slow=False)
            if ok
            else AttemptFailed(attempt=facts, error_class=ErrorClass.TRANSIENT_SERVER, stage=Stage.RUN)
        )
        if any(t.to_state is D for t in route.happens(event, after_s=after_s).transitions):
            return n
    return None


@STEADY
@given(
    outcomes=st.lists(st.tuples(st.booleans(), st.floats(1, 600)), min_size=1, max_size=30),
    where=st.integers(0, 29),
)
def test_one_more_failure_never_delays_the_first_demotion(outcomes: list[tuple[bool, float]], where: int) -> None:
    worse = list(outcomes)
    worse[where % len(worse)] = (False, worse[where % len(worse)][1])
    before, after = first_demotion(outcomes), first_demotion(worse)
    assert before is None or (after is not None and after <= before)


@STEADY
@given(
    kinds=st.lists(st.sampled_from([(e, s) for e in BAD for s in Stage]), min_size=3, max_size=3),
    gaps=st.lists(st.floats(0.001, 60), min_size=2, max_size=2),
    good_before=st.integers(0, 20),
)
def test_three_bad_outcomes_in_a_row_demote_a_quiet_route_and_two_do_not(
    kinds: list[tuple[ErrorClass, Stage]], gaps: list[float], good_before: int
) -> None:
    route = Route()
    for _ in range(good_before):
        started = Started(ref=route.facts(member=None).ref, kind=AttemptKind.NORMAL, late_at=T0)
        route.happens(started, after_s=60)
        route.happens(AttemptSucceeded(attempt=route.facts(member=9), slow=False))
    for n, ((error, stage), after_s) in enumerate(zip(kinds, (0.0, *gaps), strict=True)):
        assert route.row.state is H
        failed = AttemptFailed(attempt=route.facts(member=n), error_class=error, stage=stage)
        route.happens(failed, after_s=after_s)
    assert route.row.state is D


@STEADY
@given(
    per_hour=st.floats(6, 10_000),
    good_before=st.integers(0, 30),
    kinds=st.lists(st.sampled_from([(e, s) for e in BAD for s in Stage]), min_size=6, max_size=6),
)
def test_a_dead_route_is_demoted_within_six_attempts_of_different_people(
    per_hour: float, good_before: int, kinds: list[tuple[ErrorClass, Stage]]
) -> None:
    route = Route()
    every_s = 3600 / per_hour
    for _ in range(good_before):
        facts = route.facts(member=0)
        route.happens(Started(ref=facts.ref, kind=AttemptKind.NORMAL, late_at=route.now), after_s=every_s)
        route.happens(AttemptSucceeded(attempt=facts, slow=False))
    route.row = replace(route.row, rate=per_hour, rate_at=route.now)
    for member, (error, stage) in enumerate(kinds, start=1):
        facts = route.facts(member=member)
        route.happens(AttemptFailed(attempt=facts, error_class=error, stage=stage), after_s=every_s)
    assert D in [t.to_state for t in route.transitions]


@THOROUGH
@given(
    news=st.lists(
        st.tuples(
            st.sampled_from(["submit", "run", "hang"]), st.floats(0, 900) | st.sampled_from([899.9, 1800.0, 1800.1])
        ),
        max_size=80,
    )
)
def test_one_member_alone_never_demotes(news: Iterable[tuple[str, float]]) -> None:
    route = Route()
    for how, after_s in news:
        facts = route.facts(member=7)
        route.now += timedelta(seconds=after_s)
        if how == "hang":
            for by, wait_s in ((Overdueness.P95, 100), (Overdueness.VERY, 50)):
                route.happens(Overdue(attempt=facts, by=by), after_s=wait_s)
            route.happens(AttemptFailed(attempt=facts, error_class=ErrorClass.TIMEOUT, stage=Stage.RUN), after_s=100)
        else:
            route.happens(AttemptFailed(attempt=facts, error_class=ErrorClass.TRANSIENT_SERVER, stage=Stage(how)))
        assert route.row.state is H


def test_one_member_at_the_worst_possible_pace_never_demotes() -> None:
    route = Route()
    for _ in range(200):
        for _ in range(2):
            facts = route.facts(member=7)
            route.happens(AttemptFailed(attempt=facts, error_class=ErrorClass.TIMEOUT, stage=Stage.RUN), after_s=0.001)
        route.now += timedelta(seconds=1799.999)
    assert route.transitions == []


def move(what: str, error: ErrorClass, *, after_s: float = 0.0, is_probe: bool = False) -> Move:
    return Move(
        what=what, after_s=after_s, error=error, stage=Stage.RUN, member=None, age=0, is_probe=is_probe, slow=False
    )


@STEADY
@given(moves=st.lists(MOVES, max_size=25), retry_after_s=st.none() | st.floats(0, 3000), concurrency=st.booleans())
@example(
    moves=[
        move("fail", ErrorClass.QUOTA_EXHAUSTED),
        move("fail", ErrorClass.CAPACITY, after_s=1800.0, is_probe=True),
        move("ok", ErrorClass.CAPACITY),
    ],
    retry_after_s=None,
    concurrency=False,
)
def test_a_429_never_demotes_and_nothing_starts_before_its_cooldown_is_over(
    *, moves: Iterable[Move], retry_after_s: float | None, concurrency: bool
) -> None:
    route = Route()
    for move in moves:
        carry_out(route, move)
    # What is due at this moment (a try in panic that came through makes its route due) is not the 429's doing.
    before = settle(route.row, route.now, CONFIG).row
    facts = route.facts(member=1)
    limited = AttemptFailed(
        attempt=facts,
        error_class=ErrorClass.RATE_LIMITED,
        stage=Stage.SUBMIT,
        retry_after_s=retry_after_s,
        concurrency=concurrency,
    )
    after = route.happens(limited).row
    assert (after.state, after.score, after.epoch) == (before.state, before.score, before.epoch)
    assert after.cooldown_until is not None
    for kind in AttemptKind:
        started = Started(ref=facts.ref, kind=kind, late_at=route.now)
        just_before = after.cooldown_until - timedelta(microseconds=1)
        assert step(after, started, just_before, CONFIG).refused is not None


@THOROUGH
@given(moves=st.lists(MOVES, max_size=30), first_s=st.floats(0, 5000), second_s=st.floats(0, 5000))
def test_reading_in_between_changes_nothing_about_timers(
    moves: Iterable[Move], first_s: float, second_s: float
) -> None:
    route = Route()
    for move in moves:
        if move.what != "check":
            carry_out(route, move)
    sooner = route.now + timedelta(seconds=first_s)
    later = sooner + timedelta(seconds=second_s)
    through = settle(settle(route.row, sooner, CONFIG).row, later, CONFIG).row
    assert through == settle(route.row, later, CONFIG).row


@STEADY
@given(moves=st.lists(MOVES, max_size=40))
def test_no_route_stays_away_for_ever_unless_an_operator_says_so(moves: Iterable[Move]) -> None:
    route = Route()
    for move in moves:
        carry_out(route, move)
    if route.row.state is X and route.row.until is None:
        return
    settled = settle(route.row, route.now + timedelta(days=1), CONFIG).row
    assert settled.state is H
