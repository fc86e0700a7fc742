"""What several noes come to: which of them ends the generation, and what each provider said last."""

from core.domain.errors import ErrorClass, Refusal, Rule, Subject
from core.domain.generations.generation import Attempt, AttemptState
from core.domain.generations.verdict import final_refusal, last_errors
from tests.core.rows import attempt

PICTURE = Refusal(subject=Subject.PICTURE)
FACES = Refusal(subject=Subject.PICTURE, rule=Rule.VENDOR)
CHANCE = Refusal(subject=Subject.OUTPUT)


def no(
    n: int,
    provider: str,
    refusal: Refusal | None = None,
    *,
    error: ErrorClass = ErrorClass.CONTENT_POLICY,
    state: AttemptState = AttemptState.REJECTED,
) -> Attempt:
    return attempt(n=n, provider=provider, error_class=error, refusal=refusal, state=state)


def final(*tried: Attempt, asks_elsewhere: bool = True) -> int | None:
    found = final_refusal(tried, asks_elsewhere=asks_elsewhere)
    return found.n if found is not None else None


def test_a_common_rule_ends_it_and_a_vendors_own_does_not() -> None:
    assert final(no(1, "veo", PICTURE)) == 1
    assert final(no(1, "veo", FACES)) is None
    assert final(no(1, "veo", FACES), asks_elsewhere=False) == 1
    assert final() is None


def test_the_latest_that_ends_it_is_the_one() -> None:
    assert final(no(1, "veo", PICTURE), no(2, "kling", PICTURE)) == 2
    assert final(no(1, "veo", PICTURE), no(2, "kling", FACES)) == 1


def test_what_may_have_been_chance_is_tried_once_more_at_the_same_provider() -> None:
    assert final(no(1, "veo", CHANCE), asks_elsewhere=False) is None
    assert final(no(1, "veo", CHANCE), no(2, "veo", CHANCE), asks_elsewhere=False) == 2
    assert final(no(1, "veo", CHANCE), no(2, "kling", CHANCE), asks_elsewhere=False) is None


def test_what_its_vendor_calls_chance_is_tried_twice_more() -> None:
    said = Refusal(subject=Subject.WORDS, by_chance=True)
    tried = [no(1, "veo", said), no(2, "veo", said), no(3, "veo", said)]
    assert final(*tried[:2], asks_elsewhere=False) is None
    assert final(*tried, asks_elsewhere=False) == 3


def test_two_providers_that_do_not_say_why_are_enough() -> None:
    assert final(no(1, "veo")) is None
    assert final(no(1, "veo"), no(2, "kling")) == 2
    assert final(no(1, "veo"), no(2, "veo")) is None


def test_other_errors_and_attempts_that_are_not_over_are_no_refusals() -> None:
    assert final(no(1, "veo", PICTURE, error=ErrorClass.CAPACITY)) is None
    assert final(no(1, "veo", PICTURE, state=AttemptState.ACCEPTED)) is None
    assert final(no(1, "veo", PICTURE, state=AttemptState.FAILED)) == 1
    assert final(no(1, "veo", error=ErrorClass.CAPACITY), no(2, "kling")) is None
    assert final(no(1, "veo", error=ErrorClass.CAPACITY), no(2, "kling", PICTURE)) == 2


def test_the_last_error_of_each_provider_counts_in_the_order_in_which_they_came() -> None:
    tried = [
        no(1, "veo", error=ErrorClass.CAPACITY),
        no(2, "kling", error=ErrorClass.TIMEOUT),
        attempt(AttemptState.SUCCEEDED, n=3, provider="wan", error_class=None),
        no(4, "veo", error=ErrorClass.AUTH),
    ]
    assert last_errors(tried) == [ErrorClass.TIMEOUT, ErrorClass.AUTH]
    assert last_errors([]) == []
