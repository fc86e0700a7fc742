"""Numbers, times and lists as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.replies.chat.card import (
    Action,
    Button,
    Card,
    Fact,
    LinkButton,
    Progress,
    QuotedText,
    SmallPrint,
    Text,
    bar,
    bar_line,
    plain,
    side_by_side,
)
from core.replies.chat.text_budget import TextBudget
from core.replies.chat.words import between, clock, credit_count, cut, either, listed, minutes, ordinal


def test_one_credit_is_not_some_credits() -> None:
    assert [credit_count(n) for n in (0, 1, 2)] == ["0 credits", "1 credit", "2 credits"]


def test_thousands_stand_apart() -> None:
    assert credit_count(9_773) == "9,773 credits"


@pytest.mark.parametrize(("duration_s", "shown"), [(0, "0:00"), (7.9, "0:07"), (125, "2:05"), (3725, "1:02:05")])
def test_a_clock_shows_whole_seconds(duration_s: float, shown: str) -> None:
    assert clock(duration_s) == shown


def test_lists_read_like_sentences() -> None:
    assert [listed([]), listed(["a"]), listed(["a", "b"]), either(["a", "b", "c"])] == [
        "", "a", "a and b", "a, b or c",
    ]  # fmt: skip


@given(st.text(), st.integers(0, 50))
def test_cutting_keeps_the_length_and_says_that_it_cut(text: str, length: int) -> None:
    shown = cut(text, length)
    assert len(shown) <= length
    assert shown == text or shown.endswith("…") or length == 0


@given(st.lists(st.text(), max_size=8), st.integers(0, 60))
def test_a_room_never_gives_more_than_it_has(words: list[str], length: int) -> None:
    room = TextBudget(length)
    taken = [room.take(each, most=20) for each in words]
    assert sum(map(len, taken)) <= length
    assert all(len(each) <= 20 for each in taken)


@given(st.none() | st.floats(allow_nan=False))
def test_a_bar_has_always_the_same_width(share: float | None) -> None:
    assert len(bar(share)) == 12


def test_a_bar_fills_from_left_to_right() -> None:
    assert [bar(share) for share in (None, 0, 0.5, 1)] == ["▱" * 12, "▱" * 12, "▰" * 6 + "▱" * 6, "▰" * 12]
    assert bar_line(0.5, "0:12") == "▰▰▰▰▰▰▱▱▱▱▱▱  50 % · 0:12"
    assert bar_line(None, "") == "▱" * 12


def test_few_short_facts_stand_side_by_side_and_others_do_not() -> None:
    short = Fact("Paid", "480 credits")
    assert side_by_side([short] * 3)
    assert not side_by_side([short] * 4)
    assert not side_by_side([short, Fact("ultra", "4K with sound, and a longer description")])


def test_a_card_as_plain_text_has_all_its_words_and_no_buttons() -> None:
    parts = (Text("one"), QuotedText("two"), Fact("three", "3"), Progress(0.5, "four"), SmallPrint("five"))
    buttons = (Button(Action.AGAIN, "six", "id"), LinkButton("seven", "https://example.org"))
    told = plain(Card(title="zero", parts=(*parts, *buttons)))
    assert told.splitlines() == ["zero", "one", "“two”", "three: 3", "50 % of the way, four", "five"]


def test_places_end_as_people_say_them() -> None:
    said = [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111)]
    assert said == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "101st", "111th"]


@pytest.mark.parametrize(("duration_s", "shown"), [(0, "1 min"), (60, "1 min"), (61, "2 min"), (1800, "30 min")])
def test_minutes_that_need_not_be_exact_are_rounded_up(duration_s: float, shown: str) -> None:
    assert minutes(duration_s) == shown


@pytest.mark.parametrize(
    ("least_s", "most_s", "shown"), [(130, 235, "2–4 min"), (10, 50, "1 min"), (60, 60, "1 min"), (0, 61, "1–2 min")]
)
def test_between_two_times_there_is_no_false_exactness(least_s: float, most_s: float, shown: str) -> None:
    assert between(least_s, most_s) == shown
