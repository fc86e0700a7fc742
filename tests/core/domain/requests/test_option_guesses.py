"""What may be an option though its name is none: which words it is about, what is asked, and what is none of it."""

import pytest

from core.domain.requests.option_guesses import bare, guesses
from core.domain.requests.option_hits import Hit, Verdict
from core.domain.requests.option_places import PlacedText
from core.domain.requests.options import Option

T, A, S, N, AU, R = Option.TIER, Option.ASPECT, Option.SECONDS, Option.NEGATIVE, Option.AUDIO, Option.SEED

Row = tuple[str, Option | None, str, str, tuple[str, ...]]
"""The words, the option, its value, the value as typed, and what may be chosen."""


def rows(typed: str, hits: list[Hit], verdict: Verdict) -> list[Row]:
    assert {hit.verdict for hit in hits} <= {verdict}
    return [(typed[hit.start : hit.end], hit.option, hit.value, hit.typed, hit.choices) for hit in hits]


MISSPELLED: dict[str, list[Row]] = {
    "teir:pro": [("teir:pro", T, "pro", "pro", ("pro",))],
    "a fox teir:pro": [("teir:pro", T, "pro", "pro", ("pro",))],
    "a fox TEIR: Pro": [("TEIR: Pro", T, "pro", "Pro", ("pro",))],
    "a fox teir = pro": [("teir = pro", T, "pro", "pro", ("pro",))],
    "a fox teir:pro, in the snow": [("teir:pro,", T, "pro", "pro", ("pro",))],
    "a fox (teir:pro) at night": [("(teir:pro)", T, "pro", "pro", ("pro",))],
    'a fox "teir:pro"': [('"teir:pro"', T, "pro", "pro", ("pro",))],
    "a fox --teir pro": [("--teir pro", T, "pro", "pro", ("pro",))],
    "a fox -teir  pro": [("-teir  pro", T, "pro", "pro", ("pro",))],
    "a fox /teir pro": [("/teir pro", T, "pro", "pro", ("pro",))],
    "a fox teir:kling": [("teir:kling", T, "pro", "kling", ("pro", "ultra"))],
    "a fox teir: kling": [],
    "a fox teir pro": [],
    "a fox teir:nonsense": [],
    "a fox teir:": [],
    "a fox xteir:pro, at:teir": [],
    "a fox https://a.example/teir:pro": [],
    "a fox sed:7": [("sed:7", R, "7", "7", ("7",))],
    "a fox rs:9:16": [],
    "a fox aaaaaaaaaaaaaaaaaaaaaaaaaaaspct:9:16": [],
    "a fox aspekt:9:16 and secnds:8 s": [
        ("aspekt:9:16", A, "9:16", "9:16", ("9:16",)),
        ("secnds:8 s", S, "8", "8 s", ("8",)),
    ],
    "a fox imgae:fox.png": [],
    "a fox teir:nonsense secnds:8": [("secnds:8", S, "8", "8", ("8",))],
    "a fox xteir:pro secnds:8": [("secnds:8", S, "8", "8", ("8",))],
    "a fox teir pro secnds:8": [("secnds:8", S, "8", "8", ("8",))],
    "a fox nagative:Text": [("nagative:Text", N, "Text", "Text", ("Text",))],
    "a fox nagative:text, people": [("nagative:text,", N, "text", "text", ("text",))],
    "a fox nagative:“Text, people” at night": [
        ("nagative:“Text, people”", N, "Text, people", "Text, people", ("Text, people",))
    ],
    "a fox nagative: text": [],
    'a fox nagative:""': [],
}  # fmt: skip
SIGNED: dict[str, list[Row]] = {
    "a fox tier;pro": [("tier;pro", T, "pro", "pro", ())],
    "a fox TIER>PRO, in the snow": [("TIER>PRO", T, "pro", "pro", ())],
    "a fox -- tier;pro;": [("-- tier;pro", T, "pro", "pro", ())],
    "a fox tier|pro:": [("tier|pro:", T, "pro", "pro", ())],
    "a fox ar9:16": [("ar9:16", A, "9:16", "9:16", ())],
    "a fox --ar9:16": [("--ar9:16", A, "9:16", "9:16", ())],
    "a fox seconds08!": [("seconds08!", S, "8", "08", ())],
    "a fox #tier:pro": [("#tier:pro", T, "pro", "pro", ())],
    "a fox @tier = pro": [("@tier = pro", T, "pro", "pro", ())],
    "a fox:tier:pro": [(":tier:pro", T, "pro", "pro", ())],
    "a fox tier;pro and seconds;8": [("tier;pro", T, "pro", "pro", ()), ("seconds;8", S, "8", "8", ())],
    "a fox tier;nonsense and seconds;8": [("seconds;8", S, "8", "8", ())],
    "a fox negative;text and seconds;8": [("seconds;8", S, "8", "8", ())],
    "a fox quality;pro and seconds;8": [("seconds;8", S, "8", "8", ())],
    "a star9:16 and seconds;8": [("seconds;8", S, "8", "8", ())],
    "a fox image;fox.png": [],
    "a fox tier;prox": [],
    "https://a.example/#tier:pro": [],
    "https://a.example/x&tier:pro": [],
}  # fmt: skip
UNKNOWN: dict[str, list[str]] = {
    "a fox --stylize 200": ["--stylize 200"],
    "--stylize 200 a fox": ["--stylize 200"],
    "a fox --stylize 200 --chaos:5 --style=raw": ["--stylize 200", "--chaos:5", "--style=raw"],
    "a fox --style raw": ["--style raw"],
    "a fox --style raw --v 6": ["--style raw", "--v 6"],
    "a fox --style raw in the snow": ["--style"],
    "a fox --tile in the snow": ["--tile"],
    "a fox --teir kling": ["--teir kling"],
    "a fox --nagative text": ["--nagative text"],
    "a fox --3d": ["--3d"],
    "a fox --3d-look": ["--3d-look"],
    "a --4k-look of a fox": ["--4k-look"],
    "a fox --v": [],
    "a fox --v six": [],
    "a fox --8": [],
    "a fox — stylize 200": [],
    "a fox —stylize 200": [],
    "a fox ——stylize 200": [],
    "a fox -–stylize 200": [],
    "a fox —stylize 200 --chaos 5": ["--chaos 5"],
    "a fox -stylize 200": [],
    "a fox --- and a dog -- both asleep": [],
    "a fox-- x--stylize 200": [],
    "https://a.example/a+--stylize": [],
    "https://a.example/a+--stylize --chaos 5": ["--chaos 5"],
}  # fmt: skip
SWITCHED = {
    "--audio": "on", "--sound": "on", "--no-audio": "off", "--no_sound": "off", "--noaudio": "off", "--mute": "off",
    "--muted": "off", "--silent": "off",
}  # fmt: skip
VALUES = {
    "--4k": (T, "ultra"), "--hd": (T, "pro"), "--720p": (T, "standard"), "--480p": (T, "draft"), "--pro": (T, "pro"),
    "--best": (T, "default"), "--square": (A, "1:1"), "--portrait": (A, "9:16"), "--16x9": (A, "16:9"),
}  # fmt: skip


