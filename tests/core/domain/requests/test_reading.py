"""What people type: every spelling of an option is read, and every word that is none stays in the description."""

import unicodedata
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.requests.option_names import NAMES, near
from core.domain.requests.option_values import meant
from core.domain.requests.options import Option
from core.domain.requests.reading import WhyAsked, read, written
from tests.quick import examples, some

T, A, S, N, AU, R = Option.TIER, Option.ASPECT, Option.SECONDS, Option.NEGATIVE, Option.AUDIO, Option.SEED
TA = Option.TAKES

COLONS = (":", "：", "﹕", "︰", "∶", "=", "＝", "﹦")
DASHES = ("--", "—", "–", "-", "−", "‐", "‑", "―", "‒", "－", "﹣")
QUOTES = ("“”", "„“", "„”", "«»", "»«", "「」", "『』", "＂＂", '""', "‘’", "‚‘", "‹›", "''", "〝〞", "``")
BLANKS = ("\u00a0", "\u2009", "\u202f", "\u3000", "\u2003", "\t", "\n", "  ")
UNSEEN = ("\u200b", "\ufeff", "\u2060", "\u200e", "\u00ad")

GOOD = {
    T: (("pro", "pro"), ("Draft", "draft"), ("ULTRA", "ultra"), ("best available", "default")),
    A: (("9:16", "9:16"), ("16x9", "16:9"), ("1 : 1", "1:1"), ("4/3", "4:3"), ("16×9", "16:9"), ("portrait", "9:16")),
    S: (("8", "8"), ("8s", "8"), ("8 s", "8"), ("8 sec", "8"), ("10 seconds", "10"), ("０８", "8"), ("5secs", "5")),
    AU: (("on", "on"), ("OFF", "off")),
    R: (("7", "7"), ("999999999", "999999999")),
}  # fmt: skip


