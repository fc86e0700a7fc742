"""Ways to go on with a draft, by their numbers: buttons that outlive a process hold them."""

from dataclasses import replace

import pytest

from core.domain.requests import drafts
from core.domain.requests.drafts import (
    Draft,
    DraftAnswer,
    Means,
    answers,
    draft_of,
    go_on,
    pictures,
    request_of,
    retyped,
    takes_of,
    with_description,
    with_option,
    with_pictures,
    with_tier,
)
from core.domain.requests.options import Option
from core.domain.requests.pictures import GivenPictures
from core.domain.requests.refusals import TooManyTakes
from core.domain.requests.request import Aspect, VideoRequest
from core.domain.requests.tiers import VEO, TierName

FOX = Draft(text="a fox tier:prof seed:7")
TOLD = Draft(text="tier:pro", description="a fox, seed:9")


def test_the_numbers_are_what_buttons_hold() -> None:
    assert (drafts.MOST_TAKES, drafts.AS_IT_IS, drafts.GO, drafts.TIER_FROM, drafts.ANSWERS_MAX) == (90, 91, 92, 100, 8)
    assert [with_tier(tier) for tier in ("default", "ultra", "pro", "standard", "draft")] == [100, 101, 102, 103, 104]
    assert [means.value for means in Means] == ["value", "description", "nothing"]


def test_nothing_is_given_by_default() -> None:
    bare = Draft(text="a fox")
    assert (bare.description, bare.settled, bare.first, bare.last) == (None, (), None, None)
    assert (bare.first_frame, bare.last_frame, bare.without, bare.extends) == (None, None, (), None)
    assert (bare.is_veiled, bare.is_shown, DraftAnswer(means=Means.NOTHING, draft=bare).value) == (False, True, "")


def test_each_way_makes_its_draft() -> None:
    assert go_on(FOX, 92) is FOX
    as_it_is = go_on(FOX, 91)
    assert as_it_is == replace(FOX, text="", description="a fox tier:prof seed:7")
    most = go_on(FOX, 90)
    assert most is not None
    assert takes_of(most) == 4
    assert takes_of(FOX) == 1


@pytest.mark.parametrize(("way", "tier"), list(enumerate(TierName, start=100)))
def test_a_way_for_each_tier(way: int, tier: TierName) -> None:
    made = go_on(Draft(text="a fox seed:7"), way)
    assert made is not None
    assert request_of(made) == VideoRequest(prompt="a fox", tier=tier, seed=7)


@pytest.mark.parametrize("way", [-1, 8, 89, 93, 99, 105, 1000])
def test_a_number_of_nothing_is_no_way(way: int) -> None:
    assert go_on(FOX, way) is None


def test_an_answers_number_is_its_place() -> None:
    found = answers(FOX, FOX.reading)
    assert [go_on(FOX, way) for way in range(len(found))] == [answer.draft for answer in found]
    assert go_on(FOX, len(found)) is None
    assert answers(Draft(text="a fox"), Draft(text="a fox").reading) == ()


def test_what_is_said_to_be_description_stays_where_it_is_and_the_rest_is_as_typed() -> None:
    draft = Draft(text="a  fox saying tier:prof")
    by_means = {answer.means: answer.draft for answer in answers(draft, draft.reading)}
    kept = by_means[Means.DESCRIPTION]
    assert (kept.text, kept.reading.prompt, kept.reading.questions) == (
        "a fox saying tier:prof", "a fox saying tier:prof", (),
    )  # fmt: skip
    assert by_means[Means.NOTHING].reading.prompt == "a fox saying"


def test_only_what_nobody_knows_may_be_left_out() -> None:
    unclear = Draft(text="a fox sound: no one speaks")
    assert unclear.reading.questions
    assert Means.NOTHING not in {answer.means for answer in answers(unclear, unclear.reading)}


def test_another_option_keeps_a_description_that_stands_beside_it() -> None:
    made = with_option(TOLD, Option.SEED, "7")
    assert request_of(made) == VideoRequest(prompt="a fox, seed:9", tier=TierName.PRO, seed=7)
    assert made.text.rstrip(", ") == "tier:pro seed:7"
    without = with_option(TOLD, Option.TIER, None)
    assert (without.text, without.description) == ("", "a fox, seed:9")


