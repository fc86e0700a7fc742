"""What a person typed after /video, as Slack delivers it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.slack.parse import parse, unescaped, wants_help
from core.domain.requests.refusals import NotANumber, UnknownOption
from core.domain.requests.request import Aspect, VideoRequest
from core.domain.requests.tiers import TierName


@pytest.mark.parametrize(
    ("typed", "request_"),
    [
        ("a red fox", VideoRequest(prompt="a red fox")),
        ("a fox tier:pro aspect:9:16 seconds:8", VideoRequest(prompt="a fox", tier=TierName.PRO, aspect=Aspect.TALL,
                                                             duration_s=8)),
        ("seconds:8s a red ASPECT:square fox Tier:DRAFT", VideoRequest(prompt="a red fox", tier=TierName.DRAFT,
                                                                      aspect=Aspect.SQUARE, duration_s=8)),
        ("a fox duration:5 audio:off seed:42", VideoRequest(prompt="a fox", duration_s=5, audio=False, seed=42)),
        ("a fox sound:yes", VideoRequest(prompt="a fox", audio=True)),
        ('a fox negative:"text, people" at night', VideoRequest(prompt="a fox at night", negative="text, people")),
        ("a fox negative:“text, people”", VideoRequest(prompt="a fox", negative="text, people")),
        ("a fox no:people", VideoRequest(prompt="a fox", negative="people")),
        ('a fox saying "tier:pro is best"', VideoRequest(prompt='a fox saying "tier:pro is best"')),
        ("a fox tier: pro aspect: 9:16 seconds: 8", VideoRequest(prompt="a fox", tier=TierName.PRO,
                                                                aspect=Aspect.TALL, duration_s=8)),
        ("top tier: of a castle", VideoRequest(prompt="top tier: of a castle")),
        ("a fox tier:draft tier:pro", VideoRequest(prompt="a fox", tier=TierName.PRO)),
        ("ratio:16:9 of a fox mood:calm", VideoRequest(prompt="ratio:16:9 of a fox mood:calm")),
        ("frontier:pro", VideoRequest(prompt="frontier:pro")),
        ("a fox tier:", VideoRequest(prompt="a fox tier:")),
    ],
)  # fmt: skip
def test_options_stand_anywhere_and_all_other_words_are_the_prompt(typed: str, request_: VideoRequest) -> None:
    assert parse(typed) == request_


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("a &lt;3 &amp; b &gt; c", "a <3 & b > c"),
        ("&amp;lt; &amp;amp;", "&lt; &amp;"),
        ("&copy; 2026", "&copy; 2026"),
        ("<@U0BEN|ben> dances in <#C0GENERAL|general>", "ben dances in general"),
        ("<@U0BEN> dances", "U0BEN dances"),
        ("<!here> look", "here look"),
        ("<!subteam^S1|@team>", "@team"),
        ("<https://a.example/x?a=1&amp;b=2>", "https://a.example/x?a=1&b=2"),
        ("<http://a.example|a.example>", "http://a.example"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("a <3 heart> unescaped", "a <3 heart> unescaped"),
    ],
)
def test_slacks_entities_become_what_the_person_saw(typed: str, words: str) -> None:
    assert unescaped(typed) == words


@pytest.mark.parametrize("typed", ["", "  ", "help", " HELP ", "?"])
def test_nothing_and_help_are_questions(typed: str) -> None:
    assert wants_help(typed)


def test_a_prompt_about_help_is_a_prompt() -> None:
    assert not wants_help("help is on its way")


@pytest.mark.parametrize(
    ("typed", "value"), [("a tier:mega", "mega"), ("a aspect:17:9", "17:9"), ("a audio:loud", "loud")]
)
def test_a_word_that_is_no_value_is_refused_by_name(typed: str, value: str) -> None:
    with pytest.raises(UnknownOption) as refusal:
        parse(typed)
    assert refusal.value.value == value


@pytest.mark.parametrize("typed", ["a seconds:eight", "a seed:-1", "a seed:1234567890", "a seconds:²", 'a seconds:""'])
def test_a_number_has_to_be_one(typed: str) -> None:
    with pytest.raises(NotANumber):
        parse(typed)


PLAIN = st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=1, max_size=6)
OPTIONS = {"tier:pro": ("tier", TierName.PRO), "aspect:9:16": ("aspect", Aspect.TALL), "seconds:6": ("duration_s", 6),
           "audio:on": ("audio", True), "seed:7": ("seed", 7), "negative:text": ("negative", "text")}  # fmt: skip


@given(prompt=PLAIN, chosen=st.sets(st.sampled_from(sorted(OPTIONS))), data=st.data())
def test_the_order_of_options_never_matters(prompt: list[str], chosen: set[str], data: st.DataObject) -> None:
    typed = list(prompt)
    for option in sorted(chosen):
        typed.insert(data.draw(st.integers(0, len(typed))), option)
    assert parse(" ".join(typed)) == VideoRequest(prompt=" ".join(prompt), **dict(OPTIONS[option] for option in chosen))


@given(st.text())
def test_anything_typed_is_a_request_or_a_refusal(typed: str) -> None:
    try:
        parse(typed)
    except (UnknownOption, NotANumber):
        return


@pytest.mark.parametrize(
    ("word", "wanted"),
    [("on", True), ("yes", True), ("true", True), ("ON", True),
     ("off", False), ("no", False), ("false", False), ("none", False), ("No", False)],
)  # fmt: skip
def test_every_word_for_yes_and_no_means_what_it_says(word: str, wanted: object) -> None:
    assert parse(f"a fox audio:{word}").audio is wanted
    assert parse(f"a fox sound:{word}").audio is wanted


@pytest.mark.parametrize(("typed", "seed"), [("0", 0), ("99999999", 99_999_999), ("999999999", 999_999_999)])
def test_a_seed_of_up_to_nine_digits_is_taken_as_it_is(typed: str, seed: int) -> None:
    assert parse(f"a fox seed:{typed}").seed == seed
