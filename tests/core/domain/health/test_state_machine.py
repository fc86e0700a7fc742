"""Every transition of a route's health, by example."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import ErrorClass
from core.domain.generations.retry import Stage
from core.domain.health.config import HealthConfig
from core.domain.health.events import (
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
from core.domain.health.route_health import AttemptRef, HealthState, Reason, RouteHealth, new_route
from core.domain.health.state_machine import step
from core.domain.health.transitions import Stepped, jitter, settle
from core.domain.ids import GenerationId, RouteKey
from core.domain.time_scale import TimeScale

CONFIG = HealthConfig()
T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROUTE = RouteKey("kling.api")


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def ref(n: int) -> AttemptRef:
    return AttemptRef(GenerationId(UUID(int=n)), 1)


def fresh() -> RouteHealth:
    return new_route(ROUTE, now=T0, slots=10, hedge_tokens=10.0)


class Script:
    """A route that things happen to, one after the other."""

    def __init__(self, row: RouteHealth | None = None) -> None:
        self.row = row or fresh()
        self.n = 0
        self.last: Stepped = Stepped(row=self.row)

    def happens(self, event: Event, seconds: float) -> "Script":
        self.last = step(self.row, event, at(seconds), CONFIG)
        self.row = self.last.row
        return self

    def facts(self, *, is_probe: bool = False, epoch: int | None = None) -> AttemptFacts:
        self.n += 1
        return AttemptFacts(ref=ref(self.n), epoch=self.row.epoch if epoch is None else epoch, is_probe=is_probe)

    def fails(
        self, seconds: float, error: ErrorClass = ErrorClass.TRANSIENT_SERVER, stage: Stage = Stage.RUN
    ) -> "Script":
        return self.happens(AttemptFailed(attempt=self.facts(), error_class=error, stage=stage), seconds)

    def succeeds(self, seconds: float, *, slow: bool = False) -> "Script":
        return self.happens(AttemptSucceeded(attempt=self.facts(), slow=slow), seconds)

    def probes(self, seconds: float, *, late_after_s: float = 300) -> AttemptFacts:
        facts = replace(self.facts(is_probe=True), epoch=settle(self.row, at(seconds), CONFIG).row.epoch)
        late_at = at(seconds + late_after_s)
        self.happens(Started(ref=facts.ref, kind=AttemptKind.PROBE, late_at=late_at), seconds)
        assert self.last.refused is None
        return facts

    @property
    def moves(self) -> list[tuple[HealthState, HealthState, Reason]]:
        return [(t.from_state, t.to_state, t.reason) for t in self.last.transitions]


def demoted(**changes: object) -> RouteHealth:
    base = replace(fresh(), state=HealthState.DEMOTED, epoch=1, until=at(60), reason=Reason.RUN, e=1)
    return replace(base, **changes)  # type: ignore[arg-type]  # a test's shorthand


def probing(**changes: object) -> RouteHealth:
    return replace(demoted(), state=HealthState.PROBING, epoch=2, until=None, **changes)  # type: ignore[arg-type]  # a test's shorthand


def test_three_run_failures_demote_and_the_evidence_says_so() -> None:
    script = Script().fails(0).fails(120)
    assert script.row.state is HealthState.HEALTHY
    script.fails(240)
    assert script.moves == [(HealthState.HEALTHY, HealthState.DEMOTED, Reason.RUN)]
    assert script.last.transitions[0].evidence["text"] == "3 run failures in 4 min"
    assert script.row.note == "3 run failures in 4 min"
    assert script.row.until is not None
    assert 48 <= (script.row.until - at(240)).total_seconds() <= 72
    assert (script.row.e, script.row.epoch, script.row.score) == (1, 1, 0.0)


def test_three_failed_submits_demote_for_half_as_long() -> None:
    script = Script()
    for seconds in (0, 10, 20):
        script.fails(seconds, stage=Stage.SUBMIT)
    assert script.moves == [(HealthState.HEALTHY, HealthState.DEMOTED, Reason.SUBMIT)]
    assert script.row.until is not None
    assert 24 <= (script.row.until - at(20)).total_seconds() <= 36


def test_a_hanging_provider_is_demoted_by_what_still_runs() -> None:
    script = Script()
    running = [script.facts() for _ in range(3)]
    for facts in running:
        script.happens(Overdue(attempt=facts, by=Overdueness.P95), 150)
    assert script.row.score == pytest.approx(3.0)
    for facts in running:
        known = replace(facts, standing=replace(facts.standing, counted=1.0))
        script.happens(Overdue(attempt=known, by=Overdueness.VERY), 225)
    assert script.moves == [(HealthState.HEALTHY, HealthState.DEMOTED, Reason.TIMEOUT)]
    assert "3 overdue attempts" in str(script.row.note)


def test_an_attempt_counts_its_worst_and_not_the_sum() -> None:
    script = Script()
    facts = script.facts()
    script.happens(Overdue(attempt=facts, by=Overdueness.P95), 100)
    facts = replace(facts, standing=replace(facts.standing, counted=1.0))
    script.happens(Overdue(attempt=facts, by=Overdueness.VERY), 100)
    facts = replace(facts, standing=replace(facts.standing, counted=2.0))
    script.happens(AttemptFailed(attempt=facts, error_class=ErrorClass.TIMEOUT, stage=Stage.RUN), 100)
    assert script.row.score == pytest.approx(2.5)
    facts = replace(facts, standing=replace(facts.standing, counted=2.5))
    script.happens(AttemptFailed(attempt=facts, error_class=ErrorClass.TRANSIENT_SERVER, stage=Stage.RUN), 100)
    assert script.row.score == pytest.approx(2.5)


def test_a_late_success_takes_its_loan_back_and_earns_nothing() -> None:
    script = Script().fails(0)
    facts = script.facts()
    script.happens(Overdue(attempt=facts, by=Overdueness.P95), 0)
    assert script.row.score == pytest.approx(3.0)
    known = replace(facts, standing=replace(facts.standing, counted=1.0))
    script.happens(AttemptSucceeded(attempt=known, slow=True), 0)
    assert script.row.score == pytest.approx(2.0)


def test_half_of_the_last_successes_slow_demotes() -> None:
    script = Script()
    for n in range(3):
        script.succeeds(n).succeeds(n + 0.5, slow=True)
    assert script.moves == [(HealthState.HEALTHY, HealthState.DEMOTED, Reason.SLOW)]
    assert script.row.note.startswith("3 of the last 6 successes")


def test_a_slow_route_is_known_as_slow_until_probes_restore_it_or_one_fails() -> None:
    script = Script()
    for n in range(3):
        script.succeeds(n).succeeds(n + 0.5, slow=True)
    script.happens(Tick(), 90)
    assert script.moves == [(HealthState.DEMOTED, HealthState.PROBING, Reason.SLOW_DUE)]
    assert script.row.is_only_slow
    failed = Script(script.row)
    facts = failed.probes(91)
    failed.happens(AttemptFailed(attempt=facts, error_class=ErrorClass.TIMEOUT, stage=Stage.RUN), 100)
    assert (failed.row.state, failed.row.is_only_slow) == (HealthState.DEMOTED, False)
    for n in range(3):
        script.happens(AttemptSucceeded(attempt=script.probes(91 + n * 10), slow=True), 95 + n * 10)
    assert (script.row.state, script.row.is_only_slow) == (HealthState.HEALTHY, False)


def test_five_slow_successes_say_too_little() -> None:
    script = Script()
    for n in range(5):
        script.succeeds(n, slow=True)
    assert script.row.state is HealthState.HEALTHY


def test_slow_successes_of_more_than_an_hour_ago_are_forgotten() -> None:
    script = Script()
    for n in range(5):
        script.succeeds(n, slow=True)
    script.succeeds(3700, slow=True)
    assert script.row.state is HealthState.HEALTHY
    assert len(script.row.successes) == 1


def test_three_failed_free_checks_in_a_row_demote() -> None:
    script = Script().happens(FreeCheck(ok=False), 0).happens(FreeCheck(ok=False), 60)
    script.happens(FreeCheck(ok=True), 120)
    for n in (180, 240):
        script.happens(FreeCheck(ok=False), n)
    assert script.row.state is HealthState.HEALTHY
    script.happens(FreeCheck(ok=False), 300)
    assert script.moves == [(HealthState.HEALTHY, HealthState.DEMOTED, Reason.LIVENESS)]


def test_a_demotion_that_is_over_waits_for_the_free_check_30_s_at_a_time() -> None:
    row = demoted(live_bad=3, live_at=at(50))
    settled = settle(row, at(65), CONFIG).row
    assert (settled.state, settled.until) == (HealthState.DEMOTED, at(90))
    script = Script(settled).happens(FreeCheck(ok=True), 70)
    assert script.row.state is HealthState.DEMOTED
    script.happens(Tick(), 91)
    assert script.moves == [(HealthState.DEMOTED, HealthState.PROBING, Reason.DUE)]
    assert script.row.since == at(90)


def test_a_free_check_that_nobody_repeats_keeps_no_route_away() -> None:
    row = demoted(live_bad=3, live_at=at(0))
    assert settle(row, at(181), CONFIG).row.state is HealthState.PROBING


def test_three_probes_restore_with_a_growing_window() -> None:
    script = Script(demoted())
    windows = []
    for n in range(3):
        facts = script.probes(61 + n * 100)
        windows.append(script.row.probe_window)
        script.happens(AttemptSucceeded(attempt=facts, slow=False), 61 + n * 100 + 90)
    assert windows == [1, 2, 4]
    assert script.moves == [(HealthState.PROBING, HealthState.HEALTHY, Reason.PROBES_OK)]
    assert (script.row.score, script.row.e, script.row.epoch) == (0.0, 1, 3)


def test_a_second_probe_has_to_wait_for_the_first() -> None:
    script = Script(probing())
    script.probes(61)
    script.happens(Started(ref=ref(99), kind=AttemptKind.PROBE, late_at=at(400)), 62)
    assert script.last.refused == "no probe is due"
    assert len(script.row.probes) == 1


def test_a_probe_that_ends_neutrally_gives_its_place_back() -> None:
    for error in (ErrorClass.CONTENT_POLICY, ErrorClass.CANCELLED, ErrorClass.RATE_LIMITED):
        script = Script(probing())
        facts = script.probes(61)
        script.happens(AttemptFailed(attempt=facts, error_class=error, stage=Stage.SUBMIT), 62)
        assert (script.row.state, len(script.row.probes), script.row.probe_ok) == (HealthState.PROBING, 0, 0)


@pytest.mark.parametrize(
    ("stage", "reason", "least_s", "most_s"),
    [(Stage.SUBMIT, Reason.PROBE_SUBMIT, 48, 72), (Stage.RUN, Reason.PROBE_RUN, 96, 144)],
)
def test_a_failed_probe_demotes_for_longer_than_before(
    stage: Stage, reason: Reason, least_s: float, most_s: float
) -> None:
    script = Script(probing())
    facts = script.probes(61)
    script.happens(AttemptFailed(attempt=facts, error_class=ErrorClass.CAPACITY, stage=stage), 100)
    assert script.moves == [(HealthState.PROBING, HealthState.DEMOTED, reason)]
    assert script.row.e == 2
    assert script.row.until is not None
    assert least_s <= (script.row.until - at(100)).total_seconds() <= most_s


def test_a_probe_over_its_time_demotes_even_if_nobody_watches() -> None:
    script = Script(probing())
    script.probes(61, late_after_s=200)
    script.happens(Tick(), 500)
    assert script.moves[0] == (HealthState.PROBING, HealthState.DEMOTED, Reason.PROBE_LATE)
    assert script.last.transitions[0].at == at(261)


def test_an_overdue_probe_is_late_at_one_and_a_half_p95_only() -> None:
    script = Script(probing())
    facts = script.probes(61)
    script.happens(Overdue(attempt=facts, by=Overdueness.P95), 200)
    assert script.row.state is HealthState.PROBING
    script.happens(Overdue(attempt=facts, by=Overdueness.VERY), 300)
    assert script.moves == [(HealthState.PROBING, HealthState.DEMOTED, Reason.PROBE_LATE)]


def test_a_route_that_nobody_probes_for_15_min_is_opened() -> None:
    script = Script(demoted()).happens(Tick(), 60 + 899)
    assert script.row.state is HealthState.PROBING
    script.happens(Tick(), 60 + 900)
    assert script.moves == [(HealthState.PROBING, HealthState.HEALTHY, Reason.UNWANTED)]


@pytest.mark.parametrize(
    ("error", "reason", "held_s"),
    [
        (ErrorClass.AUTH, Reason.AUTH, 300),
        (ErrorClass.QUOTA_EXHAUSTED, Reason.QUOTA, 1800),
        (ErrorClass.MODEL_GONE, Reason.MODEL_GONE, 1800),
    ],
)
def test_a_hard_fault_holds_at_once_and_then_probes_decide(error: ErrorClass, reason: Reason, held_s: float) -> None:
    script = Script().fails(0, error, Stage.SUBMIT)
    assert script.moves == [(HealthState.HEALTHY, HealthState.HELD, reason)]
    script.happens(Started(ref=ref(99), kind=AttemptKind.PANIC, late_at=at(500)), 1)
    assert script.last.refused is not None
    script.happens(Tick(), held_s - 1)
    assert script.row.state is HealthState.HELD
    script.happens(Tick(), held_s)
    assert script.moves == [(HealthState.HELD, HealthState.PROBING, Reason.HOLD_ENDED)]


def test_a_stated_reset_is_how_long_a_quota_holds() -> None:
    script = Script()
    event = AttemptFailed(
        attempt=script.facts(), error_class=ErrorClass.QUOTA_EXHAUSTED, stage=Stage.SUBMIT, retry_after_s=7200
    )
    assert script.happens(event, 0).row.until == at(7200)


def test_a_free_check_that_is_not_let_in_holds() -> None:
    script = Script().happens(FreeCheck(ok=False, error_class=ErrorClass.AUTH), 0)
    assert script.moves == [(HealthState.HEALTHY, HealthState.HELD, Reason.AUTH)]


@pytest.mark.parametrize("error", [ErrorClass.RATE_LIMITED, ErrorClass.TASK_GONE, ErrorClass.INVALID_REQUEST])
def test_a_vendor_that_answers_a_free_check_with_a_no_is_alive(error: ErrorClass) -> None:
    script = Script()
    for n in range(5):
        script.happens(FreeCheck(ok=False, error_class=error), n * 60)
    assert (script.row.state, script.row.live_bad) == (HealthState.HEALTHY, 0)


def test_a_second_hard_fault_prolongs_the_hold_without_a_new_transition() -> None:
    script = Script().fails(0, ErrorClass.AUTH).fails(200, ErrorClass.AUTH)
    assert script.moves == []
    assert (script.row.until, script.row.epoch) == (at(500), 1)


def test_an_operators_hold_lasts_until_it_is_released() -> None:
    script = Script().happens(Held(why="their invoice is wrong"), 0).fails(10, ErrorClass.AUTH)
    script.happens(Tick(), 10 * 86_400)
    assert (script.row.state, script.row.reason, script.row.until) == (HealthState.HELD, Reason.OPERATOR, None)
    script.happens(Released(why="paid"), 10 * 86_400 + 1)
    assert script.moves == [(HealthState.HELD, HealthState.PROBING, Reason.RELEASED)]
    assert script.row.note == "paid"


def test_releasing_what_is_not_held_changes_nothing() -> None:
    script = Script(demoted()).happens(Released(why="hm"), 1)
    assert script.row == demoted()


def test_a_try_in_panic_that_comes_through_makes_the_route_due_at_once() -> None:
    script = Script(demoted(live_bad=2, live_at=at(0)))
    script.happens(Started(ref=ref(9), kind=AttemptKind.PANIC, late_at=at(500)), 5)
    assert script.last.refused is None
    script.succeeds(30)
    assert (script.row.state, script.row.until) == (HealthState.DEMOTED, at(30))
    script.happens(Tick(), 31)
    assert script.moves == [(HealthState.DEMOTED, HealthState.PROBING, Reason.DUE)]


def test_a_try_in_panic_at_a_probing_route_is_a_probe() -> None:
    script = Script(probing())
    script.happens(Started(ref=ref(9), kind=AttemptKind.PANIC, late_at=at(400)), 61)
    assert [probe.ref for probe in script.row.probes] == [str(ref(9))]


def test_outcomes_of_an_older_epoch_are_history() -> None:
    row = replace(fresh(), epoch=4)
    script = Script(row)
    old = script.facts(epoch=3)
    for event in (
        AttemptSucceeded(attempt=old, slow=False),
        AttemptFailed(attempt=old, error_class=ErrorClass.TRANSIENT_SERVER, stage=Stage.RUN),
        AttemptFailed(attempt=old, error_class=ErrorClass.MODEL_GONE, stage=Stage.SUBMIT),
        Overdue(attempt=old, by=Overdueness.VERY),
    ):
        assert script.happens(event, 10).row == row
    held = AttemptFailed(attempt=old, error_class=ErrorClass.AUTH, stage=Stage.RUN)
    assert script.happens(held, 10).row.state is HealthState.HELD


def test_the_exponent_falls_by_one_for_each_half_hour_of_health() -> None:
    row = replace(fresh(), e=3)
    assert [settle(row, at(s), CONFIG).row.e for s in (1799, 1800, 3600, 5400, 99_999)] == [3, 2, 1, 0, 0]


def test_a_route_that_keeps_failing_stays_away_for_longer_up_to_the_cap() -> None:
    row, bounds = fresh(), []
    now = 0.0
    for _ in range(6):
        script = Script(row)
        for _ in range(3):
            script.fails(now)
        assert script.row.until is not None
        bounds.append((script.row.until - at(now)).total_seconds())
        now += bounds[-1]
        row = replace(script.row, state=HealthState.HEALTHY, until=None, e_at=at(now), score_at=at(now))
    for lasted_s, expected_s in zip(bounds, (60, 120, 240, 480, 600, 600), strict=True):
        assert 0.8 * expected_s <= lasted_s <= 1.2 * expected_s


def test_the_jitter_is_the_same_for_everyone_and_spreads() -> None:
    values = [jitter(ROUTE, epoch) for epoch in range(200)]
    assert values == [jitter(ROUTE, epoch) for epoch in range(200)]
    assert all(-1 <= value <= 1 for value in values)
    assert min(values) < -0.8
    assert max(values) > 0.8


def test_only_healthy_routes_take_normal_attempts_and_hedges() -> None:
    for kind in (AttemptKind.NORMAL, AttemptKind.RETRY, AttemptKind.HEDGE):
        started = Started(ref=ref(1), kind=kind, late_at=at(100))
        assert step(fresh(), started, at(1), CONFIG).refused is None
        for row in (demoted(), probing()):
            assert step(row, started, at(1), CONFIG).refused == f"{row.state} by now"


def test_a_hedge_takes_a_token_unless_it_stands_in_for_a_sick_route() -> None:
    row = replace(fresh(), hedge_tokens=0.5)
    started = Started(ref=ref(1), kind=AttemptKind.HEDGE, late_at=at(100))
    assert step(row, started, at(1), CONFIG).refused == "no hedge is left"
    free = step(row, replace(started, hedges_sick=True), at(1), CONFIG)
    assert free.refused is None
    assert free.row.hedge_tokens == pytest.approx(0.55)
    paid = step(replace(row, hedge_tokens=3.0), started, at(1), CONFIG)
    assert paid.row.hedge_tokens == pytest.approx(2.05)


def test_a_scaled_world_does_the_same_in_less_time() -> None:
    fast = CONFIG.scaled(TimeScale(15))
    row, now = fresh(), T0
    for _ in range(3):
        facts = AttemptFacts(ref=ref(1), epoch=0)
        failed = AttemptFailed(attempt=facts, error_class=ErrorClass.TASK_GONE, stage=Stage.RUN)
        now += timedelta(seconds=4)  # a minute there
        row = step(row, failed, now, fast).row
    assert row.state is HealthState.DEMOTED
    assert row.until is not None
    assert 3.2 <= (row.until - now).total_seconds() <= 4.8
    assert settle(row, row.until + timedelta(seconds=60), fast).row.state is HealthState.HEALTHY


def _not_accepted(script: Script, seconds: float, *, people: int, stage: Stage = Stage.SUBMIT) -> Script:
    error = ErrorClass.INVALID_REQUEST
    return script.happens(AttemptFailed(attempt=script.facts(), error_class=error, stage=stage, people=people), seconds)


@given(
    times=st.lists(st.floats(0, 600), min_size=1, max_size=40), people=st.integers(0, 2), stage=st.sampled_from(Stage)
)
def test_one_or_two_people_whose_requests_are_not_accepted_never_move_a_route(
    times: list[float], people: int, stage: Stage
) -> None:
    script = Script()
    for second in sorted(times):
        _not_accepted(script, second, people=people, stage=stage)
    assert (script.row.state, script.row.score) == (HealthState.HEALTHY, 0.0)


@given(people=st.lists(st.integers(0, 9), min_size=1, max_size=20), data=st.data())
def test_the_more_people_meet_it_the_more_it_counts(people: list[int], data: st.DataObject) -> None:
    more = [n + data.draw(st.integers(0, 3)) for n in people]
    few, many = Script(), Script()
    for second, (a, b) in enumerate(zip(people, more, strict=True)):
        _not_accepted(few, second, people=a)
        _not_accepted(many, second, people=b)
        if many.row.state is HealthState.HEALTHY:
            assert few.row.state is HealthState.HEALTHY
            assert few.row.score <= many.row.score + 1e-9
        else:
            return


def test_several_people_within_minutes_demote_it_and_it_says_why() -> None:
    script = Script()
    for n in range(1, 6):
        _not_accepted(script, n * 20, people=n)
    assert (script.row.state, script.row.reason) == (HealthState.DEMOTED, Reason.NOT_ACCEPTED)
    assert script.row.note == "3 requests that were not accepted in 40 s"
