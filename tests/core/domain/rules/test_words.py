"""Blocked words: whole ones, whatever their case, accents and width; nothing inside of other words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.rules.words import WORDS_MAX, first_found, folded, listed_words

WORDS = st.text("abcdefghijklmnopqrstuvwxyzäöüéñß", min_size=2, max_size=8)
PROSE = st.lists(WORDS, max_size=8)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a NUDE in the snow", "nude"),
        ("ein NÜDE Bild", "nude"),
        ("ｎｕｄｅ art", "nude"),
        ("n\u0308ude", "ñude"),
        ("a gun-shop at night", "gun"),
        ("the Straße", "STRASSE"),
        ("smoking   a\nbig cigar", "big cigar"),
        ("nu\u200dde", "nude"),
        ("雪の中の裸の像", "裸"),
        ("Łódź", "lodz"),
    ],
)
def test_a_word_is_found_however_it_is_written(text: str, word: str) -> None:
    assert first_found(text, ["something else", word]) == word


@pytest.mark.parametrize(
    ("text", "word"), [("denuded hills", "nude"), ("a gunny bag", "gun"), ("big old cigar", "big cigar"), ("", "x")]
)
def test_a_word_inside_of_others_is_not_meant(text: str, word: str) -> None:
    assert first_found(text, [word]) is None


@given(before=PROSE, word=WORDS, after=PROSE, upper=st.booleans(), apart=st.sampled_from([" ", ", ", "-", "/", "\n"]))
def test_a_listed_word_among_others_is_always_found(
    *, before: list[str], word: str, after: list[str], upper: bool, apart: str
) -> None:
    text = apart.join([*before, word, *after])
    said = text.upper() if upper else unicodedata.normalize("NFD", text)
    assert first_found(said, [word]) == word


@given(prose=PROSE, word=WORDS)
def test_only_a_whole_word_counts(prose: list[str], word: str) -> None:
    is_there = folded(word) in [folded(each) for each in prose]
    assert (first_found(" ".join(prose), [word]) is not None) == is_there


@given(st.text(max_size=200))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def test_a_list_is_read_line_by_line_and_each_word_once() -> None:
    assert listed_words("Gun\n gun ,GÜN; big  cigar\n\n,") == ("Gun", "big cigar")
    assert len(listed_words("\n".join(f"word{number}" for number in range(2 * WORDS_MAX)))) == WORDS_MAX
