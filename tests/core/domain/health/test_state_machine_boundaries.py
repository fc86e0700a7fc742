"""The edges of a route's health: who may start, what a start costs, whose success counts, and when timers fire."""

from dataclasses import replace

import pytest

from core.domain.errors import ErrorClass
from core.domain.generations.retry import Stage
from core.domain.health import health_score
from core.domain.health.cooldown import after_success, panic_ready_at, with_cooldown, with_panic
from core.domain.health.events import (
    AttemptFacts,
    AttemptFailed,
    AttemptKind,
    AttemptSucceeded,
    FreeCheck,
    Held,
    Overdue,
    Overdueness,
    Released,
    Standing,
    Started,
    Tick,
)
from core.domain.health.provider_status import ProviderStatus, RouteStatus
from core.domain.health.route_health import (
    Bad,
    BadKind,
    HealthState,
    Reason,
    RouteHealth,
    RunningProbe,
    Success,
    later,
    new_route,
    seconds_since,
)
from core.domain.health.state_machine import step
from core.domain.health.transitions import demoted as demote
from core.domain.health.transitions import held as hold
from core.domain.health.transitions import jitter, passes_free_check, settle
from core.domain.ids import MemberId, ProviderName, RouteKey
from tests.core.domain.health.test_state_machine import CONFIG, ROUTE, T0, at, demoted, fresh, probing, ref

E, H, D, P, X = ErrorClass, HealthState.HEALTHY, HealthState.DEMOTED, HealthState.PROBING, HealthState.HELD
NORMAL, PROBE, RETRY, PANIC, HEDGE = AttemptKind


def started(kind: AttemptKind, *, n: int = 1, hedges_sick: bool = False) -> Started:
    return Started(ref=ref(n), kind=kind, late_at=at(500), hedges_sick=hedges_sick)


def facts(n: int = 1, *, epoch: int = 0, is_probe: bool = False, **standing: float) -> AttemptFacts:
    return AttemptFacts(ref=ref(n), epoch=epoch, is_probe=is_probe, standing=Standing(**standing))


def after(row: RouteHealth, event: object, seconds: float = 10) -> RouteHealth:
    return step(row, event, at(seconds), CONFIG).row  # type: ignore[arg-type]  # one of the events


# What a start costs.


@pytest.mark.parametrize(
    ("kind", "before", "left"),
    [
        (NORMAL, 5.0, 5.05), (RETRY, 5.0, 5.05), (HEDGE, 5.0, 4.05),
        (NORMAL, 10.0, 10.0), (HEDGE, 10.0, 9.0), (NORMAL, 9.97, 10.0), (HEDGE, 1.0, 0.05),
    ],
)  # fmt: skip
def test_only_a_hedge_takes_a_token_and_every_start_earns_a_twentieth(
    kind: AttemptKind, before: float, left: float
) -> None:
    row = replace(fresh(), hedge_tokens=before)
    assert after(row, started(kind)).hedge_tokens == pytest.approx(left)


def test_a_hedge_of_a_sick_route_takes_no_token_and_needs_none() -> None:
    row = replace(fresh(), hedge_tokens=0.0)
    assert after(row, started(HEDGE, hedges_sick=True)).hedge_tokens == pytest.approx(0.05)
    assert step(row, started(HEDGE), T0, CONFIG).refused == "no hedge is left"
    almost = replace(fresh(), hedge_tokens=0.999)
    assert step(almost, started(HEDGE), T0, CONFIG).refused == "no hedge is left"
    whole = replace(fresh(), hedge_tokens=1.0)
    assert step(whole, started(HEDGE), T0, CONFIG).refused is None


def test_a_start_that_is_refused_changes_nothing() -> None:
    row = demoted(until=at(900))
    assert step(row, started(NORMAL), at(10), CONFIG).row == row


def test_every_panic_start_moves_the_moment_when_the_bucket_is_full_again() -> None:
    row = demoted(until=at(900))
    for n, due in enumerate((15, 20, 25, 30, 35), 1):
        row = after(row, started(PANIC, n=n))
        assert row.panic_due == at(due)
    refused = step(row, started(PANIC, n=9), at(10), CONFIG)
    assert refused.refused == "too many tries at once of a demoted route"
    assert step(row, started(PANIC, n=9), at(14.9), CONFIG).refused is not None
    assert step(row, started(PANIC, n=9), at(15), CONFIG).refused is None


@pytest.mark.parametrize("kind", [NORMAL, RETRY, HEDGE])
def test_only_panic_paces_panic(kind: AttemptKind) -> None:
    assert after(fresh(), started(kind)).panic_due is None


