"""Where a word may begin, where a quote closes, how far a value reaches, and what around it goes with it."""

import pytest

from core.domain.requests.option_places import PlacedText, Value, around, closing, next_head, value_at
from core.domain.requests.options import Option

T, S, N = Option.TIER, Option.SECONDS, Option.NEGATIVE


def at(marked: str) -> tuple[PlacedText, int]:
    """The text without its ¦, and the place of that."""
    return PlacedText(marked.replace("¦", "")), marked.index("¦")


@pytest.mark.parametrize(
    "marked",
    ["¦tier", "a ¦tier", "a,¦tier", ";¦tier", '"¦tier', "'¦tier", "(¦tier", "[¦tier", "{¦tier", "<¦tier", ">¦tier",
     "|¦tier",
     "!¦tier", "?¦tier", "*¦tier", "~¦tier", "`¦tier", "&¦tier", "+¦tier", "•¦tier", "·¦tier", "…¦tier", "“¦tier",
     "🦊¦tier",
     "狐¦tier", "_¦tier", " _¦tier", "__¦tier", "—¦tier", "–¦tier", "a fox.¦tier", "a。¦tier", "❄️¦tier", "1,¦tier"],
)  # fmt: skip
def test_a_word_may_begin_here(marked: str) -> None:
    text, place = at(marked)
    assert text.begins_word(place)


@pytest.mark.parametrize(
    "marked",
    ["a¦tier", "1¦tier", "a_¦tier", "é¦tier", "д¦tier", "top-¦tier", "top‐¦tier", "top－¦tier", "a:¦tier", "a/¦tier",
     "a=¦tier",
     "a@¦tier", "1.¦tier", ".¦tier", "..¦tier", "a.b.¦tier", "https://a.example/¦tier", "https://a.example,¦tier",
     "www.a.example,¦tier", "x https://¦tier"],
)  # fmt: skip
def test_no_word_begins_here(marked: str) -> None:
    text, place = at(marked)
    assert not text.begins_word(place)


def test_an_address_reaches_to_the_next_blank() -> None:
    for marked, inside in (
        ("see https://a.example/¦x y", True), ("see https://a.example/x ¦y", False), ("www.a¦", True),
        ("a www.¦b", True),
        ("a www.b ¦c", False), ("awww.¦b", False), ("¦www.", True), ("https:/¦/", False), ("a://¦b", True),
    ):  # fmt: skip
        text, place = at(marked)
        assert text.is_in_address(place) is inside, marked


def test_what_is_settled_is_so_to_the_letter() -> None:
    text = PlacedText("a FOX, a fox", frozenset({"fox", ""}))
    places = [(0, 2), (0, 3), (2, 3), (4, 5), (5, 6), (5, 9), (8, 9), (8, 10), (11, 12), (12, 13)]
    assert [text.is_settled(*place) for place in places] == [
        False, True, True, True, False, False, False, True, True, False,
    ]  # fmt: skip
    assert not PlacedText("a fox").is_settled(0, 5)


@pytest.mark.parametrize(
    ("marked", "option", "value"),
    [
        ("tier:¦pro, x", T, Value(5, 8, "pro")), ('tier:¦"pro" x', T, Value(6, 9, "pro", is_quoted=True)),
        ("tier:¦“Pro” x", T, Value(6, 9, "pro", is_quoted=True)),
        ("tier:¦'pro' x", T, Value(6, 9, "pro", is_quoted=True)),
        ('tier:¦"pro x', T, Value(6, 9, "pro")), ("tier:¦**pro** x", T, Value(7, 10, "pro")),
        ("tier:¦(mega) x", T, Value(6, 11, "mega")),
        ("tier:¦mega, x", T, Value(5, 9, "mega")), ("tier:¦", T, Value(5, 5, "")), ("tier:¦, x", T, Value(5, 5, "")),
        ("seconds:¦8 s x", S, Value(8, 11, "8 s")), ("seconds:¦5,5 x", S, Value(8, 11, "5,5")),
        ("seconds:¦{8}", S, Value(9, 10, "8")),
        ("negative:¦text, x", N, Value(9, 13, "text")),
        ('negative:¦"text, x"', N, Value(10, 17, "text, x", is_quoted=True)),
    ],
)  # fmt: skip
def test_how_far_a_value_reaches(marked: str, option: Option, value: Value) -> None:
    text, place = at(marked)
    assert value_at(text, place, option) == value


@pytest.mark.parametrize(
    ("text", "start", "quote", "end"),
    [
        ('a" b', 0, '"', 1), ('a b"', 0, '"', 3), ("a b", 0, '"', None), ("don't' x", 0, "'", 5),
        ("don't", 0, "'", None),
        ("it's 'x", 0, "'", None), ("'' x", 0, "'", 0), ("a` b", 0, "`", 1), ("don't\" x", 0, '"', 5),
        ("'_", 0, "'", None),
    ],
)  # fmt: skip
def test_where_a_quote_closes(text: str, start: int, quote: str, end: int | None) -> None:
    assert closing(PlacedText(text), start, quote) == end


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a [tier:pro] b", "[tier:pro]"), ("a (tier:pro) b", "(tier:pro)"), ("a {tier:pro} b", "{tier:pro}"),
        ("a <tier:pro> b", "<tier:pro>"), ("a **tier:pro** b", "**tier:pro**"), ("a __tier:pro__ b", "__tier:pro__"),
        ("a ~tier:pro~ b", "~tier:pro~"), ("a `tier:pro` b", "`tier:pro`"), ('a "tier:pro" b', '"tier:pro"'),
        ("a 'tier:pro' b", "'tier:pro'"), ("a tier:pro, b", "tier:pro,"), ("a tier:pro. b", "tier:pro."),
        ("a tier:pro.", "tier:pro."),
        ("a tier:pro?!; b", "tier:pro?!;"), ("a tier:pro,b", "tier:pro,"), ("a tier:pro.b", "tier:pro"),
        ("a tier:pro) b", "tier:pro"),
        ("a (tier:pro b", "tier:pro"), ('a tier:pro" b', 'tier:pro"'), ('"a tier:pro" b', "tier:pro"),
        ("a tier:pro** b", "tier:pro**"),
        ("a tier:pro_ b", "tier:pro"), ("a tier:pro's b", "tier:pro"), ("a tier:pro' b", "tier:pro'"),
        ('a "tier:pro b', '"tier:pro'),
        ("a [(tier:pro)] b", "[(tier:pro)]"), ("tier:pro", "tier:pro"),
        ("tier:pro) b (", "tier:pro"), ("a tier:prox b", "tier:pro"),
    ],
)  # fmt: skip
def test_what_stands_around_an_option_goes_with_it(text: str, words: str) -> None:
    start = text.index("tier:pro")
    found = around(PlacedText(text), start, Value(start + 5, start + 8, "pro"))
    assert text[slice(*found)] == words


@pytest.mark.parametrize(
    ("marked", "behind"),
    [
        ("¦a fox tier:pro", "tier:pro"), ("¦a fox, --no x", "--no x"), ("¦a fox", ""),
        ("¦a tier of a castle seed:7", "seed:7"),
        ("tier:pro¦ seed:7", "seed:7"), ("¦a frontier:pro x", ""), ("¦a /tier pro", "/tier pro"),
    ],
)  # fmt: skip
def test_where_the_next_option_begins(marked: str, behind: str) -> None:
    text, place = at(marked)
    assert text.typed[next_head(text, place) :] == behind
