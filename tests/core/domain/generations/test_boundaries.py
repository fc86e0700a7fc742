"""The edges of a generation's life: polls, steps, ends and refusals, at, below and above each bound."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from core.domain.errors import ErrorClass, Refusal, Rule, Subject
from core.domain.generations.generation import Attempt, AttemptState, Clip, State
from core.domain.generations.polling import (
    again_s,
    failed_poll_s,
    first_poll_s,
    is_lost,
    load_after,
    next_poll_s,
    spread_s,
    together_s,
)
from core.domain.generations.retry import AfterRefusal, after_refusal, summed_up
from core.domain.generations.steps import (
    Adopt,
    Cancel,
    Close,
    ConsiderHedge,
    Expire,
    Lapse,
    LookUp,
    NextStep,
    Poison,
    Start,
    Store,
    Wait,
    next_step,
)
from core.domain.ids import ProviderName, RouteKey
from core.domain.requests.fallback import Elsewhere, Fallback
from tests.core.rows import NOW, RESULT, attempt, generation

E = ErrorClass
INTENDED, ACCEPTED, REJECTED, AMBIGUOUS, ABANDONED, SUCCEEDED, FAILED, LATE = AttemptState


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def step(*attempts: Attempt, long_at: dict[int, datetime] | None = None, **changed: object) -> NextStep:
    lags = {RouteKey("kling.api"): timedelta(seconds=10)}
    return next_step(generation(**changed), attempts, now=NOW, find_lags=lags, long_at=long_at or {})


# Polls.


@pytest.mark.parametrize(
    ("elapsed_s", "load", "pause_s"),
    [
        (0, 0, 40), (30, 0, 10), (38, 0, 2), (39, 0, 2), (39.9, 1, 2), (40, 0, 2), (100, 0, 2), (100.1, 0, 8.008),
        (200, 0, 16), (375, 0, 30), (400, 0, 30), (40, 1, 6), (100, 1, 15), (100, 0.5, 8.5), (200, 0.5, 23),
        (200, 1, 30),
        (100, 2, 30), (200, 3, 90), (10, 3, 30),
    ],
)  # fmt: skip
def test_when_the_next_poll_comes(elapsed_s: float, load: float, pause_s: float) -> None:
    assert next_poll_s(elapsed_s=elapsed_s, p5_s=40, p95_s=100, load=load) == pytest.approx(pause_s)


def test_without_a_load_there_is_room() -> None:
    assert next_poll_s(elapsed_s=200, p5_s=40, p95_s=100) == 16
    assert [first_poll_s(p5_s=n, seed=7) for n in (0, 2, 40)] == [2, 2, 40]
    assert [first_poll_s(p5_s=n, seed=8) for n in (0, 4, 5, 40)] == [2, 2, 2.5, 20]


@pytest.mark.parametrize(
    ("failures", "retry_after_s", "pause_s"),
    [(0, None, 2), (1, None, 4), (2, None, 8), (3, None, 16), (4, None, 30), (9, None, 30), (1, 90, 90), (3, 5, 16)],
)
def test_when_a_failed_question_is_asked_again(failures: int, retry_after_s: float | None, pause_s: float) -> None:
    assert failed_poll_s(failures=failures, retry_after_s=retry_after_s) == pause_s


@pytest.mark.parametrize(
    ("since_s", "retry_after_s", "pause_s"),
    [(0, None, 3), (12, None, 3), (20, None, 5), (240, None, 60), (999, None, 60), (20, 90, 90), (20, 4, 5)],
)
def test_when_a_video_that_is_not_there_is_tried_again(
    since_s: float, retry_after_s: float | None, pause_s: float
) -> None:
    assert again_s(since_s=since_s, retry_after_s=retry_after_s) == pause_s


@pytest.mark.parametrize(
    ("polls", "for_s", "lost"), [(2, 99, False), (3, 59.9, False), (3, 60, True), (4, 61, True), (0, 0, False)]
)
def test_a_task_is_lost_after_three_noes_over_a_minute(*, polls: int, for_s: float, lost: bool) -> None:
    assert is_lost(polls=polls, for_s=for_s) is lost


def test_pauses_are_spread_by_a_tenth_and_the_same_for_the_same_seed() -> None:
    found = [spread_s(100, seed=seed) for seed in (0, 504, 1008, 1009, 2017)]
    assert found == pytest.approx([90, 100, 110, 90, 110])


@pytest.mark.parametrize(("now_s", "pause_s", "together"), [(100, 5, 6), (100.5, 5, 5.5), (101, 5, 5), (100, 6, 6)])
def test_polls_that_can_be_one_fall_on_the_same_even_second(now_s: float, pause_s: float, together: float) -> None:
    assert together_s(now_s, pause_s) == pytest.approx(together)


@pytest.mark.parametrize(
    ("lag_s", "busy", "load"),
    [
        (0.5, 0.8, 1.0), (0.51, 0.0, 1.5), (0.0, 0.81, 1.5), (0.5, 0.5, 1.0), (0.0, 0.49, 0.995), (0.0, 0.25, 0.875),
        (0.0, 0.0, 0.75),
    ],
)  # fmt: skip
def test_how_the_load_of_a_process_moves_in_5_s(lag_s: float, busy: float, load: float) -> None:
    assert load_after(1.0, lag_s=lag_s, busy=busy, after_s=5) == pytest.approx(load)
    assert load_after(2.9, lag_s=9, busy=0, after_s=5) == 3.0
    assert load_after(0.1, lag_s=0, busy=0, after_s=5) == 0.0


# Steps.


def test_an_approval_that_nobody_gives_lapses_at_its_very_moment() -> None:
    asking = partial(step, state=State.ASKING)
    assert asking(start_by=at(0.1)) == Wait(at(0.1))
    assert asking(start_by=NOW) == Lapse()
    assert asking(start_by=at(-1)) == Lapse()
    assert asking(start_by=at(-1), cancel_requested_at=NOW) == Cancel()


@pytest.mark.parametrize(("claims", "state", "ends"), [
    (12, State.RENDERING, False), (13, State.RENDERING, True), (13, State.STORING, True), (13, State.ASKING, True),
    (13, State.DELIVERING, False), (99, State.DONE, True),
])  # fmt: skip
def test_the_thirteenth_claim_ends_it(*, claims: int, state: State, ends: bool) -> None:
    won = attempt(SUCCEEDED, 1, result=RESULT)
    assert isinstance(step(won, state=state, claims=claims, winner_attempt=1), Poison) is ends


def test_the_winner_is_the_one_that_is_named() -> None:
    first, second = attempt(SUCCEEDED, 1, result=RESULT), attempt(SUCCEEDED, 2, result=RESULT)
    assert step(first, second, state=State.STORING, winner_attempt=1) == Store(first)
    assert step(first, second, state=State.STORING, winner_attempt=2) == Store(second)
    assert step(first, state=State.DONE) == Close()


def test_an_attempt_that_succeeded_and_says_no_time_counts_as_now() -> None:
    early = attempt(SUCCEEDED, 1, result=RESULT, ended_at=at(-1))
    timeless = attempt(SUCCEEDED, 2, result=RESULT, ended_at=None)
    future = attempt(SUCCEEDED, 3, result=RESULT, ended_at=at(1))
    assert step(timeless, early) == Adopt(early)
    assert step(future, timeless) == Adopt(timeless)


def test_what_is_only_intended_is_looked_up_before_what_is_ambiguous() -> None:
    unclear, meant = attempt(AMBIGUOUS, 1), attempt(INTENDED, 2)
    assert step(unclear, meant) == LookUp(meant)
    with_list = attempt(AMBIGUOUS, 1, route="kling.api", send_deadline=at(-9.9))
    assert step(with_list) == Wait(at(0.1))
    assert step(replace(with_list, send_deadline=at(-10))) == LookUp(replace(with_list, send_deadline=at(-10)))


def test_deadlines_at_below_and_above() -> None:
    running = attempt(ACCEPTED)
    for seconds, over in ((-0.1, True), (0, True), (0.1, False)):
        one = replace(running, deadline_at=at(seconds))
        assert step(one) == (Expire(one) if over else Wait(at(seconds)))
    timeless = replace(running, deadline_at=None)
    assert step(timeless) == Wait(NOW + timedelta(minutes=1))


def test_a_hedge_is_thought_of_once_for_one_running_attempt_at_its_moment() -> None:
    running = attempt(ACCEPTED, deadline_at=at(50))
    assert step(running, long_at={1: at(0.1)}) == Wait(at(0.1))
    assert step(running, long_at={1: NOW}) == ConsiderHedge(running)
    assert step(running, long_at={1: at(60)}) == Wait(at(50))
    other = attempt(ACCEPTED, 2, deadline_at=at(40))
    assert step(running, other, long_at={1: NOW, 2: NOW}) == Wait(at(40))
    gone = attempt(FAILED, 2, is_hedge=True)
    assert step(running, gone, long_at={1: NOW}) == Wait(at(50))
    assert step(running, replace(gone, is_hedge=False), long_at={1: NOW}) == ConsiderHedge(running)
    assert step(running, long_at={1: NOW}, reason={"cannot_stop": "veo"}) == Wait(at(50))
    assert step(running, long_at={2: NOW}) == Wait(at(50))


def test_nothing_new_is_begun_for_who_has_cancelled_in_vain() -> None:
    assert step(attempt(FAILED), reason={"cannot_stop": "veo"}) == Cancel()
    assert step(attempt(FAILED), reason={}) == Start()


# What was refused.


@pytest.mark.parametrize(
    ("subject", "others", "after"),
    [
        (Subject.UNKNOWN, 0, AfterRefusal.ELSEWHERE), (Subject.UNKNOWN, 1, AfterRefusal.END),
        (Subject.UNKNOWN, 2, AfterRefusal.END), (Subject.PICTURE, 2, AfterRefusal.ELSEWHERE),
    ],
)  # fmt: skip
def test_two_that_do_not_say_why_are_enough(subject: Subject, others: int, after: AfterRefusal) -> None:
    refusal = Refusal(subject=subject, rule=Rule.VENDOR)
    assert after_refusal(refusal, before=0, others=others, asks_elsewhere=True) is after
    assert after_refusal(refusal, before=0, others=others, asks_elsewhere=False) is AfterRefusal.END


@pytest.mark.parametrize(
    ("errors", "found"),
    [
        ([], None), ([E.CONTENT_POLICY], E.CONTENT_POLICY), ([E.INVALID_REQUEST], E.INVALID_REQUEST),
        ([E.CONTENT_POLICY, E.INVALID_REQUEST], E.CONTENT_POLICY), ([E.CONTENT_POLICY, E.TIMEOUT], E.TIMEOUT),
        ([E.TIMEOUT, E.CONTENT_POLICY], E.TIMEOUT), ([E.TIMEOUT, E.CAPACITY, E.INVALID_REQUEST], E.CAPACITY),
    ],
)  # fmt: skip
def test_what_a_generation_failed_of(errors: list[ErrorClass], found: ErrorClass | None) -> None:
    assert summed_up(errors) is found


# The row.


def test_what_a_generation_and_an_attempt_say_of_themselves() -> None:
    assert generation().quoted == 480
    assert generation(consumed=0).quoted == 480
    assert generation(consumed=0, prices={ProviderName("a"): 3, ProviderName("b"): 7}).quoted == 7
    assert generation(consumed=0, prices={}).quoted == 0
    assert generation(consumed=5).quoted == 5
    assert (generation().fallback, generation().elsewhere) == (Fallback.ANY, Elsewhere.OFFER)
    ran = attempt(SUCCEEDED, accepted_at=NOW, ended_at=at(7))
    assert ran.ran_s == 7
    assert replace(ran, accepted_at=None).ran_s is None
    assert replace(ran, ended_at=None).ran_s is None
    assert (ran.failures, ran.refusal, ran.missing_since, ran.missing_polls, ran.claimed_at) == (0, None, None, 0, None)
    assert replace(ran, claimed_at=NOW) == ran, "when it was claimed is not what it is"
    clip = Clip(key="clips/a.mp4", sha256="x", size=1, width=2, height=3, duration_s=4.0)
    assert (clip.poster_key, clip.has_audio) == ("clips/a.jpg", None)
