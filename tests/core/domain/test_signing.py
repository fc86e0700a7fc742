"""What was signed is known again, word for word, and nothing else is."""

import string

from hypothesis import given
from hypothesis import strategies as st

from core.domain.signing import LENGTH, Signer

OLD, NEW = "the secret of last year", "the secret of this year"
words = st.lists(st.text(st.characters(), max_size=40), min_size=1, max_size=4)


def _signer(*secrets: str, purpose: str = "buttons") -> Signer:
    return Signer.derived(secrets, purpose=purpose)


@given(words)
def test_what_was_signed_is_known_and_fits_an_id(said: list[str]) -> None:
    signature = _signer(NEW).sign(*said)
    assert _signer(NEW).knows(signature, *said)
    assert len(signature) == LENGTH
    assert set(signature) <= set(string.ascii_lowercase + string.digits)


@given(words, words)
def test_other_words_are_not(said: list[str], others: list[str]) -> None:
    assert _signer(NEW).knows(_signer(NEW).sign(*said), *others) is (said == others)


@given(words, st.text(st.characters(), max_size=20))
def test_a_made_up_signature_is_not_known_whatever_it_is_made_of(said: list[str], made_up: str) -> None:
    assert _signer(NEW).knows(made_up, *said) is (made_up == _signer(NEW).sign(*said))


@given(words)
def test_a_secret_is_replaced_without_a_button_that_dies(said: list[str]) -> None:
    old = _signer(OLD).sign(*said)
    while_both_count = _signer(NEW, OLD)
    assert while_both_count.knows(old, *said)
    assert while_both_count.sign(*said) == _signer(NEW).sign(*said)
    assert not _signer(NEW).knows(old, *said)


@given(words)
def test_a_signature_for_one_purpose_counts_for_no_other(said: list[str]) -> None:
    assert not _signer(NEW, purpose="links").knows(_signer(NEW).sign(*said), *said)


def test_a_signature_is_the_same_tomorrow() -> None:
    assert _signer("s3cret").sign("cancel", "7") == "dmj7yqkprs4o"
    assert LENGTH == 12


def test_a_signer_never_shows_its_keys() -> None:
    assert "keys" not in repr(_signer(NEW))