@pytest.mark.parametrize(
    ("state", "kind", "refused"),
    [
        (H, NORMAL, None), (H, RETRY, None), (H, HEDGE, None), (H, PANIC, None), (H, PROBE, "no probe is due"),
        (D, NORMAL, "demoted by now"), (D, RETRY, "demoted by now"), (D, HEDGE, "demoted by now"),
        (D, PANIC, None), (D, PROBE, "no probe is due"),
        (P, NORMAL, "probing by now"), (P, HEDGE, "probing by now"), (P, PANIC, None), (P, PROBE, None),
        (X, NORMAL, "held: why"), (X, PANIC, "held: why"), (X, PROBE, "held: why"),
    ],
)  # fmt: skip
def test_who_may_start_where(state: HealthState, kind: AttemptKind, refused: str | None) -> None:
    row = replace(fresh(), state=state, note="why", until=at(900) if state in {D, X} else None)
    assert step(row, started(kind), at(10), CONFIG).refused == refused


def test_a_cooldown_keeps_everybody_away_until_its_very_end() -> None:
    row = replace(fresh(), cooldown_until=at(30))
    for kind in (NORMAL, RETRY, HEDGE, PANIC):
        assert step(row, started(kind), at(29.9), CONFIG).refused == "cooling down after a rate limit"
        assert step(row, started(kind), at(30), CONFIG).refused is None


def test_a_start_counts_in_the_rate_and_becomes_a_probe_only_where_there_is_room() -> None:
    row = after(replace(fresh(), rate=3.0, rate_at=at(10)), started(NORMAL))
    assert (row.rate, row.rate_at, row.probes) == (4.0, at(10), ())
    probe = after(probing(), started(PROBE))
    assert (probe.probes, probe.probe_last) == ((RunningProbe(str(ref(1)), at(500)),), at(10))
    full = probing(probes=(RunningProbe("x", at(400)),))
    assert after(full, started(PANIC)).probes == full.probes


# Whose success counts.


def test_the_success_of_a_stranger_is_no_probe_that_came_through() -> None:
    row = probing(probes=(RunningProbe(str(ref(1)), at(500)),), since=T0)
    stranger = after(row, AttemptSucceeded(attempt=facts(2, epoch=2), slow=False))
    assert (stranger.probe_ok, stranger.probe_window, stranger.probes) == (0, 1, row.probes)
    own = after(row, AttemptSucceeded(attempt=facts(1, epoch=2, is_probe=True), slow=False))
    assert (own.probe_ok, own.probe_window, own.probes, own.probe_last) == (1, 2, (), at(10))


def test_each_probe_that_comes_through_doubles_the_window_up_to_eight() -> None:
    config = replace(CONFIG, probes_to_restore=9)
    row, windows = probing(since=T0), []
    for n in range(5):
        ok = AttemptSucceeded(attempt=facts(n, epoch=2, is_probe=True), slow=False)
        row = step(row, ok, at(10), config).row
        windows.append((row.probe_ok, row.probe_window))
    assert windows == [(1, 2), (2, 4), (3, 8), (4, 8), (5, 8)]


def test_the_third_probe_restores_and_its_words_say_how_many() -> None:
    ok = AttemptSucceeded(attempt=facts(1, epoch=2, is_probe=True), slow=False)
    assert after(probing(since=T0, probe_ok=1), ok).state is P
    stepped = step(probing(since=T0, probe_ok=2), ok, at(10), CONFIG)
    (transition,) = stepped.transitions
    assert transition.evidence == {"text": "3 probes came through", "probes": 3}
    assert (stepped.row.state, stepped.row.e_at, stepped.row.since) == (H, at(10), at(10))


def test_only_the_probe_that_ended_gives_its_place_back() -> None:
    both = (RunningProbe(str(ref(1)), at(500)), RunningProbe(str(ref(2)), at(500)))
    row = probing(probes=both, probe_window=2, since=T0)
    for error in (E.CANCELLED, E.RATE_LIMITED):
        failed = AttemptFailed(attempt=facts(1, epoch=2, is_probe=True), error_class=error, stage=Stage.SUBMIT)
        left = after(row, failed)
        assert (left.probes, left.probe_last) == (both[1:], at(10))
        other = replace(failed, attempt=facts(1, epoch=2))
        assert (after(row, other).probes, after(row, other).probe_last) == (both, None)
        old = replace(failed, attempt=facts(1, epoch=1, is_probe=True))
        assert after(row, old).probes == both


