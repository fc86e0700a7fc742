"""What phones and keyboards write is read as a plain keyboard's characters, each in its place."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.requests.glyphs import is_emoji, is_word, plain, seen


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u207b\u208b\u2e3a\u2e3b\ufe31\ufe32\ufe58\ufe63\uff0d", "-"),
        ("“”„‟«»″‶〝〞〟＂「」『』｢｣❝❞《》〈〉", '"'),
        ("‘’‚‛‹›′‵´＇❛❜", "'"),
        ("：﹕︰∶꞉ː׃", ":"),
        ("＝﹦₌", "="),
        ("，、﹐︐؛；،", ","),
        ("。．｡", "."),
        ("×✕✖⨯✗⨉", "x"),
        ("⁄∕／", "/"),
        ("\u00a0\u2003\u3000\u2028\u2029\u0085é"[:-1], " "),
        ("٣３३", "3"),
    ],
)
def test_every_spelling_of_a_character_is_that_character(typed: str, expected: str) -> None:
    assert plain(f"é{typed}")[1:] == expected * len(typed)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("A\tB\nC", "a b c"), ("ＡｂＺ！～", "abz!~"), ("ÄÖÜß", "äöüß"), ("İK", "İk"), ("ªé", "aé"), ("ﬁé²", "ﬁé²")],
)
def test_letters_are_small_and_as_long_as_before(typed: str, expected: str) -> None:
    assert plain(typed) == expected


def test_what_a_plain_keyboard_has_stays_as_it_is_but_small() -> None:
    small = f"{string.digits}{string.ascii_lowercase * 2}{string.punctuation}{' ' * 6}"
    assert plain(string.printable) == small
    assert plain(f"{string.printable}é") == f"{small}é"


@given(st.text(max_size=60))
def test_every_character_stays_in_its_place(text: str) -> None:
    assert len(plain(text)) == len(text)


def test_what_nobody_sees_goes_and_joiners_stay() -> None:
    assert (
        seen("a\u200bb\u00adc\ufeffd\u202ee\u2066f\ud800g\u0000h\u007fi\u061cj\u2060k\u034fl\u180em") == "abcdefghijklm"
    )
    assert seen("a\u200cb\u200dc\td\ne\rf") == "a\u200cb\u200dc\td\ne\rf"


@pytest.mark.parametrize(
    ("character", "expected"),
    [("a", True), ("Z", True), ("7", True), ("_", True), ("-", False), (" ", False), ("é", True), ("д", True),
     ("\u0dff", False), ("ก", False), ("\u0e50", True), ("雪", False), ("３", True)],
)  # fmt: skip
def test_what_makes_a_name_a_part_of_a_longer_word(character: str, expected: bool) -> None:  # noqa: FBT001 - a parameter
    assert is_word(character) is expected


@pytest.mark.parametrize("character", ["\ufe0f", "\u20e3", "❄", "🦊", "🏻", "^", "\u00b4"])
def test_a_word_begins_behind_an_emoji(character: str) -> None:
    assert is_emoji(character)


@pytest.mark.parametrize("character", ["a", "x", "7", " ", "-", ":", "é", "狐", "+", "€", "\u200d"])
def test_letters_digits_and_signs_are_no_emojis(character: str) -> None:
    assert not is_emoji(character)