def test_another_description_keeps_the_options_and_settles_all() -> None:
    made = with_description(replace(FOX, text="a fox tier:pro", settled=("x",)), "a hare tier:draft")
    assert replace(made, text=made.text.rstrip(", ")) == Draft(text="tier:pro", description="a hare tier:draft")
    assert request_of(made) == VideoRequest(prompt="a hare tier:draft", tier=TierName.PRO)


def test_what_stands_beside_the_words_is_asked_for_as_well() -> None:
    asked = VideoRequest(
        prompt="a fox", first_frame="a.jpg", last_frame="b.jpg", without=(VEO,), extends="g1",
        is_veiled=True, is_shown=False,
    )  # fmt: skip
    assert request_of(draft_of(asked)) == asked
    assert request_of(replace(draft_of(asked), first_frame=None)).extends is None


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (VideoRequest(prompt="a fox"), ""),
        (VideoRequest(prompt="a fox", aspect=Aspect.WIDE, tier=TierName.DEFAULT), ""),
        (VideoRequest(prompt="a fox", aspect=Aspect.TALL), "aspect:9:16"),
        (VideoRequest(prompt="a fox", tier=TierName.PRO, duration_s=8, audio=False), "tier:pro seconds:8 audio:off"),
        (VideoRequest(prompt="a fox", audio=True, negative="text", seed=0), 'audio:on negative:"text" seed:0'),
    ],
)
def test_a_request_is_written_down_without_what_holds_anyway(asked: VideoRequest, text: str) -> None:
    assert (draft_of(asked).text, draft_of(asked).description) == (text, "a fox")


@pytest.mark.parametrize(
    ("draft", "text"),
    [
        (Draft(text="a fox tier:pro"), "a fox tier:pro"), (Draft(text=""), ""), (Draft(text="", description=""), ""),
        (Draft(text=" tier:pro ", description=" a fox "), "tier:pro, a fox"),
        (Draft(text="", description="a fox"), "a fox"),
        (Draft(text="a fox", first="https://a.b/1", last="https://a.b/2", references=("https://a.b/3", "https://a.b/4")),
         "image:https://a.b/1 last_image:https://a.b/2 reference:https://a.b/3 reference:https://a.b/4, a fox"),
        (Draft(text="tier:pro", description="a fox", last="https://a.b/2"),
         "last_image:https://a.b/2, tier:pro, a fox"),
    ],
)  # fmt: skip
def test_a_draft_as_the_words_of_one_command(draft: Draft, text: str) -> None:
    assert retyped(draft) == text


def test_other_pictures_take_the_place_of_all_from_before() -> None:
    before = Draft(
        text="a fox", first="https://a.b/1", last="https://a.b/2", references=("https://a.b/3",), first_frame="f",
        last_frame="l", reference_keys=("r",),
    )  # fmt: skip
    assert with_pictures(before, GivenPictures()) == Draft(text="a fox")
    given = GivenPictures(first="https://c.d/1", last="https://c.d/2", references=("https://c.d/3",))
    made = with_pictures(before, given)
    assert made == Draft(text="a fox", first="https://c.d/1", last="https://c.d/2", references=("https://c.d/3",))
    assert pictures(made) == given
    typed_too = replace(made, text="a fox image:https://e.f/1 reference:https://e.f/3 reference:https://e.f/4")
    assert pictures(typed_too) == GivenPictures(
        first="https://e.f/1", last="https://c.d/2", references=("https://c.d/3", "https://e.f/3", "https://e.f/4")
    )


def test_how_many_takes_a_draft_may_have() -> None:
    assert [takes_of(Draft(text=f"a fox {typed}")) for typed in ("", "takes:1", "takes:4", "takes:9")] == [1, 1, 4, 9]
    assert request_of(Draft(text="a fox takes:4")).prompt == "a fox"
    with pytest.raises(TooManyTakes) as refusal:
        request_of(Draft(text="a fox takes:5"))
    assert (refusal.value.takes, refusal.value.takes_max) == (5, 4)
