"""What a question says, what the text is with each answer to it, and how options are written down."""

import pytest

from core.domain.requests.options import Option
from core.domain.requests.reading import Question, Reading, WhyAsked, read, written

T, A, S, N, R = Option.TIER, Option.ASPECT, Option.SECONDS, Option.NEGATIVE, Option.REFERENCE
TIERS = ("default", "ultra", "pro", "standard", "draft")


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        (T, "pro", "tier:pro"), (A, "9:16", "aspect:9:16"), (S, "8", "seconds:8"), (T, "", 'tier:""'),
        (T, "a b", 'tier:"a b"'), (T, "a,b", 'tier:"a,b"'), (T, "a;b", 'tier:"a;b"'), (T, "a'b", "tier:\"a'b\""),
        (T, 'a"b', "tier:\"a'b\""), (N, "text", 'negative:"text"'), (N, "", 'negative:""'),
        (N, 'say "hi" and “ho”', "negative:\"say 'hi' and 'ho'\""),
        (Option.IMAGE, "https://a.example/f.png", "image:https://a.example/f.png"),
        (Option.LAST_IMAGE, "https://a.example/f.png", "last_image:https://a.example/f.png"),
    ],
)  # fmt: skip
def test_an_option_is_written_with_quotes_where_it_needs_them(option: Option, value: str, text: str) -> None:
    assert written(option, value) == text


@pytest.mark.parametrize(
    ("typed", "value", "text"),
    [
        ("a fox tier:profesional", "pro", "a fox tier:pro"),
        ("tier:profesional a fox", "pro", "a fox tier:pro"),
        ("a fox seconds:8 or 10", "10", "a fox seconds:10"),
        ("a fox --no fruit bowl", "fruit bowl", 'a fox negative:"fruit bowl"'),
        ("a fox --no fruit bowl", "fruit", 'a fox bowl negative:"fruit"'),
        ("a fox --no fruit bowl", "people", 'a fox negative:"people"'),
        ("a bowl --no fruit, and a spoon", "fruit", 'a bowl and a spoon negative:"fruit"'),
        ("a fox tier:draft tier:pro", "draft", "a fox tier:draft"),
        ("tier:mega", "pro", "tier:pro"),
        ("a fox --stylize 200", "anything", "a fox"),
    ],
)  # fmt: skip
def test_the_text_with_an_answer_has_the_option_at_its_end(typed: str, value: str, text: str) -> None:
    found = read(typed)
    assert found.using(found.questions[0], value) == text


@pytest.mark.parametrize(
    ("typed", "question"),
    [
        ("a fox tier:prof",
         Question(why=WhyAsked.NO_SUCH_VALUE, option=T, words="tier:prof", value="prof", choices=("pro",), known=TIERS,
                  places=((6, 15),))),
        ("a fox teir: pro in the snow",
         Question(why=WhyAsked.UNSURE, option=T, words="teir: pro", value="pro", choices=("pro",), known=TIERS,
                  places=((6, 15),))),
        ("a fox in the snow, tier pro",
         Question(why=WhyAsked.UNSURE, option=T, words="tier pro", value="pro", choices=("pro",), known=TIERS,
                  places=((19, 27),))),
        ("a fox --stylize 200",
         Question(why=WhyAsked.UNKNOWN, option=None, words="--stylize 200", value="--stylize 200", places=((6, 19),))),
        ("tier:draft a fox tier:pro",
         Question(why=WhyAsked.TWICE, option=T, words="tier:draft tier:pro", value="pro", choices=("draft", "pro"),
                  places=((0, 10), (17, 25)))),
        ("a fox seconds:eight",
         Question(why=WhyAsked.NO_SUCH_VALUE, option=S, words="seconds:eight", value="eight", choices=("8",),
                  places=((6, 19),))),
    ],
)  # fmt: skip
def test_a_question_says_what_it_is_about(typed: str, question: Question) -> None:
    found = read(typed)
    assert found.questions == (question,)
    assert (found.text, found.settled) == (typed, ())


@pytest.mark.parametrize(
    ("typed", "prompt"),
    [
        (", tier:pro a fox", "a fox"), ("a fox, tier:pro", "a fox"), ("& + a fox | tier:pro •", "a fox"),
        ("a fox “tier:pro” in the snow", "a fox in the snow"), ("a fox ( tier:pro ) runs", "a fox runs"),
        ("a fox [tier:pro] {seconds:8}", "a fox"), ('a fox ("tier:pro")', "a fox"),
        ("a fox 'tier:pro' runs", "a fox runs"),
        ("a fox ⚡\ufe0f tier:pro", "a fox ⚡\ufe0f"), ("a fox tier:pro \ufe0f", "a fox"),
        ("the foxes'' tier:pro den", "the foxes'' den"),
        ("a fox, the red one; tier:pro runs", "a fox, the red one; runs"), ("tier:pro", ""), (" , ", ","),
    ],
)  # fmt: skip
def test_what_was_taken_leaves_no_marks_behind(typed: str, prompt: str) -> None:
    assert read(typed).prompt == prompt


def test_words_that_are_settled_are_kept_once_in_plain_characters() -> None:
    found = read("a fox TIER：mega", settled=("tier:x",))
    (question,) = found.questions
    assert found.keeping(question) == ("tier:x", "tier:mega")
    again = read("a fox TIER：mega", settled=found.keeping(question))
    assert (again.questions, again.settled) == ((), ("tier:x", "tier:mega"))
    assert again.keeping(question) == ("tier:x", "tier:mega")


def test_options_that_may_be_given_several_times_are_joined_and_of_others_the_last_counts() -> None:
    assert read("a fox no=text negative:people no=text").chosen == {N: "text, people"}
    references = "reference:https://a.example/1 reference:https://a.example/2"
    assert read(f"a fox {references}").chosen == {R: "https://a.example/1 https://a.example/2"}
    found = read("a fox tier:draft seconds:8 tier:pro")
    assert found.chosen == {T: "pro", S: "8"}
    assert [each.why for each in found.questions] == [WhyAsked.TWICE]
    assert read("a fox seconds:8 seconds:8").questions == ()


def test_an_option_without_a_sign_is_asked_about_only_where_nothing_else_is() -> None:
    assert [each.words for each in read("a fox, tier pro").questions] == ["tier pro"]
    assert [each.words for each in read("a fox seconds:8, tier pro").questions] == ["tier pro"]
    assert read("a fox tier:draft, tier pro").questions == ()
    assert [each.words for each in read("a fox seconds:eight, tier pro").questions] == ["seconds:eight,"]


def test_halves_of_an_option_that_come_together_are_read_again() -> None:
    found = read("tier: tier:pro pro x")
    assert (found.prompt, found.chosen, found.questions) == ("x", {T: "pro"}, ())
    assert Reading(text="x") == Reading(text="x", settled=(), prompt="", chosen={}, questions=())