def test_the_failure_of_a_stranger_does_not_demote_a_route_that_is_probed() -> None:
    row = probing(probes=(RunningProbe(str(ref(1)), at(500)),), since=T0)
    bad = AttemptFailed(attempt=facts(2, epoch=2), error_class=E.CAPACITY, stage=Stage.RUN)
    assert after(row, bad) == row
    assert after(row, Overdue(attempt=facts(2, epoch=2), by=Overdueness.VERY)) == row


def test_a_success_in_panic_never_puts_the_probe_off() -> None:
    ok = AttemptSucceeded(attempt=facts(epoch=1), slow=False)
    assert after(demoted(until=at(900)), ok).until == at(10)
    assert after(replace(demoted(), until=None), ok).until == at(10)
    blocked = demoted(until=at(900), live_bad=2, live_at=at(5))
    assert after(blocked, ok).live_bad == 0


def test_slow_successes_demote_only_where_the_last_one_was_slow() -> None:
    slow = tuple(Success(at=at(n), slow=n > 1) for n in range(6))
    row = replace(fresh(), successes=slow)
    assert after(row, AttemptSucceeded(attempt=facts(), slow=False)).state is H
    assert after(row, AttemptSucceeded(attempt=facts(), slow=True)).state is D


def test_probe_failures_are_told_apart_in_words() -> None:
    row = probing(since=T0)
    attempt = facts(1, epoch=2, is_probe=True)
    found = [
        after(row, event).note
        for event in (
            AttemptFailed(attempt=attempt, error_class=E.CAPACITY, stage=Stage.SUBMIT),
            AttemptFailed(attempt=attempt, error_class=E.CAPACITY, stage=Stage.RUN),
            Overdue(attempt=attempt, by=Overdueness.VERY),
        )
    ]
    assert found == ["a probe's submit failed: capacity", "a probe failed: capacity", "a probe is over 1.5 × p95 old"]


def test_what_several_people_are_told_is_the_routes_fault() -> None:
    def told(people: int) -> RouteHealth:
        row = replace(fresh(), score=4.0, score_at=at(10))
        event = AttemptFailed(attempt=facts(), error_class=E.INVALID_REQUEST, stage=Stage.SUBMIT, people=people)
        return after(row, event)

    assert [told(n).state for n in (0, 2, 3, 4)] == [H, H, D, D]
    assert (told(3).reason, told(3).note) == (Reason.NOT_ACCEPTED, "1 request that was not accepted in 0 s")
    other = AttemptFailed(attempt=facts(), error_class=E.CANCELLED, stage=Stage.SUBMIT, people=9)
    assert after(fresh(), other).score == 0


def test_news_of_an_older_model_hold_nothing_but_news_of_a_key_do() -> None:
    row = replace(fresh(), epoch=3)
    old = facts(epoch=2)
    gone = AttemptFailed(attempt=old, error_class=E.MODEL_GONE, stage=Stage.SUBMIT)
    assert after(row, gone) == row
    assert after(row, replace(gone, attempt=facts(epoch=3))).state is X
    assert after(row, replace(gone, error_class=E.AUTH)).state is X
    assert after(row, replace(gone, error_class=E.CAPACITY)) == row
    assert after(row, Overdue(attempt=old, by=Overdueness.VERY)) == row


# Free checks.


@pytest.mark.parametrize(
    ("error", "bad"),
    [
        (E.RATE_LIMITED, 0), (E.INVALID_REQUEST, 0), (E.CONTENT_POLICY, 0), (E.TASK_GONE, 0), (E.MODEL_GONE, 0),
        (E.TIMEOUT, 2), (E.TRANSIENT_SERVER, 2), (E.CAPACITY, 2), (None, 2),
    ],
)  # fmt: skip
def test_which_answers_to_a_free_check_show_a_vendor_alive(error: ErrorClass | None, bad: int) -> None:
    row = after(replace(fresh(), live_bad=1), FreeCheck(ok=False, error_class=error))
    assert (row.live_bad, row.live_at) == (bad, at(10))


def test_the_third_failed_check_demotes_a_healthy_route_and_no_other() -> None:
    stepped = step(replace(fresh(), live_bad=2), FreeCheck(ok=False), at(10), CONFIG)
    assert stepped.transitions[0].evidence == {"text": "3 free checks in a row failed", "free_checks": 3}
    assert after(replace(fresh(), live_bad=1), FreeCheck(ok=False)).state is H
    assert after(demoted(until=at(900), live_bad=2), FreeCheck(ok=False)).epoch == 1
    assert after(fresh(), FreeCheck(ok=False, error_class=E.QUOTA_EXHAUSTED)).reason is Reason.QUOTA
    assert after(fresh(), FreeCheck(ok=False, error_class=E.QUOTA_EXHAUSTED)).until == at(1810)


