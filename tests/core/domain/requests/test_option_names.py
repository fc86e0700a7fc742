"""The names of options: how a name of two words may be typed, and what is one slip of the finger away."""

import re

import pytest

from core.domain.requests.option_names import NAMES, PATTERN, is_one_slip, named, near
from core.domain.requests.options import Option


@pytest.mark.parametrize("typed", ["start frame", "start-frame", "start_frame", "startframe"])
def test_a_name_of_two_words_is_known_however_it_is_joined(typed: str) -> None:
    assert (named(typed).option, named(typed).common) == (Option.IMAGE, False)


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("tier", "tiers", True),  # a letter more, behind
        ("ier", "tier", True),  # a letter less, in front
        ("b", "ab", True),  # the shorter one is not the first of the alphabet
        ("tie", "tiers", False),  # two letters
        ("r", "tier", False),
        ("tiar", "tier", True),  # another letter
        ("tiaa", "tier", False),
        ("teir", "tier", True),  # two neighbours changed places
        ("tire", "tier", True),
        ("teri", "tier", False),  # and one went on
        ("reit", "tier", False),
    ],
)
def test_one_slip_adds_drops_changes_or_swaps_a_letter(*, one: str, other: str, is_one: bool) -> None:
    assert is_one_slip(one, other) is is_one
    assert is_one_slip(other, one) is is_one


@pytest.mark.parametrize(
    ("typed", "option"),
    [
        ("teir", Option.TIER),
        ("tie", Option.TIER),
        ("te", None),  # shorter than any name less a letter
        ("see", Option.SEED),  # three letters are enough for a name of four
        ("sed", Option.SEED),
        ("sea", None),
        ("ras", None),  # a name of three letters is never guessed
    ],
)
def test_what_a_misspelt_name_stands_for(typed: str, option: Option | None) -> None:
    assert near(typed) == option


def test_a_text_is_searched_for_every_name_and_the_longest_wins() -> None:
    for name in NAMES:
        found = re.match(PATTERN, f"{name}: x")
        assert found is not None, name
        assert found[0] == name
    assert re.match(PATTERN, "fox") is None
