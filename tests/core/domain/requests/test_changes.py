"""Words that answer a video: options take the place of those that were, all else joins the description."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.requests.changes import changed_by, of_message
from core.domain.requests.drafts import GO, go_on, pictures, request_of
from core.domain.requests.pictures import GivenPictures
from core.domain.requests.request import PROMPT_MAX, Aspect, VideoRequest
from core.domain.requests.tiers import TierName

FOX = VideoRequest(prompt="a red fox.", tier=TierName.DRAFT, seed=7, negative="text", first_frame="pictures/a.jpg")


@pytest.mark.parametrize(
    ("words", "prompt", "tier", "aspect"),
    [
        ("make it night", "a red fox, make it night", TierName.DRAFT, Aspect.WIDE),
        ("tier:pro", "a red fox.", TierName.PRO, Aspect.WIDE),
        ("slower, --ar 9:16.", "a red fox, slower", TierName.DRAFT, Aspect.TALL),
    ],
)
def test_a_change_keeps_what_it_does_not_name(words: str, prompt: str, tier: TierName, aspect: Aspect) -> None:
    request = request_of(changed_by(FOX, words))
    assert (request.prompt, request.tier, request.aspect) == (prompt, tier, aspect)
    assert (request.seed, request.negative, request.first_frame) == (None, "text", "pictures/a.jpg")


@given(st.text(max_size=300))
def test_whatever_is_said_nothing_of_the_description_is_lost_and_no_question_is_left(words: str) -> None:
    draft = changed_by(FOX, words)
    assert draft.reading.prompt.startswith("a red fox")
    assert len(draft.reading.prompt) <= PROMPT_MAX
    assert go_on(draft, GO) == draft


def test_a_message_gives_its_words_and_its_pictures() -> None:
    draft = of_message("  a fox\n tier:pro is what he said ", ("https://a/1.png", "https://a/2.png", "https://a/3.png"))
    assert (draft.reading.prompt, dict(draft.reading.chosen)) == ("a fox tier:pro is what he said", {})
    assert pictures(draft) == GivenPictures(references=("https://a/1.png", "https://a/2.png", "https://a/3.png"))
    two = of_message("a fox", ("https://a/1.png", "https://a/2.png"))
    assert pictures(two) == GivenPictures(first="https://a/1.png", last="https://a/2.png")


def test_a_message_is_taken_as_a_description_and_behind_a_veil_only_where_it_was() -> None:
    draft = of_message("a fox", ())
    assert (draft.text, draft.description, draft.is_veiled) == ("", "a fox", False)
    assert of_message("a fox", (), is_veiled=True).is_veiled
    assert len(of_message("a" * (PROMPT_MAX + 1), ()).description or "") == PROMPT_MAX