@pytest.mark.parametrize(
    ("bad", "checked", "passes"),
    [(0, 0, True), (1, None, True), (1, 20, False), (1, 19.9, True), (1, 200, False), (3, 200, False)],
)
def test_a_failed_check_counts_for_three_minutes(*, bad: int, checked: float | None, passes: bool) -> None:
    row = replace(fresh(), live_bad=bad, live_at=None if checked is None else at(checked))
    assert passes_free_check(row, at(200), CONFIG) is passes


@pytest.mark.parametrize(("now", "until"), [(60, 90), (89.9, 90), (90, 120), (91, 120), (120, 150)])
def test_who_is_due_and_fails_its_check_waits_half_a_minute_more(now: float, until: float) -> None:
    row = demoted(live_bad=1, live_at=at(now))
    settled = settle(row, at(now), CONFIG).row
    assert (settled.state, settled.until) == (D, at(until))


# Timers.


def test_timers_fire_at_their_very_moment() -> None:
    assert settle(demoted(), at(59.9), CONFIG).row.state is D
    due = settle(demoted(), at(60), CONFIG)
    assert (due.row.state, due.row.since, due.row.note) == (P, at(60), "the demotion is over, now probes decide")
    holding = replace(fresh(), state=X, until=at(60))
    over = settle(holding, at(60), CONFIG)
    assert (over.row.reason, over.row.note) == (Reason.HOLD_ENDED, "the hold is over, now probes decide")
    probe = probing(since=T0, probes=(RunningProbe("a", at(90)), RunningProbe("b", at(70))))
    assert settle(probe, at(69.9), CONFIG).row == probe
    late = settle(probe, at(70), CONFIG)
    assert (late.row.state, late.transitions[0].at, late.row.note) == (D, at(70), "a probe is over 1.5 × p95 old")


def test_a_probing_route_is_opened_a_quarter_of_an_hour_after_its_last_probe() -> None:
    for row, opens in ((probing(since=T0), 900), (probing(since=T0, probe_last=at(100)), 1000),
                       (probing(since=at(200), probe_last=at(100)), 1100)):  # fmt: skip
        assert settle(row, at(opens - 0.1), CONFIG).row.state is P
        opened = settle(row, at(opens), CONFIG)
        assert (opened.row.state, opened.row.since) == (H, at(opens))
        assert opened.row.note == "nobody needed a probe for 15 min"
        assert opened.row.reason is Reason.UNWANTED


def test_the_longest_chain_of_timers_fires_in_one_look() -> None:
    row = replace(fresh(), state=X, until=at(10))
    found = settle(row, at(10_000), CONFIG)
    assert [t.to_state for t in found.transitions] == [P, H]
    late = probing(since=T0, probes=(RunningProbe("a", at(10)),))
    assert [t.to_state for t in settle(late, at(10_000), CONFIG).transitions] == [D, P, H]


@pytest.mark.parametrize(("now", "e", "at_s"), [(1799, 5, 0), (1800, 4, 1800), (5400, 2, 5400), (99_999, 0, 9000)])
def test_half_an_hour_of_health_forgets_one_demotion(now: float, e: int, at_s: float) -> None:
    row = settle(replace(fresh(), e=5, e_at=T0), at(now), CONFIG).row
    assert (row.e, row.e_at) == (e, at(at_s))
    sick = demoted(e=5, e_at=T0, until=at(10**6))
    assert settle(sick, at(now), CONFIG).row.e == 5


@pytest.mark.parametrize(
    ("reason", "e", "base_s"),
    [
        (Reason.SUBMIT, 0, 30), (Reason.SUBMIT, 1, 60), (Reason.SUBMIT, 8, 300), (Reason.LIVENESS, 0, 30),
        (Reason.PROBE_SUBMIT, 2, 120), (Reason.RUN, 0, 60), (Reason.RUN, 2, 240), (Reason.RUN, 8, 600),
        (Reason.TIMEOUT, 0, 60), (Reason.SLOW, 0, 60), (Reason.PROBE_RUN, 0, 60), (Reason.PROBE_LATE, 0, 60),
        (Reason.NOT_ACCEPTED, 0, 60),
    ],
)  # fmt: skip
def test_a_demotion_lasts_its_base_times_two_to_the_e_with_the_jitter(reason: Reason, e: int, base_s: float) -> None:
    row = replace(fresh(), e=e, epoch=4)
    after_it = demote(row, reason, at(10), CONFIG, {"text": "why"}).row
    assert after_it.until is not None
    lasts_s = (after_it.until - at(10)).total_seconds()
    assert lasts_s == pytest.approx(base_s * (1 + 0.2 * jitter(ROUTE, 5)), abs=1e-4)
    assert (after_it.e, after_it.e_at, after_it.epoch) == (min(8, e + 1), at(10), 5)


