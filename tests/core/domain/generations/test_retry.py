"""One table says what each class of error means."""

import pytest

from core.domain.errors import ErrorClass
from core.domain.generations.retry import POLICIES, Effect, Stage, ends_generation, policy


def test_every_class_has_a_policy() -> None:
    assert set(POLICIES) == set(ErrorClass)


def test_only_the_request_itself_ends_a_generation() -> None:
    ending = {error for error in ErrorClass if POLICIES[error].ends}
    assert ending == {ErrorClass.INVALID_REQUEST, ErrorClass.CONTENT_POLICY}
    assert all(POLICIES[error].effect is Effect.NONE for error in ending)


def test_what_an_operator_must_mend_takes_the_route_out_and_tells_them() -> None:
    held = {error for error in ErrorClass if POLICIES[error].effect is Effect.HOLD}
    assert held == {ErrorClass.AUTH, ErrorClass.QUOTA_EXHAUSTED, ErrorClass.MODEL_GONE}
    assert held == {error for error in ErrorClass if POLICIES[error].alerts}
    assert [error for error in ErrorClass if POLICIES[error].to_successor] == [ErrorClass.MODEL_GONE]


@pytest.mark.parametrize("error", [ErrorClass.TRANSIENT_SERVER, ErrorClass.CAPACITY])
def test_only_a_failed_submit_is_worth_another_on_the_spot(error: ErrorClass) -> None:
    assert policy(error, stage=Stage.SUBMIT).quick_retry
    assert not policy(error, stage=Stage.RUN).quick_retry


def test_a_timeout_is_no_verdict_but_a_vendor_out_of_reach_has_nothing_to_watch() -> None:
    assert policy(ErrorClass.TIMEOUT, stage=Stage.RUN).stays_on_watch
    assert not policy(ErrorClass.TIMEOUT, stage=Stage.SUBMIT).stays_on_watch


def test_an_unknown_submit_is_looked_for_first_and_says_nothing_about_the_route() -> None:
    unknown = policy(ErrorClass.OUTCOME_UNKNOWN, stage=Stage.SUBMIT)
    assert unknown.looks_first
    assert unknown.effect is Effect.NONE


def test_refused_content_goes_to_one_more_provider_where_the_workspace_wants_that() -> None:
    def ends(*, refusals_before: int, asks_elsewhere: bool) -> bool:
        return ends_generation(
            ErrorClass.CONTENT_POLICY, refusals_before=refusals_before, asks_elsewhere=asks_elsewhere
        )

    assert ends(refusals_before=0, asks_elsewhere=False)
    assert not ends(refusals_before=0, asks_elsewhere=True)
    assert ends(refusals_before=1, asks_elsewhere=True)
    assert ends_generation(ErrorClass.INVALID_REQUEST, refusals_before=0, asks_elsewhere=True)
    assert not ends_generation(ErrorClass.TIMEOUT, refusals_before=0, asks_elsewhere=False)
