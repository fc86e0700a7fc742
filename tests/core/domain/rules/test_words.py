"""Blocked words: whole ones, whatever their case, accents and width; nothing inside of other words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.rules.words import WORD_MAX, WORDS_MAX, first_found, folded, listed_words

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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Łódź, Ødegård & Đorđe_ħıŧ", "lodz odegard dorde hit"),
        ("Æther œuvre", "aether oeuvre"),
        ("a\u20dd b\u0301 c\u200bd", "a b cd"),
        ("", ""),
        ("!?", ""),
    ],
)
def test_folding_takes_accents_case_and_what_is_no_letter(text: str, expected: str) -> None:
    assert folded(text) == expected


@pytest.mark.parametrize(
    "word", ["ไทย", "\u0eab\u0ea1\u0eb2", "မြန်မာ", "ខ្មែរ", "ひらがな", "カタカナ", "漢字", "㐀", "鿿"]
)
def test_where_a_script_has_no_blanks_a_word_is_found_inside_of_others(word: str) -> None:
    letter = word[0]
    assert first_found(f"{letter * 2}{word}{letter * 2}", [word]) == word
    assert first_found(f"{word[:1]} {word[1:]}" if len(word) > 1 else word, [word]) == word


def test_lists_are_cut_at_their_lengths_and_empty_words_find_nothing() -> None:
    assert (WORDS_MAX, WORD_MAX) == (500, 60)
    assert listed_words("x" * 61) == ("x" * 60,)
    assert listed_words("a,b;c\nd") == ("a", "b", "c", "d")
    assert first_found("a gun", ["", "!", "gun"]) == "gun"
    assert first_found("?", ["", "!", "gun"]) is None
    assert first_found("a gun and a knife", ["knife", "gun"]) == "knife"