def test_the_jitter_of_a_route_is_the_same_for_everybody() -> None:
    assert jitter(ROUTE, 5) == pytest.approx(0.1915730030911238, abs=1e-12)
    assert -1 <= min(jitter(ROUTE, n) for n in range(200)) < -0.9
    assert 0.9 < max(jitter(ROUTE, n) for n in range(200)) <= 1


def test_a_new_state_forgets_what_belonged_to_the_old_one() -> None:
    row = replace(
        fresh(), score=3.0, successes=(Success(at=T0, slow=True),), bad=(Bad(ref="a", at=T0, kind=BadKind.RUN),),
        probe_window=4, probes=(RunningProbe("a", at(9)),), probe_ok=2, probe_last=at(5), slots=4, slots_ok=3,
        live_bad=1,
    )  # fmt: skip
    after_it = after(row, Held(why="invoice", until=at(99)))
    assert after_it == replace(
        row, state=X, since=at(10), until=at(99), reason=Reason.OPERATOR, note="invoice", epoch=1, score=0.0,
        score_at=at(10), successes=(), bad=(), probe_window=1, probes=(), probe_ok=0, probe_last=None,
    )  # fmt: skip


def test_holds_have_their_words_and_their_length() -> None:
    found = {
        error: (made := hold(fresh(), error, None, T0, CONFIG).row).note + f" {(made.until or T0) - T0}"
        for error in (E.AUTH, E.QUOTA_EXHAUSTED, E.MODEL_GONE)
    }
    assert found == {
        E.AUTH: "our key was not accepted 0:05:00",
        E.QUOTA_EXHAUSTED: "our quota or balance there is used up 0:30:00",
        E.MODEL_GONE: "the model is gone 0:30:00",
    }
    assert hold(fresh(), E.AUTH, 0.0, T0, CONFIG).row.until == T0
    longer = replace(fresh(), state=X, until=at(900), reason=Reason.AUTH)
    assert hold(longer, E.AUTH, None, T0, CONFIG).row.until == at(900), "a hold never gets shorter"
    for forever in (replace(longer, until=None), replace(longer, reason=Reason.OPERATOR)):
        assert hold(forever, E.QUOTA_EXHAUSTED, 9999, T0, CONFIG).row == forever


def test_a_released_route_is_probed_whatever_it_was_held_for() -> None:
    row = after(replace(fresh(), state=X, until=at(900), epoch=4), Released(why="paid"))
    assert (row.state, row.reason, row.note, row.epoch, row.until) == (P, Reason.RELEASED, "paid", 5, None)


def test_a_tick_brings_the_transitions_that_were_due_before_the_event() -> None:
    stepped = step(demoted(), started(PROBE), at(61), CONFIG)
    assert [t.reason for t in stepped.transitions] == [Reason.DUE]
    assert stepped.refused is None
    failed = AttemptFailed(attempt=facts(epoch=2, is_probe=True), error_class=E.CAPACITY, stage=Stage.RUN)
    both = step(demoted(), failed, at(61), CONFIG)
    assert [t.reason for t in both.transitions] == [Reason.DUE, Reason.PROBE_RUN]
    assert step(fresh(), Tick(), at(10), CONFIG).row == fresh()


# The score.


