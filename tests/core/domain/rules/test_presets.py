"""Presets and defaults of channels: what the person has said always wins, and no word of theirs is lost."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.ids import ChannelId
from core.domain.requests.options import Option
from core.domain.requests.request import Aspect, VideoRequest
from core.domain.requests.tiers import TierName
from core.domain.rules.kinds import RuleKind
from core.domain.rules.presets import Said, UnknownPreset, completed
from tests.core.domain.rules.cases import rules

C1 = ChannelId("C1")
FOX = VideoRequest(prompt="a red fox")
NOIR = {"words": "{prompt} in film noir, rain", "tier": "draft", "aspect": "21:9", "seconds": "5"}
FOUND = rules(
    (RuleKind.PRESET, "noir", NOIR),
    (RuleKind.PRESET, "logo", {"words": "our logo in a corner"}),
    (RuleKind.DEFAULT, "C1", {"tier": "pro", "aspect": "9:16", "preset": "logo"}),
)


def test_a_preset_brings_its_words_and_its_look() -> None:
    made = completed(FOX, Said(preset="NOIR"), ChannelId("C2"), FOUND)
    assert made == VideoRequest(
        prompt="a red fox in film noir, rain", tier=TierName.DRAFT, aspect=Aspect.CINEMA, duration_s=5
    )


def test_a_channel_has_its_own_look_and_preset() -> None:
    made = completed(FOX, Said(), C1, FOUND)
    assert made == VideoRequest(prompt="a red fox, our logo in a corner", tier=TierName.PRO, aspect=Aspect.TALL)
    assert completed(FOX, Said(), ChannelId("C2"), FOUND) == FOX


def test_a_preset_that_is_named_takes_the_place_of_the_channels() -> None:
    made = completed(FOX, Said(preset="noir"), C1, FOUND)
    assert (made.prompt, made.tier) == ("a red fox in film noir, rain", TierName.DRAFT)


def test_a_preset_that_nobody_has_made_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UnknownPreset) as refusal:
        completed(FOX, Said(preset="nior"), C1, FOUND)
    assert refusal.value.known == ("noir", "logo")


@given(
    said=st.frozensets(st.sampled_from([Option.TIER, Option.ASPECT, Option.SECONDS])),
    preset=st.sampled_from(["", "noir", "logo"]),
    prompt=st.text("abc {}", min_size=1, max_size=20),
)
def test_what_was_said_wins_and_no_word_is_lost(said: frozenset[Option], preset: str, prompt: str) -> None:
    asked = VideoRequest(prompt=prompt, tier=TierName.ULTRA, aspect=Aspect.SQUARE, duration_s=9)
    made = completed(asked, Said(options=said, preset=preset), C1, FOUND)
    assert prompt in made.prompt
    assert Option.TIER not in said or made.tier is TierName.ULTRA
    assert Option.ASPECT not in said or made.aspect is Aspect.SQUARE
    assert Option.SECONDS not in said or made.duration_s == 9


def look(value: Mapping[str, str]) -> VideoRequest:
    """What comes of a preset of this look for somebody who says nothing else."""
    return completed(FOX, Said(preset="p"), C1, rules((RuleKind.PRESET, "p", value)))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [("1", 2), ("2", 2), ("3", 3), ("14", 14), ("15", 15), ("16", 15), ("five", FOX.duration_s), ("", FOX.duration_s)],
)
def test_seconds_of_a_look_are_kept_within_what_a_video_may_have(seconds: str, expected: int) -> None:
    assert look({"seconds": seconds}).duration_s == expected


def test_a_look_with_what_nobody_knows_any_more_leaves_the_request_as_it_is() -> None:
    assert look({"tier": "gold", "aspect": "5:4"}) == FOX
    assert completed(FOX, Said(preset="p"), C1, rules((RuleKind.PRESET, "p", "noir"))) == FOX


def test_nobody_has_said_anything_by_default() -> None:
    assert Said() == Said(options=frozenset(), preset="")


def test_a_channels_preset_that_is_gone_is_nobodys_fault() -> None:
    found = rules((RuleKind.DEFAULT, "C1", {"preset": "Gone", "tier": "pro"}))
    assert completed(FOX, Said(), C1, found) == VideoRequest(prompt="a red fox", tier=TierName.PRO)
    named = rules((RuleKind.DEFAULT, "C1", {"preset": "NOIR"}), (RuleKind.PRESET, "noir", NOIR))
    assert completed(FOX, Said(), C1, named).tier is TierName.DRAFT


def test_a_named_preset_wins_over_the_channel_field_by_field() -> None:
    made = completed(FOX, Said(preset="logo"), C1, FOUND)
    assert made == VideoRequest(prompt="a red fox, our logo in a corner", tier=TierName.PRO, aspect=Aspect.TALL)
    both = rules((RuleKind.DEFAULT, "C1", {"tier": "pro", "seconds": "9"}), (RuleKind.PRESET, "p", {"tier": "draft"}))
    made = completed(FOX, Said(preset="p"), C1, both)
    assert (made.tier, made.duration_s) == (TierName.DRAFT, 9)


def test_the_refusal_of_a_preset_has_its_name_as_it_was_written() -> None:
    with pytest.raises(UnknownPreset) as refusal:
        completed(FOX, Said(preset="Nior"), C1, FOUND)
    assert refusal.value.name == "Nior"


@pytest.mark.parametrize("name", ["x", ""])
def test_without_a_preset_none_is_taken_whatever_it_is_called(name: str) -> None:
    assert completed(FOX, Said(), C1, rules((RuleKind.PRESET, name, NOIR))) == FOX
