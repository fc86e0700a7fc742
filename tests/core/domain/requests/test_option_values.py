"""What each word for a value stands for, what it may have meant, and what is no value."""

import pytest

from core.domain.requests.option_values import OTHER_UNIT, SHAPES, is_clear, known, meant, stands_for, value_of
from core.domain.requests.options import Option

T, A, S, N, AU, R = Option.TIER, Option.ASPECT, Option.SECONDS, Option.NEGATIVE, Option.AUDIO, Option.SEED
TAKES, AT, PRESET = Option.TAKES, Option.AT, Option.PRESET

WORDS: dict[Option, dict[str | None, str]] = {
    T: {
        "default": "default best auto best-available best_available", "ultra": "ultra", "pro": "pro",
        "standard": "standard std", "draft": "draft", None: "4k hd kling prof none",
    },
    A: {
        "16:9": "16:9 16x9 16/9 16*9 16-9 wide widescreen landscape horizontal youtube querformat breitbild paysage",
        "9:16": "9:16 09:16 tall vertical portrait upright phone mobile story stories reel reels shorts tiktok"
        " hochformat hochkant vertikal",
        "1:1": "1:1 01:01 square quadrat quadratisch carré", "21:9": "21:9 cinema cinematic ultrawide",
        "4:3": "4:3", "3:4": "3:4", None: "17:9 16:10 1920x1080 16 16: :9 wideish 4:33",
    },
    S: {
        "8": "8 08 8s 8sec 8secs 8second 8seconds 0:08 00:08 8sekunden 8secondes 8segundos 8秒",
        "60": "1min 1mins 1minute",
        "120": "2minutes 120", "999999999": "999999999", None: "eight 8.5 -8 1234567890 8h s 1:08 8x",
    },
    AU: {
        "on": "on an ein yes true with enabled ja oui si sí",
        "off": "off aus no false none without disabled mute muted silent nein non", None: "loud onn 1 0",
    },
    R: {"0": "0 000", "7": "7 007", "999999999": "999999999", None: "1000000000 -1 7.5 seven #7"},
    TAKES: {"1": "1 x1", "4": "4 x4", "9": "9", None: "0 10 x 4x xx4 x0"},
    N: {"text": "text", "0": "0"},
    PRESET: {"brand": "brand", "b-1": "b-1"},
    Option.IMAGE: {"fox.png": "fox.png"},
    AT: {"8:00": "8:00", "today": "today", "tonight": "tonight", "tomorrow": "tomorrow", "friday": "friday",
         "cheap": "cheap", None: "soon later days"},
}  # fmt: skip
MEANT: list[tuple[Option, str, tuple[str, ...]]] = [
    (T, "4k", ("ultra",)), (T, "uhd", ("ultra",)), (T, "2160p", ("ultra",)), (T, "max", ("ultra",)),
    (T, "maximum", ("ultra",)), (T, "highest", ("ultra",)), (T, "1080p", ("pro",)), (T, "1080", ("pro",)),
    (T, "hd", ("pro",)), (T, "fullhd", ("pro",)), (T, "high", ("pro",)), (T, "professional", ("pro",)),
    (T, "profi", ("pro",)), (T, "premium", ("pro",)), (T, "720p", ("standard",)), (T, "720", ("standard",)),
    (T, "medium", ("standard",)), (T, "mid", ("standard",)), (T, "normal", ("standard",)),
    (T, "regular", ("standard",)),
    (T, "480p", ("draft",)), (T, "480", ("draft",)), (T, "low", ("draft",)), (T, "lowest", ("draft",)),
    (T, "cheap", ("draft",)), (T, "fast", ("draft",)), (T, "quick", ("draft",)), (T, "test", ("draft",)),
    (T, "preview", ("draft",)), (T, '"4k",', ("ultra",)), (T, "mega", ()), (T, "x", ()), (T, "", ()),
    (T, "x" * 30, ()),
    (T, "prof", ("pro",)), (T, "por", ("pro",)), (T, "standart", ("standard",)), (T, "drafts", ("draft",)),
    (T, "veo", ("ultra",)), (T, "veo3.1", ("ultra",)), (T, "kling", ("pro", "ultra")), (T, "wan2.2", ("draft",)),
    (T, "hailuo", ("standard",)), (T, "seedance", ("standard", "pro")),
    (A, "17:9", ("16:9",)), (A, "1920x1080", ("16:9",)), (A, "1080 x 1920", ("9:16",)), (A, "5:4", ("4:3",)),
    (A, "2.35:1", ("16:9",)), (A, "0:0", ("1:1",)), (A, "wid", ("16:9",)), (A, "sqare", ("1:1",)), (A, "blue", ()),
    (A, "3/2", ("4:3",)), (A, "12345:1", ()),
    (S, "8.5", ("8",)), (S, "8,5", ("8",)), (S, "eight", ("8",)), (S, "eigth", ("8",)), (S, "fifteen", ("15",)),
    (S, "one", ("1",)), (S, "twelve", ("12",)), (S, "many", ()), (S, "8:30", ()), (S, "12345", ()),
    (S, "1234h", ("1234",)),
    (AU, "onn", ("on",)), (AU, "mutd", ("off",)), (AU, "loud", ()), (AU, "withou", ("off", "on")),
    (R, "#7", ("7",)), (R, "7.5", ("7",)), (R, "7,5", ("7",)), (R, "-7", ()), (R, "1000000000", ()),
    (R, "(7)", ("7",)),
    (TAKES, "many", ()), (AT, "soon", ()), (N, "text", ()),
]  # fmt: skip