@pytest.mark.parametrize(
    ("event", "weighs"),
    [
        (AttemptSucceeded(attempt=facts(), slow=True), 0.0),
        (Overdue(attempt=facts(), by=Overdueness.P95), 1.0),
        (Overdue(attempt=facts(), by=Overdueness.VERY), 2.0),
        (AttemptFailed(attempt=facts(), error_class=E.CAPACITY, stage=Stage.SUBMIT), 1.75),
        (AttemptFailed(attempt=facts(), error_class=E.TIMEOUT, stage=Stage.SUBMIT), 1.75),
        (AttemptFailed(attempt=facts(), error_class=E.TIMEOUT, stage=Stage.RUN), 2.5),
        (AttemptFailed(attempt=facts(), error_class=E.TASK_GONE, stage=Stage.RUN), 2.0),
        (AttemptFailed(attempt=facts(), error_class=E.RATE_LIMITED, stage=Stage.RUN), 0.0),
        (AttemptFailed(attempt=facts(), error_class=E.INVALID_REQUEST, stage=Stage.RUN, people=2), 0.0),
        (AttemptFailed(attempt=facts(), error_class=E.INVALID_REQUEST, stage=Stage.RUN, people=3), 1.75),
        (AttemptFailed(attempt=facts(), error_class=E.CONTENT_POLICY, stage=Stage.RUN, people=9), 0.0),
    ],
)
def test_what_each_outcome_weighs(event: object, weighs: float) -> None:
    assert health_score.weight(event, CONFIG) == weighs  # type: ignore[arg-type]  # one of the events


def test_a_success_takes_its_own_loan_back_and_earns_a_third_of_a_point() -> None:
    row = replace(fresh(), score=4.0, score_at=at(10))
    counted = {
        (slow, n): after(row, AttemptSucceeded(attempt=facts(counted=n, factor=0.5), slow=slow)).score
        for slow in (False, True)
        for n in (0.0, 2.0)
    }
    assert counted == pytest.approx({(False, 0.0): 3.65, (False, 2.0): 2.65, (True, 0.0): 4.0, (True, 2.0): 3.0})
    assert after(replace(row, score=0.2), AttemptSucceeded(attempt=facts(), slow=False)).score == 0


def test_the_last_twelve_successes_of_an_hour_are_remembered() -> None:
    row = fresh()
    for n in range(15):
        row = after(row, AttemptSucceeded(attempt=facts(n), slow=False), n)
    assert [s.at for s in row.successes] == [at(n) for n in range(3, 15)]
    for seconds, left in ((3603, 13), (3603.1, 12), (3604, 12)):
        moved = after(row, AttemptSucceeded(attempt=facts(99), slow=False), seconds)
        assert len(moved.successes) == min(12, left)


@pytest.mark.parametrize(
    ("of", "slow", "is_slow"), [(5, 5, False), (6, 2, False), (6, 3, True), (12, 5, False), (12, 6, True)]
)
def test_half_of_at_least_six_recent_successes(*, of: int, slow: int, is_slow: bool) -> None:
    row = replace(fresh(), successes=tuple(Success(at=T0, slow=n < slow) for n in range(of)))
    assert health_score.is_slow(row, at(3600), CONFIG) is is_slow
    assert not health_score.is_slow(row, at(3600.1), CONFIG)


def test_what_is_bad_is_counted_once_for_each_attempt_and_only_what_is_more() -> None:
    row = fresh()
    bad = AttemptFailed(attempt=facts(1, counted=1.0, factor=0.5), error_class=E.TASK_GONE, stage=Stage.RUN)
    row = after(row, bad)
    assert row.score == pytest.approx(0.5)
    row = after(row, replace(bad, attempt=facts(1, counted=3.0)))
    assert (row.score, len(row.bad)) == (pytest.approx(0.5), 1)
    nothing = after(row, replace(bad, attempt=facts(2, factor=0.0)))
    assert (nothing.score, len(nothing.bad)) == (pytest.approx(0.5), 1)
    ok = after(row, AttemptSucceeded(attempt=facts(1), slow=True))
    assert ok.bad == ()


def test_at_most_24_bad_outcomes_are_remembered_for_words() -> None:
    row = replace(fresh(), bad=tuple(Bad(ref=str(n), at=T0, kind=BadKind.RUN) for n in range(24)))
    more = health_score.with_bad(row, Overdue(attempt=facts(1), by=Overdueness.P95), at(10), CONFIG)
    assert len(more.bad) == 24
    assert (more.bad[0].ref, more.bad[-1]) == ("1", Bad(ref=str(ref(1)), at=at(10), kind=BadKind.OVERDUE))


