"""What an error of a provider says, and what a refusal leaves to try."""

import pytest

from core.domain.errors import (
    ErrorClass,
    OutcomeUnknown,
    ProviderError,
    Refusal,
    Rule,
    Subject,
    TryLater,
    WontWork,
    provider_error,
)

E = ErrorClass
LATER = {E.RATE_LIMITED, E.CAPACITY, E.TRANSIENT_SERVER, E.TIMEOUT}


@pytest.mark.parametrize("error_class", ErrorClass)
def test_each_class_is_of_its_family(error_class: ErrorClass) -> None:
    expected = TryLater if error_class in LATER else WontWork
    assert type(provider_error(error_class)) is (OutcomeUnknown if error_class is E.OUTCOME_UNKNOWN else expected)


def test_an_error_has_all_that_the_adapter_says() -> None:
    refusal = Refusal(subject=Subject.WORDS)
    made = provider_error(E.CAPACITY, "full", vendor_code="1303", retry_after_s=4.5, refusal=refusal, field="prompt")
    assert (made.error_class, made.detail, made.vendor_code) == (E.CAPACITY, "full", "1303")
    assert (made.retry_after_s, made.refusal, made.field) == (4.5, refusal, "prompt")


def test_an_error_of_which_nothing_is_known_says_nothing() -> None:
    made = provider_error(E.CAPACITY)
    assert (made.detail, made.vendor_code, made.field, made.retry_after_s, made.refusal) == ("", "", "", None, None)


def test_the_words_of_a_vendor_are_cut_to_500_characters_and_a_field_to_80() -> None:
    made = ProviderError(E.AUTH, detail="d" * 501, field="f" * 81)
    assert (made.detail, made.field) == ("d" * 500, "f" * 80)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ProviderError(E.AUTH, "no such key", "1002"), "auth 1002: no such key"),
        (ProviderError(E.TIMEOUT, "too late"), "timeout: too late"),
    ],
)
def test_how_an_error_reads(error: ProviderError, text: str) -> None:
    assert str(error) == text


@pytest.mark.parametrize(
    ("subject", "rule", "by_chance", "tries_again", "elsewhere"),
    [
        (Subject.WORDS, Rule.COMMON, False, 0, False),
        (Subject.PICTURE, Rule.COMMON, False, 0, False),
        (Subject.OUTPUT, Rule.COMMON, False, 1, True),
        (Subject.UNKNOWN, Rule.COMMON, False, 0, True),
        (Subject.WORDS, Rule.VENDOR, False, 0, True),
        (Subject.WORDS, Rule.COMMON, True, 2, True),
        (Subject.OUTPUT, Rule.COMMON, True, 2, True),
    ],
)
def test_what_a_refusal_leaves_to_try(
    *, subject: Subject, rule: Rule, by_chance: bool, tries_again: int, elsewhere: bool
) -> None:
    refusal = Refusal(subject=subject, rule=rule, by_chance=by_chance)
    assert (refusal.tries_again, refusal.may_pass_elsewhere) == (tries_again, elsewhere)
