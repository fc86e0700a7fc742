"""Values as vendors send them: every shape that is read, what is absent, and how deep is searched."""

import json
import math

import pytest

from core.http.loose import address, an_object, elements, flag, number, parsed, printable, shape, text, texts

Nested = object
URL = "https://cdn.example/a.mp4"


def within(value: Nested, levels: int, name: str = "") -> Nested:
    """The value in so many lists, or so many objects under this name."""
    for _ in range(levels):
        value = {name: value} if name else [value]
    return value


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("", ""), ("  a b ", "a b"), ("a\r\n\tb", "a b"), ("a\x00\x1f\x7fb", "a b"), ("a\x20b", "a b"),
        ("\x1e\x80", "\x80"),
        ("a\ud800b", "a?b"), ("\nEnde\n", "Ende"), ("ü 狐", "ü 狐"),
    ],
)  # fmt: skip
def test_words_are_on_one_line(words: str, line: str) -> None:
    assert printable(words) == line


LONG = "[" + " " * (1024 * 1024 - 2) + "]"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('{"a": 1}', {"a": 1}), ("[1, 2]", [1, 2]), ('  {"a": 1}', {"a": 1}), ("7", "7"), ('"a"', '"a"'), ("", ""),
        ("{a", "{a"), ("[", "["), ("true", "true"), (7, 7), (None, None), ({"a": "[1]"}, {"a": "[1]"}),
        (LONG, []), (LONG + " ", LONG + " "),
    ],
    ids=range(14),
)  # fmt: skip
def test_json_inside_a_text_is_read(value: object, found: object) -> None:
    assert parsed(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"a": 1}, {"a": 1}), ('{"a": 1}', {"a": 1}), ([{"a": 1}], {"a": 1}), (({"a": 1},), {"a": 1}),
        ([None, "x", {"a": 1}], {"a": 1}), (["x", '{"a": 1}', {"b": 2}], {"a": 1}), ([[{"a": 1}]], {"a": 1}),
        ('"{\\"a\\": 1}"', {}), ({}, {}), ([], {}), ([None], {}), (None, {}), (7, {}), ("words", {}), ("", {}),
        (["words"], {}), (within({"a": 1}, 7), {"a": 1}), (within({"a": 1}, 8), {}),
    ],
)  # fmt: skip
def test_an_object_is_found_in_what_holds_it(value: object, found: object) -> None:
    assert an_object(value) == found


def test_a_plain_text_may_stand_for_a_field() -> None:
    assert an_object("words", lone="message") == {"message": "words"}
    assert an_object([None, "words"], lone="message") == {"message": "words"}
    assert an_object("", lone="message") == {}
    assert an_object({"a": 1}, lone="message") == {"a": 1}
    assert an_object(7, lone="message") == {}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ([1, None, 2], [1, 2]), ((1, None), [1]), ([], []), ("[1, null, 2]", [1, 2]), ({"a": 1}, [{"a": 1}]),
        ({}, None),
        ("x", ["x"]), ("", None), (None, None), (7, None), ([[1, [2]], ["[3]", 4]], [1, 2, 3, 4]),
        (['{"a": 1}'], [{"a": 1}]),
        (["x", 0, False, ""], ["x", 0, False, ""]), (within(1, 9), [1]), (within(1, 10), []),
    ],
)  # fmt: skip
def test_the_elements_of_a_list_are_without_nulls(value: object, found: object) -> None:
    assert elements(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a\nb", "a b"), ("", ""), (7, "7"), (-7, "-7"), (True, ""), (False, ""), (None, ""),
        (10**30 - 1, "9" * 30), (10**30, ""), (-(10**30), ""), (7.0, "7"), (7.5, ""), (math.inf, ""), (math.nan, ""),
        (float(2**53), ""), (float(2**53 - 1), "9007199254740991"), (-float(2**53), ""),
        (["", None, "a", "b"], "a"), ((None, "a"), "a"), ([], ""), ({}, ""), ({"other": "a"}, ""),
        ({"code": 7, "message": "words"}, "words"), ({"message": "", "code": 7}, "7"),
        ({"message": {"text": "a"}}, "a"),
        (within("a", 8), "a"), (within("a", 9), ""), ([within("a", 8), "b"], "b"),
    ],
)  # fmt: skip
def test_a_text_is_found_in_what_holds_it(value: object, found: str) -> None:
    assert text(value) == found


