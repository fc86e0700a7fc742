"""Every no has words that say what to do, and says that nothing was taken where money was asked for."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import Refused
from core.domain.requests import refusals as no
from core.domain.requests.reference_refusals import PicturesMixed, TooManyReferences
from core.domain.requests.tiers import TierName
from core.domain.rules.changes import WrongRule
from core.domain.rules.decision import NotAllowed, WhyNot
from core.domain.rules.presets import UnknownPreset
from core.replies.chat.card import Card, Text, Tone, plain
from core.replies.requests.refusals import broken, database_away, refused

EXAMPLES: tuple[Refused, ...] = (
    no.PromptMissing(),
    no.PromptTooLong(length=2500, length_max=2000),
    no.DurationOutOfRange(duration_s=99, duration_s_min=2, duration_s_max=15),
    no.UnknownOption(option="tier", value="mega", known=tuple(TierName)),
    no.NotANumber(option="seconds", value="soon"),
    no.Insufficient(needed=480, balance=200, affordable=(("pro", 135), ("draft", 15))),
    no.OverBudget(whose="member", needed=480),
    no.TeamFrozen(),
    no.NoProvider(),
    no.UnknownGeneration(),
    no.NotYours(),
    no.NotYours("delete"),
    no.ResultGone(why=no.WhyGone.DELETED),
    no.ResultGone(why=no.WhyGone.HIDDEN),
    no.ResultGone(why=no.WhyGone.OLD),
    no.NotOverYet(),
    no.NoHigherTier(),
    no.NothingToShare(),
    no.NothingToExtend(),
    no.TooLate(outcome=None),
    no.NotAnAdmin(),
    no.ForgedButton(),
    no.Decided(approved=True),
    no.CannotCheck(),
    no.NotOfThisWorkspace(belongs="guest"),
    no.MissingPermissions(missing=("Attach Files",), channel="general"),
    no.NothingArrives(),
    no.WrongAmount(value="a lot"),
    no.Incomplete(usage=("/credits budget @ana 500 a month",)),
    no.NotOnePlace(),
    no.NoGift(why="no_budget", amount=40),
    no.NoLink(why="expired"),
    no.NotAPicture(),
    no.PictureTooLarge(bytes_max=20 * 1024 * 1024),
    no.PictureTooSmall(width=120, height=80, side_min=300),
    no.PictureTooNarrow(width=4000, height=400),
    no.PictureNotFetched(),
    no.PictureLate(),
    no.PictureNotYours(),
    no.NoPictureThere(),
    no.LastPictureAlone(),
    no.NoProviderForPictures(),
    no.NoProviderForPictures(references=3, able=("pro", "ultra")),
    PicturesMixed(),
    TooManyReferences(most=4),
    no.TooManyTakes(takes=9, takes_max=4),
    no.PickedAlready(take=2),
    no.DraftGone(),
    no.TooBusy(wait_s=3000, allowed_s=1800, quicker=(("pro", 128),)),
    no.TooBusy(wait_s=3000, allowed_s=1800),
    no.NoSuchTime(typed="the day after never"),
    no.TooManyLater(),
    UnknownPreset(name="noir", known=("brand",)),
    WrongRule(kind="takes", value="many", known=("1", "4")),
    NotAllowed(why=WhyNot.PERSON),
)
MONEY = (no.Insufficient, no.OverBudget, no.TeamFrozen, no.NoProvider)


def _all(kind: type[Refused]) -> Iterator[type[Refused]]:
    for below in kind.__subclasses__():
        yield below
        yield from _all(below)


def test_there_are_words_for_every_refusal_that_there_is() -> None:
    ours = {kind for kind in _all(Refused) if kind.__module__.startswith("core.")}
    assert ours == {type(example) for example in EXAMPLES}


@pytest.mark.parametrize("refusal", EXAMPLES, ids=lambda refusal: type(refusal).__name__)
def test_a_no_has_a_short_heading_and_one_piece_of_advice(refusal: Refused) -> None:
    card = refused(refusal)
    assert card.tone is Tone.WARNING
    assert 0 < len(card.title) <= 80
    (advice,) = card.parts
    assert isinstance(advice, Text)
    assert isinstance(refusal, no.Incomplete) or advice.text.endswith((".", "/video a red fox in the snow"))
    if isinstance(refusal, MONEY):
        assert advice.text.count("Nothing was taken.") == 1


def _words(refusal: Refused) -> str:
    return plain(refused(refusal))


def test_facts_are_told() -> None:
    assert (
        _words(EXAMPLES[1]).splitlines()[1]
        == "It has 2,500 characters, and 2,000 is the limit. Shorten it and send it again."
    )
    assert _words(EXAMPLES[2]).splitlines() == [
        "I cannot make 99 seconds",
        "Ask for 2 to 15 seconds, for example seconds:8.",
    ]
    assert "Choose default, ultra, pro, standard or draft" in _words(EXAMPLES[3])
    assert "seconds:8" in _words(EXAMPLES[4])


def test_too_few_credits_says_how_many_there_are_and_what_they_are_enough_for() -> None:
    assert _words(EXAMPLES[5]).splitlines() == [
        "This needs up to 480 credits, and your team has 200",
        "Nothing was taken. It is enough for tier:pro (up to 135) or tier:draft (up to 15).",
    ]
    assert "An admin can add credits." in _words(no.Insufficient(needed=480, balance=2))


@pytest.mark.parametrize(
    ("whose", "words"), [("member", "your budget"), ("channel", "this channel's"), ("team", "team's")]
)
def test_a_budget_says_whose_it_is(whose: str, words: str) -> None:
    assert words in _words(no.OverBudget(whose=whose, needed=5))


def test_too_late_knows_whether_a_video_comes() -> None:
    assert "on its way" in _words(no.TooLate(outcome=None))
    assert "over already" in _words(no.TooLate(outcome="failed"))


def test_without_postgres_one_sentence_says_that_nothing_was_taken() -> None:
    card = database_away(unclear=False)
    assert card.parts == ()
    assert "Nothing was taken" in card.title
    assert "try again" in card.title


def test_when_it_is_not_clear_what_was_taken_nobody_claims_that_it_is() -> None:
    told = plain(database_away(unclear=True))
    assert "nothing was taken" not in told
    assert "If it was" in told
    assert plain(broken())


@given(value=st.text(min_size=1, max_size=40), option=st.sampled_from(["tier", "aspect", "audio"]))
def test_whatever_a_person_typed_comes_back_to_the_letter(value: str, option: str) -> None:
    card: Card = refused(no.UnknownOption(option=option, value=value, known=("a", "b")))
    assert value in card.title


def test_a_long_text_in_place_of_an_option_is_cut() -> None:
    assert len(refused(no.NotANumber(option="seed", value="7" * 2000)).title) < 80
