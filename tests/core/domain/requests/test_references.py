"""Pictures that show what a video is to look like: who takes how many, and what a request becomes with them."""

from dataclasses import replace

import pytest

from core.domain.requests.drafts import Draft, draft_of, pictures, request_of, retyped
from core.domain.requests.pictures import GivenPictures, by_order
from core.domain.requests.pricing import Rounded, fit
from core.domain.requests.refusals import NoProviderForPictures
from core.domain.requests.request import Aspect, VideoRequest
from core.domain.requests.tiers import KLING, SEEDANCE, VEO, TierName
from core.providers.veo import CAPABILITIES
from tests.core.terms import terms

REQUEST = VideoRequest(prompt="a fox in this style", references=("pictures/1.jpg", "pictures/2.jpg"))


@pytest.mark.parametrize(
    ("given", "roles"),
    [
        ((), GivenPictures()),
        (("1",), GivenPictures(first="1")),
        (("1", "2"), GivenPictures(first="1", last="2")),
        (("1", "2", "3"), GivenPictures(references=("1", "2", "3"))),
    ],
)
def test_what_pictures_without_a_word_are_for(given: tuple[str, ...], roles: GivenPictures) -> None:
    assert by_order(given) == roles
    assert roles.all == given


def test_who_takes_fewer_is_left_out_of_the_quote() -> None:
    offers = terms().offers
    takes = {VEO: 3, SEEDANCE: 1}
    able = {
        name: replace(offer, capabilities=replace(offer.capabilities, references_max=takes.get(name, 0)))
        for name, offer in offers.items()
    }
    known = replace(terms(), offers=able)
    assert set(known.quote(REQUEST).by_provider) == {VEO}
    assert set(known.quote(replace(REQUEST, references=("1",))).by_provider) == {VEO, SEEDANCE}
    with pytest.raises(NoProviderForPictures) as refused:
        known.quote(replace(REQUEST, tier=TierName.DRAFT))
    assert (refused.value.references, refused.value.able) == (2, ("default", "ultra"))
    assert KLING in offers


def test_what_the_model_makes_of_references_is_said_as_a_rounding() -> None:
    made = fit(replace(REQUEST, duration_s=5, aspect=Aspect.TALL), CAPABILITIES)
    assert (made.duration_s, made.aspect, made.framed) == (8, Aspect.TALL, False)
    assert [each.what for each in made.roundings] == [Rounded.DURATION]


def test_a_draft_keeps_them_and_says_their_addresses() -> None:
    assert request_of(draft_of(REQUEST)) == REQUEST
    typed = Draft(text="a fox reference:https://a.example/1.png reference:https://a.example/2.png")
    assert typed.reading.questions == ()
    assert typed.reading.prompt == "a fox"
    assert pictures(typed).references == ("https://a.example/1.png", "https://a.example/2.png")
    given = Draft(text="a fox", references=("https://a.example/1.png",))
    assert pictures(Draft(text=retyped(given))) == pictures(given)
