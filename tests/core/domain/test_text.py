"""What people give, cleaned: every living script and emoji survives, and nothing that works on whoever shows it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.requests.refusals import PromptMissing
from core.domain.requests.request import VideoRequest, checked
from core.domain.text import MARKS_MAX, TEXT_MAX, clean, visible

SURVIVE = [
    "a red fox in the snow",
    "Der Fuchs läuft über die Brücke – „schön“!",
    "الثعلب الأحمر في الثلج",
    "اَلْعَرَبِيَّةُ",
    "می‌خواهم",  # Persian, with a non-joiner
    "שָׁלוֹם עוֹלָם",
    "बर्फ़ में लाल लोमड़ी",
    "क्‍ष",  # a joiner between letters
    "สุนัขจิ้งจอกแดงในหิมะ",
    "con cáo đỏ trong tuyết ở Việt Nam",
    "雪の中の赤い狐",
    "눈 속의 붉은 여우",
    "ཨོཾ་མ་ཎི་པདྨེ་ཧཱུྃ",
    "தமிழ் மொழி",
    "မြန်မာဘာသာ",
    "👨‍👩‍👧‍👦 👩🏽‍🚀 ❤️‍🔥 🏳️‍🌈 1️⃣",
    "🇻🇳🇩🇪 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "½ × 3° ≤ 4 € §",
    "葛󠄀飾区",
]
"""None of them may change: they are in NFC, as keyboards write them."""

GONE = {
    "half a character": "a\ud800b",
    "the other half": "a\udc00b",
    "NUL": "a\0b",
    "an escape": "a\x1bb",
    "a bell": "a\x07b",
    "a C1 control": "a\u009bb",
    "delete": "a\x7fb",
    "embedding": "a\u202ab",
    "override": "a\u202eb",
    "isolate": "a\u2066b",
    "end of isolate": "a\u2069b",
    "zero width space": "a\u200bb",
    "word joiner": "a\u2060b",
    "byte order mark": "a\ufeffb",
    "soft hyphen": "a\u00adb",
    "a tag": "a\U000e0041b",
    "many tags": "a" + "\U000e0061" * 500 + "b",
    "selectors": "a" + "\U000e01ef\U000e0100" * 100 + "b",
    "interlinear": "a\ufff9b",
    "a noncharacter": "a\uffffb",
    "another": "a\ufdd0b",
    "invisible times": "a\u2062b",
    "grapheme joiner": "a\u034fb",
    "Mongolian separator": "a\u180eb",
    "deprecated": "a\u206ab",
    "shorthand": "a\U0001bca0b",
    "music": "a\U0001d173b",
}
BLANK = ["\n", "\r\n", "\t", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", "\u00a0", "\u3000", "\u3164", "\u2800"]
NOTHING = [
    "", " ", "\u3164", "\u115f\u1160", "\uffa0", "\u2800", "\u200d\u200c", "\u200e\u200f", "\ufe0f", "\u0301" * 9,
    "\u202e", "\ud800", "\0", "\U000e0041", "\u00ad", "\u034f", "\u2060", "\ufffc", "\u3164\u200d \u0301",
]  # fmt: skip


@pytest.mark.parametrize("text", SURVIVE)
def test_every_living_script_and_emoji_stays_as_it_was(text: str) -> None:
    assert unicodedata.normalize("NFC", text) == text
    assert clean(text) == text


@pytest.mark.parametrize("what", GONE)
def test_what_works_on_whoever_shows_it_goes(what: str) -> None:
    left = clean(GONE[what])
    assert left in {"ab", "a\U000e01efb", "a b"}, ascii(left)


@pytest.mark.parametrize("blank", BLANK, ids=ascii)
def test_whatever_parts_words_is_a_blank(blank: str) -> None:
    assert clean(f" a{blank}{blank} b{blank}") == "a b"


@pytest.mark.parametrize("text", NOTHING, ids=ascii)
def test_what_nobody_sees_is_nothing(text: str) -> None:
    assert clean(text) == ""
    with pytest.raises(PromptMissing):
        checked(VideoRequest(prompt=text))


def test_towers_of_accents_are_cut_down() -> None:
    tower = "Z" + "".join(chr(0x300 + n % 0x6F) for n in range(400)) + "algo"
    left = clean(tower)
    assert left[0] in "Zz" or unicodedata.normalize("NFD", left)[0] == "Z"
    assert left.endswith("algo")
    assert len(left) <= 5 + MARKS_MAX


def test_a_joiner_joins_nothing_at_an_end() -> None:
    assert clean("\u200da\u200d b\u200c") == "a b"
    assert clean("a\u200d\u200d\u200db") == "a\u200db"


def test_two_halves_that_make_a_character_are_one() -> None:
    assert clean("\ud83d\ude00") == "😀"


@pytest.mark.parametrize("length", range(1, 14))
def test_nothing_is_cut_through_its_middle(length: int) -> None:
    for text in ("ab👩🏽‍🚀👨‍👩‍👧‍👦cd ef", "ẹ̀ẹ̀ẹ̀ẹ̀ẹ̀ẹ̀ẹ̀ẹ̀", "कर्फ़ में कर्फ़"):
        cut = clean(text, length=length)
        assert len(cut) <= length
        assert not cut.removesuffix("…").endswith(("\u200d", " "))
        assert clean(cut) == cut


ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
ASTRONAUT = "\U0001f469\U0001f3fd\u200d\U0001f680"
CUT = [
    ("ab cd", {0: "", 1: "…", 2: "a…", 3: "ab…", 4: "ab…", 5: "ab cd"}),
    (f"é{ASTRONAUT}d", {1: "…", 2: "é…", 3: "é…", 4: "é…", 5: "é…", 6: f"é{ASTRONAUT}d"}),
    (f"a{ENGLAND}d", {2: "a…", 3: "a…", 8: "a…", 9: f"a{ENGLAND}d"}),
    ("aq\u0323\u0300xyz", {2: "a…", 3: "a…", 4: "a…", 5: "aq\u0323\u0300…", 6: "aq\u0323\u0300x…"}),
    ("é\u200e cde", {2: "é…", 3: "é…", 4: "é…", 5: "é\u200e c…"}),
    ("\U0001f3fa\U0001f3fa\U0001f400\U0001f400", {2: "\U0001f3fa…", 3: "\U0001f3fa\U0001f3fa…"}),  # a vase, a rat
    ("a\U0001f3fbcd", {2: "…", 3: "a\U0001f3fb…"}),
    ("a\U0001f3ffcd", {2: "…", 3: "a\U0001f3ff…"}),
]
"""Texts, and what is left of them at each length."""


@pytest.mark.parametrize(("text", "left"), CUT, ids=[ascii(text) for text, _ in CUT])
def test_a_cut_leaves_whole_characters_and_an_ellipsis(text: str, left: dict[int, str]) -> None:
    assert {length: clean(text, length=length) for length in left} == left


KEPT = [
    *(("a\ufdcfb", "a\ufdcfb"), ("a\ufdd0b", "ab"), ("a\ufdefb", "ab"), ("a\ufdf0b", "a\ufdf0b")),
    *(("a\uffefb", "a\uffefb"), ("a\ufff0b", "ab"), ("a\ufff8b", "ab"), ("a\ufffdb", "a\ufffdb"), ("a\ufffeb", "ab")),
    *(("a\U0001fffdb", "a\U0001fffdb"), ("a\U0001fffeb", "ab"), ("a\U0001ffffb", "ab")),
    *(
        ("a\U000dfffdb", "a\U000dfffdb"),
        ("a\U000e0000b", "ab"),
        ("a\U000e0fffb", "ab"),
        ("a\U000e1000b", "a\U000e1000b"),
    ),
    *((f"a{each}{each}b", f"a{each}b") for each in ("\ufe00", "\ufe0f", "\U000e0100", "\U000e01ef")),
    *(("a \u200db", "a b"), ("a \u0301b", "a b"), ("a\u200e\u200db", "a\u200eb"), ("a\u200e\u0301b", "a\u200eb")),
    *(("a\u200d\ufe0fb", "a\u200db"), ("é\u200db", "é\u200db"), ("a\u200d\u200eb", "a\u200db")),
    *(("xq\u0301\u0302\u0303\u0304\u0306", "xq\u0301\u0302\u0303\u0304"), (f"{ENGLAND} fox", f"{ENGLAND} fox")),
    (f"{ENGLAND}q\u0301\u0302\u0303\u0304\u0306", f"{ENGLAND}q\u0301\u0302\u0303\u0304"),
    (f"q\u0301\u0302{ENGLAND}\u0301\u0302\u0303\u0304\u0306", f"q\u0301\u0302{ENGLAND}\u0301\u0302\u0303\u0304"),
    ("q\u0301\u0302\u0303\u0304 q\u0301\u0302\u0303\u0304", "q\u0301\u0302\u0303\u0304 q\u0301\u0302\u0303\u0304"),
    *(
        ("a\u0600b", "a\u0600b"),
        (f"a{ENGLAND[:-1]}b", f"a{ENGLAND[0]}b"),
        (f"a{ENGLAND[:2]}{ENGLAND[-1]}b", f"a{ENGLAND[0]}b"),
    ),
]
"""Edges of what goes: what is given, and what is left."""


@pytest.mark.parametrize(("given_text", "left"), KEPT, ids=ascii)
def test_what_stays_and_what_goes_at_each_edge(given_text: str, left: str) -> None:
    assert clean(given_text) == left


SHOWN = {
    "\0": r"\x00", "\x7f": r"\x7f", "\x9b": r"\x9b", "\xad": r"\xad", "\u202e": r"\u202e", "\uffff": r"\uffff",
    "\U0001ffff": r"\U0001ffff", "\U0010ffff": r"\U0010ffff", "a\n\tb\r": "a\n\tb" r"\r", "fóx": "fóx",
}  # fmt: skip


@pytest.mark.parametrize("text", SHOWN, ids=ascii)
def test_an_operator_reads_an_escape_where_nothing_can_be_seen(text: str) -> None:
    assert visible(text) == SHOWN[text]


CHARACTERS = st.one_of(
    st.characters(),
    st.characters(categories=["Cs"]),
    st.characters(categories=["Mn", "Me", "Mc", "Cf", "Zs", "Zl", "Zp", "Cc"]),
    st.sampled_from(
        "ab \u200d\u200c\u3164\ufe0f\U000e0061\U000e007f\U0001f3f4\u0301\u202e\U0001f3fd\ud800\udc00\u1100\u1161"
    ),
)
TEXTS = st.lists(CHARACTERS, max_size=60).map("".join)


@given(TEXTS, st.none() | st.integers(0, 40))
def test_cleaned_text_can_go_anywhere(text: str, length: int | None) -> None:
    left = clean(text, length=length)
    left.encode()
    assert "\0" not in left
    assert len(left.splitlines()) <= 1
    assert left == left.strip()
    assert length is None or len(left) <= length
    assert not any(unicodedata.category(each) in {"Cc", "Cs", "Zl", "Zp"} for each in left)
    assert not any("\u202a" <= each <= "\u202e" or "\u2066" <= each <= "\u2069" for each in left)
    assert clean(left) == left


@given(TEXTS)
def test_what_is_shown_to_an_operator_moves_no_cursor(text: str) -> None:
    shown = visible(text)
    shown.encode()
    assert all(each.isprintable() or each in "\n\t" for each in shown)


def test_a_flood_is_cut_before_it_costs_anything() -> None:
    assert len(clean("a" * 5_000_000)) == TEXT_MAX


@given(TEXTS)
def test_nothing_that_a_person_types_is_more_than_a_refusal(text: str) -> None:
    try:
        request = checked(VideoRequest(prompt=text, negative=text))
    except PromptMissing:
        return
    (request.prompt + request.negative).encode()
    assert "\0" not in request.prompt + request.negative
