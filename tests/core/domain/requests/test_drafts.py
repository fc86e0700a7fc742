"""Drafts: what was typed, read, asked about, and asked for."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.requests.drafts import Draft, Means, answers, draft_of, pictures, request_of, typed, with_option
from core.domain.requests.options import Option
from core.domain.requests.pictures import GivenPictures
from core.domain.requests.refusals import TooManyTakes
from core.domain.requests.request import Aspect, VideoRequest, clean_prompt
from core.domain.requests.tiers import TierName

PROMPTS = st.text(max_size=60).map(clean_prompt) | st.sampled_from(
    ["a sign: no:smoking", "a fox tier pro", "s in the sky", "min of a fox", "“tier:mega” he said", "sound: no one"]
)
REQUESTS = st.builds(
    VideoRequest,
    prompt=PROMPTS,
    tier=st.sampled_from(TierName),
    aspect=st.sampled_from(Aspect),
    duration_s=st.none() | st.integers(2, 15),
    audio=st.none() | st.booleans(),
    negative=st.sampled_from(["", "text", "text, people", "a fruit bowl"]),
    seed=st.none() | st.integers(0, 999_999_999),
    first_frame=st.sampled_from([None, "pictures/a.jpg"]),
)


@given(REQUESTS)
def test_a_request_in_words_is_the_same_request_and_nothing_is_asked_about_it(request_: VideoRequest) -> None:
    draft = draft_of(request_)
    assert draft.reading.questions == ()
    found = request_of(draft)
    assert replace(found, prompt="") == replace(request_, prompt="")
    assert found.prompt.split() == draft.reading.prompt.split()


@pytest.mark.parametrize(
    "prompt", ["a fox tier:draft", "s in the sky", "minutes pass", ": a fox", "no:text", "-- a fox"]
)
def test_words_of_the_description_never_join_an_option_that_was_chosen_beside_it(prompt: str) -> None:
    found = request_of(draft_of(VideoRequest(prompt=prompt, tier=TierName.PRO, duration_s=8)))
    assert (found.tier, found.duration_s, found.prompt) == (TierName.PRO, 8, prompt)


def test_an_option_that_was_chosen_beside_the_text_and_typed_otherwise_in_it_is_asked_about() -> None:
    draft = typed("a fox tier:draft", {Option.TIER: "pro", Option.SECONDS: "8"})
    found = answers(draft, draft.reading)
    assert [(one.means, one.value) for one in found] == [(Means.VALUE, "pro"), (Means.VALUE, "draft")]
    assert request_of(found[1].draft) == VideoRequest(prompt="a fox", tier=TierName.DRAFT, duration_s=8)


def test_every_answer_is_a_draft_without_that_question() -> None:
    draft = Draft(text="a fox tier:prof no:people --style raw")
    assert [question.words for question in draft.reading.questions] == ["tier:prof", "no:people", "--style raw"]
    for answer in answers(draft, draft.reading):
        assert len(answer.draft.reading.questions) == 2
    first = answers(draft, draft.reading)
    assert [(one.means, one.value) for one in first] == [
        (Means.VALUE, "pro"), (Means.DESCRIPTION, ""), (Means.NOTHING, ""),
    ]  # fmt: skip


def test_where_nothing_is_near_all_values_are_offered() -> None:
    draft = Draft(text="a fox tier:mega")
    values = [one.value for one in answers(draft, draft.reading) if one.means is Means.VALUE]
    assert values == [tier.value for tier in TierName]


def test_several_takes_are_refused_and_one_is_what_there_is() -> None:
    with pytest.raises(TooManyTakes):
        request_of(Draft(text="a fox takes:5"))
    assert request_of(Draft(text="a fox takes:1")).prompt == "a fox"
    assert request_of(with_option(Draft(text="a fox takes:5"), Option.TAKES, None)).prompt == "a fox"


def test_pictures_come_from_the_text_or_from_beside_it() -> None:
    assert pictures(Draft(text="a fox image:https://a.b/1")) == GivenPictures(first="https://a.b/1")
    assert pictures(Draft(text="a fox", first="https://a.b/1", last="https://a.b/2")) == GivenPictures(
        first="https://a.b/1", last="https://a.b/2"
    )


def test_another_tier_changes_nothing_else() -> None:
    draft = Draft(text='a fox no:people tier:ultra negative:"a, b" seconds:5', settled=("no:people",), first="x")
    cheaper = with_option(draft, Option.TIER, "draft")
    assert request_of(cheaper) == replace(request_of(draft), tier=TierName.DRAFT)
    assert (cheaper.first, cheaper.reading.questions) == ("x", ())
