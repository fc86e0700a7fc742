"""Where options stand in a text: which words, whether they are surely one, and what is asked about them."""

import time

import pytest

from core.domain.requests.option_hits import FREE, PICTURES, Hit, Verdict, hits
from core.domain.requests.option_places import PlacedText
from core.domain.requests.options import Option

T, A, S, N, AU, R = Option.TIER, Option.ASPECT, Option.SECONDS, Option.NEGATIVE, Option.AUDIO, Option.SEED
I = Option.IMAGE  # noqa: E741 - beside the others
TAKE, ASK, WRONG, UNKNOWN = Verdict

Row = tuple[str, Verdict, Option | None, str, str, tuple[str, ...]]
"""The words, what is known of them, the option, its value, the value as typed, and what may be meant instead."""

FOUND: dict[str, list[Row]] = {
    "a fox tier:pro": [("tier:pro", TAKE, T, "pro", "pro", ())],
    "a fox --sound at night": [("--sound ", TAKE, AU, "on", "on", ())],
    "a fox --audio": [],
    "a fox —sound at night": [],
    "a fox sound: yes please": [("sound: yes", ASK, AU, "on", "yes", ())],
    "a fox sound: yes.": [("sound: yes.", TAKE, AU, "on", "yes", ())],
    'a fox sound:"yes" please': [('sound:"yes"', TAKE, AU, "on", "yes", ())],
    "a fox audio: on please": [("audio: on", TAKE, AU, "on", "on", ())],
    "a fox seconds:8 or 10": [("seconds:8 or 10", ASK, S, "8", "8 or 10", ("8", "10"))],
    "a fox seconds:8 or 8": [("seconds:8", TAKE, S, "8", "8", ())],
    "a fox seconds:8 or many": [("seconds:8", TAKE, S, "8", "8", ())],
    "a fox seed:12 345": [("seed:12 345", ASK, R, "12", "12 345", ("12", "12345"))],
    "a fox seed:12 345 678": [("seed:12 345 678", ASK, R, "12", "12 345 678", ("12", "12345678"))],
    "a fox seed:999 999 999": [("seed:999 999 999", ASK, R, "999", "999 999 999", ("999", "999999999"))],
    "a fox seed:999 999 9999": [("seed:999 999", ASK, R, "999", "999 999", ("999", "999999"))],
    "a fox seconds:8 100": [("seconds:8", TAKE, S, "8", "8", ())],
    "a fox tier:": [("tier:", UNKNOWN, None, "", "tier:", ())],
    "a fox tier =": [("tier =", UNKNOWN, None, "", "tier =", ())],
    "a fox no:": [],
    "a fox tier": [],
    "a fox length: 3 meters": [],
    "a fox quality:high": [("quality:high", WRONG, T, "", "high", ("pro",))],
    "a fox quality: high": [("quality: high", WRONG, T, "", "high", ("pro",))],
    "a fox quality: high wind": [],
    "a fox model: kling": [("model: kling", WRONG, T, "", "kling", ("pro", "ultra"))],
    "a fox model: kling sings": [],
    "a fox tier: mega": [],
    "a fox --tier mega": [("--tier mega", WRONG, T, "", "mega", ())],
    "a fox -tier mega": [],
    "a fox tier:mega": [("tier:mega", WRONG, T, "", "mega", ())],
    "no: people in the house today": [],
    "a fox no: people": [("no: people", ASK, N, "people", "people", ())],
    "a fox no: people in the snow": [],
    "a fox no: people. In the snow all day long": [
        ("no: people. In the snow all day long", ASK, N, "people. In the snow all day long",
         "people. In the snow all day long",
         ("people. In the snow all day long", "people")),
    ],
    "a fox no: two tall people in hats": [],
    "a fox no=people": [("no=people", TAKE, N, "people", "people", ())],
    'a fox no:"people, cars"': [('no:"people, cars"', TAKE, N, "people, cars", "people, cars", ())],
    'a fox no:"people': [('no:"people', TAKE, N, "people", "people", ())],
    'a fox no:""': [],
    'a fox no:" "': [],
    "a fox negative:text, people and cars": [
        ("negative:text, people", ASK, N, "text, people", "text, people", ("text, people", "text")),
    ],
    "a fox negative: text people": [
        ("negative: text people", ASK, N, "text people", "text people", ("text people", "text")),
    ],
    "a fox negative:text people": [("negative:text", TAKE, N, "text", "text", ())],
    "a fox negative:text, people": [("negative:text, people", TAKE, N, "text, people", "text, people", ())],
    "a fox --no text, people --ar 9:16": [
        ("--no text, people", TAKE, N, "text, people", "text, people", ()),
        ("--ar 9:16", TAKE, A, "9:16", "9:16", ()),
    ],
    "a fox negative:“Text, people” at night": [
        ("negative:“Text, people”", TAKE, N, "Text, people", "Text, people", ()),
    ],
    "a fox image:https://a.example/f.png, at night": [
        ("image:https://a.example/f.png,", TAKE, I, "https://a.example/f.png", "https://a.example/f.png", ()),
    ],
    "a fox image: <https://a.example/f.png> at night": [
        ("image: <https://a.example/f.png>", TAKE, I, "https://a.example/f.png", "https://a.example/f.png", ()),
    ],
    'a fox image:"https://a.example/f.png" x': [
        ('image:"https://a.example/f.png"', TAKE, I, "https://a.example/f.png", "https://a.example/f.png", ()),
    ],
    "a fox image:fox.png": [("image:fox.png", TAKE, I, "fox.png", "fox.png", ())],
    "a fox image: fox.png": [],
    "a fox photo:fox.png": [],
    "a fox photo:https://a.example/f.png.": [
        ("photo:https://a.example/f.png.", TAKE, I, "https://a.example/f.png", "https://a.example/f.png", ()),
    ],
    "a fox image:“fox.png”": [("image:“fox.png”", TAKE, I, "fox.png", "fox.png", ())],
    'a fox saying "tier:pro is best"': [("tier:pro", ASK, T, "pro", "pro", ())],
    'a fox saying "tier:pro and seconds:8"': [
        ("tier:pro", ASK, T, "pro", "pro", ()),
        ("seconds:8", ASK, S, "8", "8", ()),
    ],
    "a fox 'tier:pro and seconds:8' runs": [
        ("'tier:pro", ASK, T, "pro", "pro", ()),
        ("seconds:8'", ASK, S, "8", "8", ()),
    ],
    "a fox ‹tier:pro and seconds:8› runs": [
        ("‹tier:pro", ASK, T, "pro", "pro", ()),
        ("seconds:8›", ASK, S, "8", "8", ()),
    ],
    "a fox `tier:pro and seconds:8` runs": [
        ("tier:pro", ASK, T, "pro", "pro", ()),
        ("seconds:8`", ASK, S, "8", "8", ()),
    ],
    "a fox 'tier:pro a seconds:8' runs": [
        ("'tier:pro", ASK, T, "pro", "pro", ()),
        ("seconds:8'", ASK, S, "8", "8", ()),
    ],
    'a fox "--sound a seconds:8" runs': [
        ("--sound ", ASK, AU, "on", "on", ()),
        ("seconds:8", ASK, S, "8", "8", ()),
    ],
    "a fox 'tier:pro seconds:8' runs": [
        ("'tier:pro", TAKE, T, "pro", "pro", ()),
        ("seconds:8'", TAKE, S, "8", "8", ()),
    ],
    "a dogs' fox tier:pro in the cats' hat": [("tier:pro", TAKE, T, "pro", "pro", ())],
    'a fox "tier:pro" and "seconds:8"': [
        ('"tier:pro"', TAKE, T, "pro", "pro", ()),
        ('"seconds:8"', TAKE, S, "8", "8", ()),
    ],
    "a fox saying “tier:pro”": [("“tier:pro”", ASK, T, "pro", "pro", ())],
    'a sign that reads "tier:pro"': [('"tier:pro"', ASK, T, "pro", "pro", ())],
    'a fox, "tier:pro"': [('"tier:pro"', TAKE, T, "pro", "pro", ())],
    '"tier:pro" a fox': [('"tier:pro"', TAKE, T, "pro", "pro", ())],
    '"a fox tier:pro"': [("tier:pro", TAKE, T, "pro", "pro", ())],
    '"a fox tier:pro" at night': [("tier:pro", ASK, T, "pro", "pro", ())],
    'a fox "tier:pro seconds:8" runs': [
        ("tier:pro", TAKE, T, "pro", "pro", ()),
        ("seconds:8", TAKE, S, "8", "8", ()),
    ],
    'a fox "no tier:mega here" runs': [],
    'a fox says "tier:pro': [('"tier:pro', ASK, T, "pro", "pro", ())],
    "a fox's \"tier:pro\" den": [('"tier:pro"', TAKE, T, "pro", "pro", ())],
    'he says "hi" and tier:pro "bye"': [("tier:pro", TAKE, T, "pro", "pro", ())],
    "a fox tier:pro|draft": [("tier:pro|draft", ASK, T, "pro", "pro|draft", ("pro", "draft"))],
    "a fox tier:pro/draft": [("tier:pro/draft", ASK, T, "pro", "pro/draft", ("pro", "draft"))],
    "a top-tier:pro fox": [],
    "tier:pro seconds:8, aspect:9:16": [
        ("tier:pro", TAKE, T, "pro", "pro", ()),
        ("seconds:8,", TAKE, S, "8", "8", ()),
        ("aspect:9:16", TAKE, A, "9:16", "9:16", ()),
    ],
    "a fox aspect:1920x1080": [("aspect:1920x1080", WRONG, A, "", "1920x1080", ("16:9",))],
    "a fox seconds:7.5 at night": [("seconds:7.5", WRONG, S, "", "7.5", ("7",))],
    "a fox TIER：“Pro”, at night": [("TIER：“Pro”,", TAKE, T, "pro", "Pro", ())],
    'a tier:pro fox "': [("tier:pro", TAKE, T, "pro", "pro", ())],
    'a "b "c tier:pro d" e': [("tier:pro", TAKE, T, "pro", "pro", ())],
    "no: people run": [],
    "no: people": [],
    "a fox negative:;x": [],
}  # fmt: skip


