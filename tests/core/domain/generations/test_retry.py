"""One table says what each class of error means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import ErrorClass, Refusal, Rule, Subject
from core.domain.generations.retry import POLICIES, AfterRefusal, Effect, Stage, after_refusal, policy, summed_up


def test_every_class_has_a_policy() -> None:
    assert set(POLICIES) == set(ErrorClass)


def test_only_refused_content_ends_a_generation_that_has_other_providers_left() -> None:
    ending = {error for error in ErrorClass if POLICIES[error].ends}
    assert ending == {ErrorClass.CONTENT_POLICY}
    assert all(POLICIES[error].effect is Effect.NONE for error in ending)


def test_what_an_operator_must_mend_takes_the_route_out_and_tells_them() -> None:
    held = {error for error in ErrorClass if POLICIES[error].effect is Effect.HOLD}
    assert held == {ErrorClass.AUTH, ErrorClass.QUOTA_EXHAUSTED, ErrorClass.MODEL_GONE}
    assert held | {ErrorClass.INVALID_REQUEST} == {error for error in ErrorClass if POLICIES[error].alerts}


@pytest.mark.parametrize("error", [ErrorClass.TRANSIENT_SERVER, ErrorClass.CAPACITY])
def test_only_a_failed_submit_is_worth_another_at_once(error: ErrorClass) -> None:
    assert policy(error, stage=Stage.SUBMIT).quick_retry
    assert not policy(error, stage=Stage.RUN).quick_retry


def test_a_vendor_out_of_reach_is_asked_once_more_and_a_task_that_takes_too_long_is_not_made_twice() -> None:
    assert policy(ErrorClass.TIMEOUT, stage=Stage.SUBMIT).quick_retry
    assert not policy(ErrorClass.TIMEOUT, stage=Stage.RUN).quick_retry


def test_an_unknown_submit_is_never_repeated_and_says_nothing_about_the_route() -> None:
    unknown = policy(ErrorClass.OUTCOME_UNKNOWN, stage=Stage.SUBMIT)
    assert not unknown.quick_retry
    assert unknown.effect is Effect.NONE


REFUSALS = st.builds(Refusal, subject=st.sampled_from(Subject), rule=st.sampled_from(Rule), by_chance=st.booleans())


@pytest.mark.parametrize(
    ("refusal", "before", "others", "asks_elsewhere", "after"),
    [
        (Refusal(subject=Subject.WORDS), 0, 0, False, AfterRefusal.END),
        (Refusal(subject=Subject.WORDS), 0, 0, True, AfterRefusal.END),
        (Refusal(subject=Subject.PICTURE, rule=Rule.VENDOR), 0, 0, False, AfterRefusal.END),
        (Refusal(subject=Subject.PICTURE, rule=Rule.VENDOR), 0, 2, True, AfterRefusal.ELSEWHERE),
        (Refusal(subject=Subject.OUTPUT), 0, 0, False, AfterRefusal.AGAIN),
        (Refusal(subject=Subject.OUTPUT), 1, 0, False, AfterRefusal.END),
        (Refusal(subject=Subject.OUTPUT), 1, 0, True, AfterRefusal.ELSEWHERE),
        (Refusal(subject=Subject.OUTPUT, by_chance=True), 1, 0, False, AfterRefusal.AGAIN),
        (Refusal(subject=Subject.OUTPUT, by_chance=True), 2, 0, False, AfterRefusal.END),
        (Refusal(), 0, 0, True, AfterRefusal.ELSEWHERE),
        (Refusal(), 0, 1, True, AfterRefusal.END),
        (Refusal(), 0, 0, False, AfterRefusal.END),
    ],
)
def test_what_was_refused_and_by_whose_rule_decides_what_comes_next(
    *, refusal: Refusal, before: int, others: int, asks_elsewhere: bool, after: AfterRefusal
) -> None:
    assert after_refusal(refusal, before=before, others=others, asks_elsewhere=asks_elsewhere) is after


@given(refusal=REFUSALS, before=st.integers(0, 9), others=st.integers(0, 4), asks_elsewhere=st.booleans())
def test_one_provider_is_asked_at_most_three_times_and_nobody_else_unless_the_workspace_wants_it(
    *, refusal: Refusal, before: int, others: int, asks_elsewhere: bool
) -> None:
    after = after_refusal(refusal, before=before, others=others, asks_elsewhere=asks_elsewhere)
    assert after is not AfterRefusal.AGAIN or before < 2
    assert after is not AfterRefusal.ELSEWHERE or (asks_elsewhere and refusal.may_pass_elsewhere)


@given(st.lists(st.sampled_from(ErrorClass), max_size=5))
def test_a_no_is_what_a_generation_failed_of_only_where_every_provider_gave_one(errors: list[ErrorClass]) -> None:
    noes = {ErrorClass.CONTENT_POLICY, ErrorClass.INVALID_REQUEST}
    found = summed_up(errors)
    assert (found is None) == (not errors)
    assert found is None or found in errors
    assert (found in noes) == (bool(errors) and set(errors) <= noes)