@pytest.mark.parametrize("option", WORDS)
def test_what_a_word_stands_for(option: Option) -> None:
    for value, words in WORDS[option].items():
        assert {word: value_of(option, word) for word in words.split()} == dict.fromkeys(words.split(), value)
    assert value_of(option, "") is None
    assert value_of(option, " ") is None


def test_values_of_several_words() -> None:
    assert value_of(T, "best  available") == "default"
    assert value_of(A, "9 by 16") == "9:16"
    assert value_of(A, "9 to 16") == "9:16"
    assert value_of(S, " 8 seconds ") == "8"
    assert value_of(S, "2 min") == "120"
    assert value_of(N, " text, people ") == "text, people"


@pytest.mark.parametrize(("option", "word", "values"), MEANT)
def test_what_a_word_that_is_no_value_may_have_meant(option: Option, word: str, values: tuple[str, ...]) -> None:
    assert meant(option, word) == values


def test_which_values_an_option_has_where_they_are_few() -> None:
    assert {option: known(option) for option in Option if known(option)} == {
        T: ("default", "ultra", "pro", "standard", "draft"), A: ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9"),
        AU: ("on", "off"), TAKES: ("1", "2", "3", "4"),
    }  # fmt: skip


def test_on_and_off_say_what_they_are_without_the_rest_of_a_sentence_and_yes_and_no_do_not() -> None:
    assert [is_clear(AU, word) for word in ("on", " off ", "yes", "no", "an", "mute")] == [True, True] + [False] * 4
    assert is_clear(T, "pro")
    others = {
        "ultra": "4k uhd 2160p max maximum highest", "pro": "1080p 1080 hd fullhd high professional profi premium",
        "standard": "720p 720 medium mid normal regular",
        "draft": "480p 480 low lowest cheap fast quick test preview", None: "pro prof 4",
    }  # fmt: skip
    for tier, words in others.items():
        assert {word: stands_for(word) for word in words.split()} == dict.fromkeys(words.split(), tier)


@pytest.mark.parametrize(
    ("option", "text", "found"),
    [
        (T, "pro runs", "pro"), (T, "prof", None), (T, "pro-like", None), (T, "pro.5", None), (T, "pro.", "pro"),
        (T, "best available x", "best available"), (T, "best  x", "best"), (A, "16:9:1", None),
        (A, "16 : 9", "16 : 9"),
        (A, "16 x 9 fox", "16 x 9"), (A, "wide angle", "wide"), (S, "8 s fox", "8 s"), (S, "8 sheep", "8"),
        (S, "8sheep", None),
        (S, "0:08 fox", "0:08"), (S, "8,5", None), (S, "8, 5", "8"), (S, "1 min fox", "1 min"),
        (TAKES, "x2 fox", "x2"),
        (TAKES, "123", None), (PRESET, "my-brand fox", "my-brand"), (PRESET, "_x", None), (PRESET, "a" * 42, None),
        (PRESET, "a" * 41, "a" * 41), (AT, "in 2 hours fox", "in 2 hours"), (AT, "when  cheap x", "when  cheap"),
        (AT, "tomorrow at 9 x", "tomorrow at 9"), (AT, "2026-12-01 18:30 x", "2026-12-01 18:30"),
        (AT, "friday 9 pm", "friday 9 pm"),
        (AT, "noon", None), (AU, "off beat", "off"), (AU, "offbeat", None), (R, "123456789 x", "123456789"),
        (R, "1234567890", None),
    ],
)  # fmt: skip
def test_how_a_value_that_can_be_one_begins(option: Option, text: str, found: str | None) -> None:
    match = SHAPES[option].match(text)
    assert (match[0] if match else None) == found


def test_a_number_with_another_unit_is_no_length_of_a_video() -> None:
    units = (
        "m cm mm km meter metre meters inch inches feet foot ft yard yards mile miles page pages word words line lines"
    )
    for unit in f"{units} hour hours day days year years o'clock oclock am a.m. pm".split():
        assert OTHER_UNIT.match(f" {unit} x"), unit
    for other in ("s", "seconds", "min", "fox", "metro", ""):
        assert not OTHER_UNIT.match(f" {other}"), other
    assert set(SHAPES) == {T, A, S, AU, R, TAKES, PRESET, AT}