@pytest.mark.parametrize("typed", [*MISSPELLED, *SIGNED])
def test_a_slip_of_the_finger_is_asked_about(typed: str) -> None:
    assert rows(typed, guesses(PlacedText(typed), []), Verdict.ASK) == (MISSPELLED | SIGNED)[typed]


@pytest.mark.parametrize("typed", UNKNOWN)
def test_an_option_of_other_bots_is_asked_about_with_its_value(typed: str) -> None:
    expected = [(words, None, "", words, ()) for words in UNKNOWN[typed]]
    assert rows(typed, guesses(PlacedText(typed), []), Verdict.UNKNOWN) == expected


@pytest.mark.parametrize("flag", SWITCHED)
def test_a_flag_that_switches_the_sound_is_taken(flag: str) -> None:
    typed = f"a fox {flag} at night"
    expected = [(flag, AU, SWITCHED[flag], flag.removeprefix("--"), ())]
    assert rows(typed, guesses(PlacedText(typed), []), Verdict.TAKE) == expected


@pytest.mark.parametrize("flag", VALUES)
def test_a_flag_that_is_a_value_is_asked_about(flag: str) -> None:
    typed, (option, value) = f"a fox {flag} at night", VALUES[flag]
    expected = [(flag, option, value, flag.removeprefix("--"), (value,))]
    assert rows(typed, guesses(PlacedText(typed), []), Verdict.ASK) == expected