@pytest.mark.parametrize(
    ("kinds", "over_s", "text"),
    [
        ([], 0, "nothing recent in 0 s"),
        ([BadKind.RUN], 0, "1 run failure in 0 s"),
        ([BadKind.RUN], 89, "1 run failure in 89 s"),
        ([BadKind.RUN], 90, "1 run failure in 2 min"),
        ([BadKind.NOT_ACCEPTED] * 2, 240, "2 requests that were not accepted in 4 min"),
        ([BadKind.NOT_ACCEPTED], 240, "1 request that was not accepted in 4 min"),
        ([BadKind.TIMEOUT, BadKind.SUBMIT, BadKind.SUBMIT], 0, "2 submit failures and 1 timeout in 0 s"),
        ([BadKind.RUN], 3600, "1 run failure in 60 min"),
        ([BadKind.RUN], 3601, "nothing recent in 0 s"),
    ],
)
def test_the_evidence_in_words(kinds: list[BadKind], over_s: float, text: str) -> None:
    row = replace(fresh(), bad=tuple(Bad(ref=str(n), at=T0, kind=kind) for n, kind in enumerate(kinds)))
    words = health_score.in_words(row, at(over_s), CONFIG)
    assert words["text"] == text


def test_the_numbers_beside_the_words() -> None:
    row = replace(
        fresh(), score=4.0, score_at=T0, rate=600.0, rate_at=at(1800), bad=(Bad(ref="a", at=T0, kind=BadKind.TIMEOUT),),
        successes=(Success(at=T0, slow=True), Success(at=T0, slow=False)),
    )  # fmt: skip
    assert health_score.in_words(row, at(1800), CONFIG) == {
        "text": "1 timeout in 30 min", "timeout": 1, "over_s": 1800, "score": 2.0, "threshold": 7.0, "successes": 2,
    }  # fmt: skip
    assert health_score.in_words(row, at(3601), CONFIG)["successes"] == 0
    assert health_score.slow_in_words(row) == {
        "text": "1 of the last 2 successes took longer than 95 % of them usually do", "slow": 1, "successes": 2,
    }  # fmt: skip


def blame(
    member: int | None, *, age_s: float = 0.0, n: int = 7, epoch: int = 0, factor: float = 1.0
) -> health_score.Blame:
    return health_score.Blame(
        ref=ref(n), member=None if member is None else MemberId(member), epoch=epoch, at=at(-age_s), counted=2.0,
        factor=factor,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("blames", "factor"),
    [
        ([], 1.0),
        ([blame(5)], 0.5),
        ([blame(5, age_s=1799)], 0.5),
        ([blame(5, age_s=1800)], 1.0),
        ([blame(5, n=7), blame(5, n=8)], 0.0),
        ([blame(6), blame(6, n=8)], 1.0),
        ([blame(None)], 1.0),
        ([blame(5, epoch=9)], 0.5),
        ([blame(5, n=7, factor=0.5, age_s=1800), blame(5, n=8, age_s=1800)], 0.75),
    ],
)
def test_a_members_share_of_the_next_outcome(blames: list[health_score.Blame], factor: float) -> None:
    attempt = replace(facts(99), member=MemberId(5))
    found = health_score.standing(attempt, blames, now=T0, config=CONFIG)
    assert (found.counted, found.factor) == (0.0, pytest.approx(factor))
    assert health_score.standing(facts(99), blames, now=T0, config=CONFIG) == Standing()


def test_an_attempt_that_is_on_record_keeps_its_share_and_forgets_another_epoch() -> None:
    attempt = replace(facts(7, epoch=1), member=MemberId(5))
    old = health_score.standing(attempt, [blame(5, factor=0.5)], now=T0, config=CONFIG)
    assert old == Standing(counted=0.0, factor=0.5)
    same = health_score.standing(attempt, [blame(5, n=8), blame(5, epoch=1, factor=0.5)], now=T0, config=CONFIG)
    assert same == Standing(counted=2.0, factor=0.5)


def test_how_long_blame_matters() -> None:
    assert health_score.blames_window_s(CONFIG) == 10_800
    assert health_score.blames_window_s(replace(CONFIG, damping_window_s=99_999)) == 99_999


@pytest.mark.parametrize(
    ("refused", "total", "is_alarm"),
    [(10, 19, False), (11, 20, True), (10, 20, False), (51, 100, True), (50, 100, False)],
)
def test_a_filter_is_to_blame_above_half_of_twenty(*, refused: int, total: int, is_alarm: bool) -> None:
    assert health_score.refusals_alarm(refused=refused, total=total, config=CONFIG) is is_alarm


def test_the_rate_fades_over_an_hour() -> None:
    row = replace(fresh(), rate=100.0, rate_at=T0)
    assert health_score.rate(row, at(3600), CONFIG) == pytest.approx(36.79, abs=0.01)
    assert health_score.counted_start(row, at(-5), CONFIG).rate_at == T0


# Cooldowns, slots and statuses.


