"""What is asked for: cleaned, and refused before anything is taken when it cannot be made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.requests.refusals import DurationOutOfRange, PromptMissing, PromptTooLong
from core.domain.requests.request import (
    DURATION_DEFAULT_S,
    DURATION_MAX_S,
    DURATION_MIN_S,
    PROMPT_MAX,
    VideoRequest,
    checked,
    clean_prompt,
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a red fox", "a red fox"),
        ("  a \n red\tfox  ", "a red fox"),
        ("a fox --dur 12 in the snow", "a fox dur 12 in the snow"),
        ("a fox --RESOLUTION=1080p", "a fox RESOLUTION=1080p"),
        ("a fox --seed  7 --watermark true", "a fox seed 7 watermark true"),
        ("a fox--dur 12", "a fox--dur 12"),
        ("a --durable fox", "a --durable fox"),
        ("a\u200b fox\x00", "a fox"),
        ("a family \U0001f468\u200d\U0001f469\u200d\U0001f467", "a family \U0001f468\u200d\U0001f469\u200d\U0001f467"),
    ],
)
def test_vendors_control_words_come_through_a_prompt_as_plain_words(typed: str, kept: str) -> None:
    assert clean_prompt(typed) == kept


@given(st.text())
def test_cleaning_twice_changes_nothing_more_about_blanks(text: str) -> None:
    cleaned = clean_prompt(text)
    assert cleaned == cleaned.strip()
    assert "  " not in cleaned


@pytest.mark.parametrize("prompt", ["", "   ", "\u200b"])
def test_a_prompt_that_says_nothing_is_refused(prompt: str) -> None:
    with pytest.raises(PromptMissing):
        checked(VideoRequest(prompt=prompt))


def test_the_longest_prompt_passes_and_one_more_character_does_not() -> None:
    assert len(checked(VideoRequest(prompt="a" * PROMPT_MAX)).prompt) == PROMPT_MAX
    with pytest.raises(PromptTooLong) as refusal:
        checked(VideoRequest(prompt="a" * (PROMPT_MAX + 1)))
    assert (refusal.value.length, refusal.value.length_max) == (PROMPT_MAX + 1, PROMPT_MAX)


@pytest.mark.parametrize("duration_s", [DURATION_MIN_S, DURATION_MAX_S, None])
def test_durations_within_the_bounds_pass(duration_s: int | None) -> None:
    request = checked(VideoRequest(prompt="a fox", duration_s=duration_s))
    assert request.seconds == (duration_s or DURATION_DEFAULT_S)


@pytest.mark.parametrize("duration_s", [-3, 1, DURATION_MAX_S + 1, 10**6])
def test_durations_beyond_the_bounds_are_refused_with_the_bounds(duration_s: int) -> None:
    with pytest.raises(DurationOutOfRange) as refusal:
        checked(VideoRequest(prompt="a fox", duration_s=duration_s))
    assert (refusal.value.duration_s_min, refusal.value.duration_s_max) == (DURATION_MIN_S, DURATION_MAX_S)


def test_the_negative_prompt_is_cleaned_too() -> None:
    assert checked(VideoRequest(prompt="a fox", negative=" text --dur 12 ")).negative == "text dur 12"