def test_objects_are_searched_as_deep_as_lists() -> None:
    assert [text(within("a", levels, "message")) for levels in (8, 9)] == ["a", ""]
    assert [address(within(URL, levels, "video")) for levels in (8, 9)] == [URL, ""]
    assert [list(texts(within({"a": 1}, levels, "b"), "a")) for levels in (8, 9)] == [["1"], []]
    assert [an_object(within({"a": 1}, levels, "b")) for levels in (0, 1)] == [{"a": 1}, {"b": {"a": 1}}]


def test_an_object_speaks_by_its_most_telling_field() -> None:
    fields = "message msg detail text reason title value code status state name id url"
    names = fields.split()
    for place, field in enumerate(names):
        assert text({name: name for name in reversed(names[place:])}) == field


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (7, 7.0), (7.5, 7.5), ("7.5", 7.5), (" 7 ", 7.0), (0, 0.0), (-3, -3.0), (True, None), (False, None),
        (None, None),
        ("", None), ("x", None), ("nan", None), (math.inf, None), (-math.inf, None), ("1e999", None), (10**400, None),
        ([None, "7", 8], 7.0), ((7,), 7.0), ([], None), ({"value": 7}, 7.0), ({"amount": "7"}, 7.0),
        ({"other": 7}, None),
        ({"value": {"amount": [7]}}, 7.0), (b"7", None), (within(7, 8), 7.0), (within(7, 9), None),
    ],
)  # fmt: skip
def test_a_number_is_found_in_what_holds_it(value: object, found: float | None) -> None:
    assert number(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (True, True), (1, True), (1.0, True), ("true", True), ("YES ", True), ("1", True), ([None, True], True),
        ((1,), True),
        ({"value": "yes"}, True), ([{"value": [True]}], True), (within(True, 8), True),
        (False, False), (0, False), (2, False), (1.5, False), ("false", False), ("no", False), ("", False),
        ("2", False),
        (None, False), ([], False), ([None], False), ({}, False), ({"other": True}, False), ([0, 1], False),
        (within(True, 9), False),
    ],
)  # fmt: skip
def test_a_flag_is_yes_or_no(value: object, found: bool) -> None:  # noqa: FBT001 - a column of the table
    assert flag(value) is found


@pytest.mark.parametrize(
    "value",
    [
        URL, f" {URL}\n", [URL], (None, 7, URL), {"url": URL}, {"video": {"url": URL}}, json.dumps({"url": URL}),
        [[{"uri": URL}]],
        {"url": "words", "gcsUri": URL}, {"type": "video", "url": URL}, {"type": ["VIDEO/mp4"], "url": URL},
        [{"type": "image", "url": "https://cdn.example/a.png"}, {"type": "video", "url": URL}],
        {"cover": "https://cdn.example/a.png", "url": URL}, within(URL, 8),
    ],
    ids=range(14),
)  # fmt: skip
def test_the_address_of_a_video_is_found(value: object) -> None:
    assert address(value) == URL
    assert address(None, {"words": "none here"}, value, "https://cdn.example/b.mp4") == URL