def rows(text: PlacedText) -> list[Row]:
    return [
        (text.typed[hit.start : hit.end], hit.verdict, hit.option, hit.value, hit.typed, hit.choices)
        for hit in hits(text)
    ]


@pytest.mark.parametrize("typed", FOUND)
def test_what_stands_in_a_text(typed: str) -> None:
    assert rows(PlacedText(typed)) == FOUND[typed]


@pytest.mark.parametrize("quote", ["“", "'", "`"])
@pytest.mark.parametrize("text", ["{0}x {1}{0} on", "{0}{1}", "{1}"])
def test_a_message_full_of_options_in_quotes_is_read_in_a_moment(quote: str, text: str) -> None:
    each = f"{quote}tier:pro " if text == "{1}" else "tier:pro "
    typed = text.format(quote, each * 300)
    began = time.process_time()
    assert len(hits(PlacedText(typed))) == 300
    assert time.process_time() - began < 2, "it takes some 0.05 s; where each option looks at all others, 20 s"


def test_words_that_are_settled_are_no_option_and_those_beside_them_are() -> None:
    typed = "a fox tier:pro seconds:8"
    assert [words for words, *_ in rows(PlacedText(typed, frozenset({"tier:pro"})))] == ["seconds:8"]
    assert [words for words, *_ in rows(PlacedText(typed, frozenset({"a fox "})))] == ["tier:pro", "seconds:8"]
    assert rows(PlacedText(typed, frozenset({"pro seconds"}))) == []


def test_of_which_options_any_word_is_a_value() -> None:
    assert set(PICTURES) == {Option.IMAGE, Option.LAST_IMAGE, Option.REFERENCE}
    assert set(FREE) == {Option.IMAGE, Option.LAST_IMAGE, Option.REFERENCE, Option.NEGATIVE}


def test_a_place_without_a_value_has_none() -> None:
    hit = Hit(start=0, end=1, verdict=UNKNOWN, option=None)
    assert (hit.value, hit.typed, hit.choices) == ("", "", ())