@pytest.mark.parametrize(
    ("slots", "left"), [(10, 7), (7, 4), (3, 2), (2, 1), (1, 1)]
)  # fmt: skip
def test_too_many_at_once_takes_three_tenths_of_the_slots(slots: int, left: int) -> None:
    row = replace(fresh(), slots=slots, slots_ok=5)
    shrunk = with_cooldown(row, T0, CONFIG, retry_after_s=None, concurrency=True)
    assert (shrunk.slots, shrunk.slots_ok) == (left, 0)
    assert with_cooldown(row, T0, CONFIG, retry_after_s=None, concurrency=False).slots_ok == 5


def test_the_tenth_success_gives_a_slot_back_and_none_beyond_what_is_configured() -> None:
    row = replace(fresh(), slots=7, slots_ok=8)
    ninth = after_success(row, CONFIG)
    assert (ninth.slots, ninth.slots_ok) == (7, 9)
    tenth = after_success(ninth, CONFIG)
    assert (tenth.slots, tenth.slots_ok) == (8, 0)
    assert after_success(fresh(), CONFIG) == fresh()


@pytest.mark.parametrize(("again_s", "k"), [(14.9, 0), (15, 1), (134.9, 1), (135, 0), (136, 0)])
def test_a_429_within_two_minutes_of_a_cooldowns_end_is_one_more(again_s: float, k: int) -> None:
    row = with_cooldown(fresh(), T0, CONFIG, retry_after_s=None, concurrency=False)
    assert with_cooldown(row, at(again_s), CONFIG, retry_after_s=None, concurrency=False).cooldown_k == k


def test_a_vendors_word_does_not_shorten_our_own_cooldown() -> None:
    for said, lasts in ((1, 15), (15, 15), (16, 16), (600, 600), (601, 600)):
        row = with_cooldown(fresh(), T0, CONFIG, retry_after_s=said, concurrency=False)
        assert row.cooldown_until == at(lasts)


def test_a_route_that_never_panicked_is_ready_since_it_is_there() -> None:
    assert panic_ready_at(fresh(), CONFIG) == T0
    assert with_panic(replace(fresh(), panic_due=at(5)), at(9), CONFIG).panic_due == at(14)
    assert with_panic(replace(fresh(), panic_due=at(9)), at(5), CONFIG).panic_due == at(14)


def test_what_a_row_says_of_itself() -> None:
    row = new_route(RouteKey("veo.vertex"), now=T0, slots=7, hedge_tokens=3.0)
    assert row == RouteHealth(
        route=RouteKey("veo.vertex"), since=T0, e_at=T0, score_at=T0, rate_at=T0, slots=7, slots_max=7,
        hedge_tokens=3.0, state=H, until=None, reason=Reason.NEW, note="", epoch=0, e=0, score=0.0, rate=0.0,
        successes=(), bad=(),
        probe_window=1, probes=(), probe_ok=0, probe_last=None, cooldown_until=None, cooldown_k=0, live_bad=0,
        live_at=None, slots_ok=0, panic_due=None,
    )  # fmt: skip
    holding = replace(row, state=X)
    assert holding.is_held(at(9999))
    assert [replace(holding, until=at(5)).is_held(at(n)) for n in (4.9, 5, 5.1)] == [True, False, False]
    assert not replace(row, state=D, until=at(5)).is_held(T0)
    assert [replace(row, cooldown_until=at(5)).is_cooling(at(n)) for n in (4.9, 5, 5.1)] == [True, False, False]
    assert str(ref(3)).endswith("3/1")
    assert (seconds_since(at(5), T0), seconds_since(T0, at(5)), later(T0, 5)) == (0.0, 5.0, at(5))


def status(ok: int, *, state: HealthState = H, usual_s: float | None = None) -> RouteStatus:
    return RouteStatus(row=replace(fresh(), state=state), ok=ok, bad=ok + 1, usual_s=usual_s)


def test_a_provider_is_its_routes_taken_together() -> None:
    made = ProviderStatus(
        provider=ProviderName("veo"), label="Veo", routes=(status(1, state=D, usual_s=90), status(5, usual_s=60))
    )
    assert (made.is_up, made.ok, made.bad, made.usual_s) == (True, 6, 8, 60)
    assert not replace(made, routes=(status(1, state=P),)).is_up
    transition = step(fresh(), Held(why="x"), at(10), CONFIG).transitions[0]
    assert status(1).since == T0
    assert replace(status(1), trouble=transition).since == at(10)
    assert (status(1).route, RouteStatus(row=fresh()).ok, RouteStatus(row=fresh()).bad) == (ROUTE, 0, 0)
    assert RouteStatus(row=fresh()).relapses == 0