@pytest.mark.parametrize("typed", ["a fox teir:pro", "a fox tier;pro", "a fox #tier:pro", "a fox --stylize 200"])
def test_words_that_are_settled_or_found_are_no_guess(typed: str) -> None:
    assert len(guesses(PlacedText(typed), [])) == 1
    assert guesses(PlacedText(typed, frozenset({typed.removeprefix("a fox ")})), []) == []
    assert len(guesses(PlacedText(typed, frozenset({"a fox "})), [])) == 1
    for start, end, found in ((5, 6, 1), (5, 7, 0), (len(typed) - 1, len(typed), 0), (len(typed), len(typed) + 3, 1)):
        hit = Hit(start=start, end=end, verdict=Verdict.TAKE, option=AU)
        assert len(guesses(PlacedText(typed), [hit])) == found, (start, end)


def test_no_words_are_two_guesses() -> None:
    typed = "a fox --teir pro --teir kling"
    assert [typed[hit.start : hit.end] for hit in guesses(PlacedText(typed), [])] == ["--teir pro", "--teir kling"]


BARE: dict[str, list[Row]] = {
    "a fox in the snow, tier pro": [("tier pro", T, "pro", "pro", ())],
    "a fox in the snow tier PRO.": [("tier PRO", T, "pro", "pro", ())],
    "a fox;seconds 8 s": [("seconds 8 s", S, "8", "8 s", ())],
    "tier pro": [("tier pro", T, "pro", "pro", ())],
    "tier pro a fox": [("tier pro", T, "pro", "pro", ())],
    "tier pro, a fox": [("tier pro", T, "pro", "pro", ())],
    "tier pro a fox, seconds 8": [("seconds 8", S, "8", "8", ())],
    "tier pro a fox, seconds many": [("tier pro", T, "pro", "pro", ())],
    "seconds 8 seconds a fox": [("seconds 8 seconds", S, "8", "8 seconds", ())],
    "tier pro of a fox, tier pro": [("tier pro", T, "pro", "pro", ())],
    "a fox tier pro in the snow": [],
    "a fox:tier pro": [],
    "a fox, tier nonsense": [],
    "a fox, quality pro": [],
    "a fox, negative text": [],
    "a fox, image fox.png": [],
}  # fmt: skip


@pytest.mark.parametrize("typed", BARE)
def test_an_option_without_a_sign_is_asked_about_at_both_ends_alone(typed: str) -> None:
    assert rows(typed, list(bare(PlacedText(typed), typed)), Verdict.ASK) == BARE[typed]


def test_of_two_equal_words_the_last_are_asked_about() -> None:
    (hit,) = bare(PlacedText("tier pro of a fox, tier pro"), "tier pro of a fox, tier pro")
    assert (hit.start, hit.end) == (19, 27)


def test_words_that_stand_together_only_without_what_was_taken_are_no_option() -> None:
    assert list(bare(PlacedText("a fox, tier seconds:8 pro"), "a fox, tier pro")) == []
    (first,) = bare(PlacedText("tier pro audio:on a fox"), "tier pro a fox")
    assert (first.start, first.end) == (0, 8)


def test_words_without_a_sign_that_are_settled_are_left_alone() -> None:
    typed = "tier pro a fox, seconds 8"
    assert [hit.option for hit in bare(PlacedText(typed, frozenset({"seconds 8"})), typed)] == [T]
    assert list(bare(PlacedText(typed, frozenset({"seconds 8", "tier pro"})), typed)) == []
    assert [hit.option for hit in bare(PlacedText(typed, frozenset({"a fox"})), typed)] == [S]