def wide(text: str) -> str:
    """As a Japanese keyboard writes it."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else "\u3000" if c == " " else c for c in text)


def joined(option: Option, name: str) -> list[str]:
    """Every way to tie that name to a value, with VALUE where the value goes."""
    ways = [f"{name}{before}{colon}{after}VALUE" for colon, before, after in product(COLONS, ("", " "), ("", " "))]
    ways += [f"{dash}{name}{mark}VALUE" for dash, mark in product(DASHES, (" ", ":", "=", " = "))]
    ways += [f"{name}:{pair[0]}VALUE{pair[1]}" for pair in QUOTES]
    ways += [f"{pair[0]}{name}:VALUE{pair[1]}" for pair in QUOTES]
    ways += [f"{name}:VALUE{mark}" for mark in (",", ".", ";", "!", "，", "。", "”", "),"[1:])]
    ways += [f"{a}{name}:VALUE{b}" for a, b in ("()", "[]", "**", "__", "``", "~~", "{}", "<>")]
    ways += [f"{name}{blank}:{blank}VALUE" for blank in BLANKS]
    ways += [f"{name}{mark}:VALUE{mark}" for mark in UNSEEN]
    return [*ways, f"/{name}:VALUE", f"/{name} VALUE", wide(f"{name}:VALUE"), f"{name.upper()}:VALUE"]


PLAIN_NAMES = [(known.option, name) for name, known in NAMES.items() if known.option in GOOD and not known.common]
CASES = [
    (option, name, way, typed, value)
    for option, name in PLAIN_NAMES
    for n, way in some(list(enumerate(joined(option, name))), of=f"ways to write {name}")
    for typed, value in [GOOD[option][n % len(GOOD[option])]]
]


@pytest.mark.parametrize(("option", "name"), PLAIN_NAMES)
def test_every_spelling_of_every_option_is_read_wherever_it_stands(option: Option, name: str) -> None:
    wrong = []
    for _, _, way, typed, value in (case for case in CASES if case[:2] == (option, name)):
        spelled = way.replace(wide("VALUE"), wide(typed)).replace("VALUE", typed)
        for text in (f"{spelled} a red fox", f"a {spelled} red fox", f"a red fox {spelled}"):
            found = read(text)
            if (found.prompt, dict(found.chosen), found.questions) != ("a red fox", {option: value}, ()):
                wrong.append((text, found.prompt, dict(found.chosen), found.questions))
    assert wrong == []


@pytest.mark.parametrize("name", ["negative", "negative prompt", "--negative", "—negative", "neg"])
@pytest.mark.parametrize("mark", [":", " : ", "=", "：", " "])
def test_what_should_not_be_in_it_may_be_several_words_in_any_quotes(name: str, mark: str) -> None:
    if mark == " " and not name.startswith(("-", "—")):
        return
    for pair in QUOTES:
        quoted, unclosed = (f"{name}{mark}{pair[0]}text, two people{end}" for end in (pair[1], ""))
        for text in (f"{quoted} a red fox", f"a red {quoted} fox", f"a red fox {quoted}", f"a red fox {unclosed}"):
            assert (read(text).prompt, read(text).chosen) == ("a red fox", {N: "text, two people"}), text


@pytest.mark.parametrize(
    ("typed", "prompt", "chosen"),
    [
        ("", "", {}),
        ("a fox tier:draft aspect=9:16 — seconds: 8 s", "a fox", {T: "draft", A: "9:16", S: "8"}),
        ("tier:pro,aspect:9:16,seconds:8 a fox", "a fox", {T: "pro", A: "9:16", S: "8"}),
        ("“tier:pro seconds:8” a fox", "a fox", {T: "pro", S: "8"}),
        ('a fox negative:"text, people tier:pro', "a fox", {T: "pro", N: "text, people"}),
        ("a fox negative:text, people, logos", "a fox", {N: "text, people, logos"}),
        ("a fox negative:text tier:pro", "a fox", {N: "text", T: "pro"}),
        ("a fox --no text", "a fox", {N: "text"}),
        ("a fox --no text, people --ar 9:16", "a fox", {N: "text, people", A: "9:16"}),
        ("a fox no=people", "a fox", {N: "people"}),
        ('a fox no:"people, text"', "a fox", {N: "people, text"}),
        ("a fox negative:text negative:people", "a fox", {N: "text, people"}),
        ("a fox --sound at night", "a fox at night", {AU: "on"}),
        ("a fox sound:yes", "a fox", {AU: "on"}),
        ("a fox audio: off in the snow", "a fox in the snow", {AU: "off"}),
        ("赤い狐tier:pro", "赤い狐", {T: "pro"}),
        ("「tier：pro」赤い狐", "赤い狐", {T: "pro"}),
        ("ein Fuchs Dauer: 8 Sekunden Seitenverhältnis:16:9", "ein Fuchs", {S: "8", A: "16:9"}),
        ("a fox length:1 min", "a fox", {S: "60"}),
        ("tier: tier:pro pro x", "x", {T: "pro"}),
        ("a fox tier:pro tier=PRO", "a fox", {T: "pro"}),
        ("image:https://a.example/Fox.PNG?x=1, a fox", "a fox", {Option.IMAGE: "https://a.example/Fox.PNG?x=1"}),
        ("first image: “https://a.example/f.png” a fox", "a fox", {Option.IMAGE: "https://a.example/f.png"}),
        ("dusk last_image:https://a.example/2", "dusk", {Option.LAST_IMAGE: "https://a.example/2"}),
        ("a fox image:fox.png", "a fox", {Option.IMAGE: "fox.png"}),
        ("a fox takes:4", "a fox", {Option.TAKES: "4"}),
        ("**tier:** pro a fox", "a fox", {T: "pro"}),
        ("*tier*: pro a fox", "a fox", {T: "pro"}),
        ("__Tier__: pro, a fox", "a fox", {T: "pro"}),
        ("```a fox tier:pro```", "a fox", {T: "pro"}),
        ('a fox "tier":"pro"', "a fox", {T: "pro"}),
        ("ein Fuchs, schön, `tier`: pro", "ein Fuchs, schön", {T: "pro"}),
        ('a fox "tier": "pro", "seconds": 8', "a fox", {T: "pro", S: "8"}),
        ("\U0001f98atier:pro", "\U0001f98a", {T: "pro"}),
        ("a fox ❄️tier:pro", "a fox ❄️", {T: "pro"}),
        ("a fox seconds:8️⃣", "a fox", {S: "8"}),
        ("a fox tier:pro&seconds:8", "a fox", {T: "pro", S: "8"}),
        ("a fox tier:pro+seconds:8", "a fox", {T: "pro", S: "8"}),
        ("a fox • tier: pro", "a fox", {T: "pro"}),
        ("a fox.tier:pro", "a fox.", {T: "pro"}),
        ("a fox tier։pro", "a fox", {T: "pro"}),
        ("a fox ar:9*16", "a fox", {A: "9:16"}),
        ("a fox ratio:9-16", "a fox", {A: "9:16"}),
        ("a fox ratio:9 by 16", "a fox", {A: "9:16"}),
        ("a fox aspect:reel", "a fox", {A: "9:16"}),
        ("ein Fuchs Format:hochkant", "ein Fuchs", {A: "9:16"}),
        ("a fox --mute in the snow", "a fox in the snow", {AU: "off"}),
        ("a fox --no-audio", "a fox", {AU: "off"}),
        ("a fox --audio", "a fox", {AU: "on"}),
        ("赤い狐　秒：８", "赤い狐", {S: "8"}),
        ("一只红狐狸 比例：9：16", "一只红狐狸", {A: "9:16"}),
    ],
)  # fmt: skip
def test_options_are_taken_out_and_all_other_words_are_the_description(
    typed: str, prompt: str, chosen: dict[Option, str]
) -> None:
    found = read(typed)
    assert (found.prompt, found.chosen, found.questions) == (prompt, chosen, ())


SENTENCES = [
    "time: 8 o'clock in a small town",
    "top tier: of a castle",
    "frontier:pro",
    "a top-tier:pro label",
    "a wall with an image: a fox",
    "photo:realistic fox",
    "no: I will not, said the fox",
    "length: 3 meters of rope",
    "sound: crashing waves",
    "a sign, no smoking here",
    "https://a.example/?tier=pro&seconds=8 on a screen",
    "mood:calm style:noir a fox",
    "a dog and a cat -- both asleep",
    "5\" wheels and 6' walls",
    "the fox's quality of life",
    "a fox “saying: hello”",
    "a family \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "ratio of one to two, 8 seconds",
    "a score of 3:2, then 16:9 again",
    "model: a woman in red",
    "the vendor: an old man in the rain",
    "a new model: kling and klang, two robots",
    "quality:",
    "a duration of a second",
    "it takes: two to tango",
    "a fox at 9:30, in the light of dawn",
    "a clock that shows 9:16 on the wall",
    "example.org/ar:9:16 on a screen",
    "see https://a.example/x.tier:pro/ar:9:16 for the style",
    "see https://a.example/#tier:pro and www.example.org/$tier=pro",
    "a star16:9 in a car9:16",
    "a length-wise cut, a model-like pose",
    'he says "no": a short answer',
    "rock & roll, salt + pepper",
    "a robot. Model 7 walks. Length unknown.",
]


@pytest.mark.parametrize("typed", SENTENCES)
def test_a_sentence_is_left_alone(typed: str) -> None:
    found = read(typed)
    assert (found.prompt, found.chosen, found.questions) == (typed, {}, ())


@pytest.mark.parametrize(
    ("typed", "why", "option", "choices"),
    [
        ("a fox tier:prof", WhyAsked.NO_SUCH_VALUE, T, ("pro",)),
        ("a fox tier:mega", WhyAsked.NO_SUCH_VALUE, T, ()),
        ("a fox tier: prof", WhyAsked.NO_SUCH_VALUE, T, ("pro",)),
        ("a fox model:kling", WhyAsked.NO_SUCH_VALUE, T, ("pro", "ultra")),
        ("a fox quality:1080p", WhyAsked.NO_SUCH_VALUE, T, ("pro",)),
        ("a fox aspect:17:9", WhyAsked.NO_SUCH_VALUE, A, ("16:9",)),
        ("a fox aspect:1920x1080", WhyAsked.NO_SUCH_VALUE, A, ("16:9",)),
        ("a fox seconds:eight", WhyAsked.NO_SUCH_VALUE, S, ("8",)),
        ("a fox seconds:7.5", WhyAsked.NO_SUCH_VALUE, S, ("7",)),
        ("a fox seconds:²", WhyAsked.NO_SUCH_VALUE, S, ()),
        ('a fox seconds:""', WhyAsked.NO_SUCH_VALUE, S, ()),
        ("a fox audio:loud", WhyAsked.NO_SUCH_VALUE, AU, ()),
        ("a fox sound:crashing", WhyAsked.NO_SUCH_VALUE, AU, ()),
        ("a fox seed:-1", WhyAsked.NO_SUCH_VALUE, R, ()),
        ("a fox seed:1234567890", WhyAsked.NO_SUCH_VALUE, R, ()),
        ("a fox teir:pro", WhyAsked.UNSURE, T, ("pro",)),
        ("a fox aspekt:9:16", WhyAsked.UNSURE, A, ("9:16",)),
        ("a fox --secnds 8", WhyAsked.UNSURE, S, ("8",)),
        ("a fox no:people", WhyAsked.UNSURE, N, ("people",)),
        ("a sign that says no:smoking", WhyAsked.UNSURE, N, ("smoking",)),
        ("a fox no: people", WhyAsked.UNSURE, N, ("people",)),
        ("a fox —no text", WhyAsked.UNSURE, N, ("text",)),
        ("a fox --no fruit bowl", WhyAsked.UNSURE, N, ("fruit bowl", "fruit")),
        ("negative:text, a fox", WhyAsked.UNSURE, N, ("text, a", "text")),
        ("sound: no one speaks", WhyAsked.UNSURE, AU, ("off",)),
        ('a fox saying "tier:pro is best"', WhyAsked.UNSURE, T, ("pro",)),
        ("a fox in the snow, tier pro", WhyAsked.UNSURE, T, ("pro",)),
        ("aspect 9:16 a fox", WhyAsked.UNSURE, A, ("9:16",)),
        ("a fox tier:draft tier:pro", WhyAsked.TWICE, T, ("draft", "pro")),
        ("a fox model: kling", WhyAsked.NO_SUCH_VALUE, T, ("pro", "ultra")),
        ("a fox provider:kling", WhyAsked.NO_SUCH_VALUE, T, ("pro", "ultra")),
        ("a fox resolution:4k", WhyAsked.NO_SUCH_VALUE, T, ("ultra",)),
        ("a fox seconds:5,5", WhyAsked.NO_SUCH_VALUE, S, ("5",)),
        ("a fox tier:", WhyAsked.UNKNOWN, None, ()),
        ("a fox seconds =", WhyAsked.UNKNOWN, None, ()),
        ("a fox --stylize 200", WhyAsked.UNKNOWN, None, ()),
        ("a fox --style raw", WhyAsked.UNKNOWN, None, ()),
        ("a fox --v 6", WhyAsked.UNKNOWN, None, ()),
        ("a fox --4k", WhyAsked.UNSURE, T, ("ultra",)),
        ("a fox --square", WhyAsked.UNSURE, A, ("1:1",)),
        ("a fox tier;pro", WhyAsked.UNSURE, T, ("pro",)),
        ("a fox tier.pro", WhyAsked.UNSURE, T, ("pro",)),
        ("a fox seed,7", WhyAsked.UNSURE, R, ("7",)),
        ("a fox tier>pro in the snow", WhyAsked.UNSURE, T, ("pro",)),
        ("a fox tier_pro", WhyAsked.UNSURE, T, ("pro",)),
        ("a fox tier-pro, in the snow", WhyAsked.UNSURE, T, ("pro",)),
        ("a fox tier/pro", WhyAsked.UNSURE, T, ("pro",)),
        ("a fox tier~pro", WhyAsked.UNSURE, T, ("pro",)),
        ("a fox tier…pro", WhyAsked.UNSURE, T, ("pro",)),
        ("a fox tier+pro", WhyAsked.UNSURE, T, ("pro",)),
        ("a fox ar9:16", WhyAsked.UNSURE, A, ("9:16",)),
        ("a fox --ar9:16", WhyAsked.UNSURE, A, ("9:16",)),
        ("a fox seconds8", WhyAsked.UNSURE, S, ("8",)),
        ("a fox takes3", WhyAsked.UNSURE, TA, ("3",)),
        ("a fox #tier:pro in the snow", WhyAsked.UNSURE, T, ("pro",)),
        ("a fox @tier:pro", WhyAsked.UNSURE, T, ("pro",)),
        ("a fox $tier = pro, at night", WhyAsked.UNSURE, T, ("pro",)),
        ("a fox :tier:pro:", WhyAsked.UNSURE, T, ("pro",)),
        ("a fox:tier:pro", WhyAsked.UNSURE, T, ("pro",)),
        ("a fox tier:pro/draft", WhyAsked.UNSURE, T, ("pro", "draft")),
        ("a fox seconds:8/10", WhyAsked.UNSURE, S, ("8", "10")),
        ("a fox aspect:16:9/9:16", WhyAsked.UNSURE, A, ("16:9", "9:16")),
        ("a fox tier:proseconds:8", WhyAsked.NO_SUCH_VALUE, T, ()),
        ("a fox seconds:8 or 10", WhyAsked.UNSURE, S, ("8", "10")),
        ("a fox tier:pro or draft", WhyAsked.UNSURE, T, ("pro", "draft")),
        ("a fox seed:12 345", WhyAsked.UNSURE, R, ("12", "12345")),
        ("a fox, a sign that reads “tier:pro”", WhyAsked.UNSURE, T, ("pro",)),
        ("a fox tier:por", WhyAsked.NO_SUCH_VALUE, T, ("pro",)),
        ("a fox tier:profesional", WhyAsked.NO_SUCH_VALUE, T, ("pro",)),
        ("negative: text people a fox", WhyAsked.UNSURE, N, ("text people a fox", "text")),
        ("a fox. Without: people, cars. In the snow.", WhyAsked.UNSURE, N, ("people, cars", "people")),
    ],
)
def test_what_might_be_an_option_is_asked_about_and_stays_where_it_is(
    typed: str, why: WhyAsked, option: Option | None, choices: tuple[str, ...]
) -> None:
    found = read(typed)
    (question,) = found.questions
    assert (question.why, question.option, question.choices) == (why, option, choices)
    if why is not WhyAsked.TWICE:
        assert (found.prompt, found.chosen) == (typed, {})
    for choice in choices:
        answered = read(found.using(question, choice))
        assert answered.questions == ()
        assert answered.chosen == {option: choice}
        assert "fox" not in typed or answered.prompt.startswith("a fox") or typed.startswith(("aspect", "negative"))
    if why is not WhyAsked.TWICE:
        kept = read(found.text, settled=found.keeping(question))
        assert (kept.prompt, kept.chosen, kept.questions) == (typed, {}, ())
        assert question.words not in read(found.without(question)).prompt


def test_only_the_first_words_of_a_list_leave_the_others_in_the_description() -> None:
    found = read("a bowl of nuts --no fruit and a spoon")
    (question,) = found.questions
    assert read(found.using(question, "fruit")).prompt == "a bowl of nuts and a spoon"


WORDS = st.lists(st.from_regex(r"[a-zäß]{2,8}|[狐雪犬]{1,3}|\d{1,2}", fullmatch=True), min_size=1, max_size=8)


@given(words=WORDS, cases=st.lists(st.sampled_from(CASES), max_size=3, unique_by=lambda case: case[0]), data=st.data())
@settings(max_examples=examples(300))
def test_no_option_ends_up_in_the_description_and_no_word_is_lost(words: list[str], cases: list, data) -> None:
    if any(near(word) or word in NAMES for word in words):
        return
    typed, expected = list(words), {}
    for option, _, way, value_typed, value in cases:
        spelled = way.replace(wide("VALUE"), wide(value_typed)).replace("VALUE", value_typed)
        typed.insert(data.draw(st.integers(0, len(typed))), spelled)
        expected[option] = value
    found = read(" ".join(typed))
    assert found.chosen == expected
    assert found.prompt == " ".join(words)


@given(
    st.text()
    | st.lists(
        st.sampled_from(
            [
                "tier",
                ":",
                "pro",
                " ",
                '"',
                "“",
                "'",
                "no",
                "negative",
                "--",
                "—",
                "seconds",
                "8",
                "s",
                ",",
                "a fox",
                "=",
                "image",
                "https://a.b",
                "16:9",
                "aspect",
                "(",
                ")",
                "_",
                "*",
            ]
        )
    ).map("".join)
)
@settings(max_examples=examples(500))
def test_anything_typed_is_read_and_what_is_left_is_read_as_the_same(typed: str) -> None:
    found = read(typed)
    again = read(found.prompt)
    assert again.prompt == found.prompt
    assert again.chosen == {}
    for question in found.questions:
        for choice in question.choices:
            read(found.using(question, choice))
        read(found.text, settled=found.keeping(question))
        read(found.without(question))


@given(st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "P", "S"))))
def test_words_without_any_sign_are_kept_to_the_letter(typed: str) -> None:
    found = read(typed)
    assert found.prompt == " ".join(typed.split())


def test_the_longest_text_is_read_in_a_moment() -> None:
    for piece in ("no=a ", "tier: ", '"tier:pro ', "seconds:'8 ", "--", "no: ", "negative:“", "a:b "):
        text = (piece * 4000)[:8000]
        assert len(read(text).prompt) <= len(text)


@pytest.mark.parametrize("value", ["pro", "text, two people", 'say "hi"', "9:16", "don't", ""])
def test_what_is_written_is_read_as_what_it_was(value: str) -> None:
    option = A if value == "9:16" else T if value == "pro" else N
    found = read(f"a fox {written(option, value)}")
    assert found.prompt == "a fox" or not value
    assert found.chosen == ({option: value.replace('"', "'")} if value else {})


def test_names_are_spelled_as_they_are_looked_for() -> None:
    assert {name for name in NAMES if name != unicodedata.normalize("NFC", name.lower())} == set()


def test_makers_lead_to_the_tiers_that_they_make_and_the_cheapest_of_equals_comes_first() -> None:
    assert [meant(T, maker)[0] for maker in ("wan", "kling", "seedance", "hailuo", "veo")] == [
        "draft", "pro", "standard", "standard", "ultra",
    ]  # fmt: skip