@pytest.mark.parametrize(
    "value",
    [
        None, "", 7, "words", f"see {URL}", f"{URL} {URL}", "ftp://a.example/a.mp4", "https://ab",
        "https://a\x00b.example/",
        {"cover_url": URL}, {"image": URL}, {"thumbnail": URL}, {"last_frame_url": URL},
        {"type": "image", "url": URL},
        {"type": "image/png", "url": URL}, {"mime_type": "AUDIO/mp3", "url": URL},
        {"content_type": "text/plain", "url": URL},
        {"type": "thumbnail", "url": URL}, {"type": "cover", "url": URL}, {"type": "thought", "url": URL},
        {"type": "first_frame", "url": URL}, {"type": "last_frame", "url": URL}, {"type": "user_input", "url": URL},
        within(URL, 9), "https://" + "a" * 8001,
    ],
    ids=range(25),
)  # fmt: skip
def test_all_else_is_no_address_of_a_video(value: object) -> None:
    assert address(value) == ""


def test_how_an_address_may_begin_and_how_long_it_may_be() -> None:
    for found in ("http://abc", "HTTPS://abc", "gs://bucket/a", "https://" + "a" * 8000):
        assert address(found) == found
    assert address("https://abc") == "https://abc"


def test_of_several_fields_with_an_address_the_first_known_is_taken() -> None:
    fields = (
        "video_url videoUrl download_url url gcsUri gcs_uri uri href backup_download_url video videos file files output"
        " outputs output_video content result results generatedSamples generatedVideos generateVideoResponse steps"
        " response data value"
    )
    names = fields.split()
    for place, field in enumerate(names):
        assert address({name: f"https://a.example/{name}" for name in reversed(names[place:])}).endswith(f"/{field}")


def test_texts_of_fields_are_found_at_every_level() -> None:
    value = {
        "code": 1,
        "inner": [{"code": "2", "other": "no"}, {"deep": {"code": {"message": "3"}}}, json.dumps({"code": 4})],
        "empty": {"code": "", "b": {"code": 5}},
    }  # fmt: skip
    assert list(texts(value, "code")) == ["1", "2", "3", "4", "5"]
    assert list(texts({"a": {"b": "in"}, "c": "no"}, "a", "b")) == ["in"]
    assert list(texts({"a": "1", "b": "2", "c": "3"}, "a", "b")) == ["1", "2"]
    assert list(texts(within({"a": 1}, 8), "a")) == ["1"]
    assert list(texts(within({"a": 1}, 9), "a")) == []
    assert list(texts("words", "a")) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"), (b" \n", "empty"), (b"<html>", "html, 6 bytes"), (b" <html>", "html, 7 bytes"),
        (b"words", "no JSON, 5 bytes"), (b"null", "null"), (b"true", "bool"), (b"7", "number"), (b"7.5", "number"),
        (b'"a"', "text"), (b'""', "empty text"), (b"[]", "[0]"), (b'[1, 2, "a"]', "[3: number | text]"),
        (b'{"a": {"b": null}, "c d": 1}', "{a: {b: null}, ?: number}"), (b"{}", "{}"),
        (json.dumps({"x" * 40: 1, "y" * 41: 2}).encode(), "{" + "x" * 40 + ": number, ?: number}"),
        (b'{"a":' * 7 + b"1" + b"}" * 7, "{a: {a: {a: {a: {a: {a: object}}}}}}"),
        (b"[" * 7 + b"1" + b"]" * 7, "[1: [1: [1: [1: [1: [1: [1]]]]]]]"),
        (json.dumps([1] * 20 + ["a"]).encode(), "[21: number]"),
        (json.dumps([1] * 19 + ["a"]).encode(), "[20: number | text]"),
    ],
)  # fmt: skip
def test_the_shape_of_a_body_is_its_fields_and_kinds(body: bytes, said: str) -> None:
    assert shape(body) == said


def test_the_shape_of_a_large_body_is_cut() -> None:
    assert shape(json.dumps({f"f{n}": n for n in range(40)}).encode()).endswith("f39: number}")
    assert shape(json.dumps({f"f{n}": n for n in range(41)}).encode()).endswith("f39: number, …}")
    assert len(shape(json.dumps({f"f{n:035}": n for n in range(40)}).encode())) == 800
