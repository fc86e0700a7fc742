"""Taking a video out of a JSON stream, however the stream is cut."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.providers.inline import Garbled, Sieve


def fed(text: bytes, cuts: list[int], *, document_max: int = 10_000) -> tuple[bytes, bytes]:
    sieve, video, at = Sieve(document_max=document_max), b"", 0
    for cut in [*sorted(cut % (len(text) + 1) for cut in cuts), len(text)]:
        video += sieve.feed(text[at:cut])
        at = cut
    sieve.close()
    return video, bytes(sieve.document)


@given(
    video=st.binary(max_size=300),
    cuts=st.lists(st.integers(0, 2000), max_size=12),
    spaces=st.sampled_from(["", " ", "\n  "]),
)
def test_the_video_comes_out_whole_and_the_rest_stays_json(video: bytes, cuts: list[int], spaces: str) -> None:
    encoded = base64.b64encode(video).decode()
    text = f'{{"a": "x\\"y", "bytesBase64Encoded"{spaces}:{spaces}"{encoded}", "mimeType": "video/mp4"}}'.encode()
    out, document = fed(text, cuts)
    assert out == video
    assert json.loads(document) == {"a": 'x"y', "bytesBase64Encoded": "", "mimeType": "video/mp4"}


@given(cuts=st.lists(st.integers(0, 2000), max_size=12))
def test_only_the_first_of_several_videos_is_taken(cuts: list[int]) -> None:
    videos = [{"bytesBase64Encoded": base64.b64encode(name * 9).decode()} for name in (b"one", b"two")]
    out, document = fed(json.dumps({"videos": videos}).encode(), cuts)
    assert out == b"one" * 9
    assert json.loads(document) == {"videos": [{"bytesBase64Encoded": ""}] * 2}


@given(cuts=st.lists(st.integers(0, 200), max_size=12))
def test_padding_and_slashes_may_be_escaped(cuts: list[int]) -> None:
    encoded = base64.b64encode(b"\xff\xff\xff\xfe?").decode().replace("=", "\\u003d").replace("/", "\\/")
    assert "\\u003d" in encoded
    assert "\\/" in encoded
    out, _ = fed(f'{{"bytesBase64Encoded":"{encoded}"}}'.encode(), cuts)
    assert out == b"\xff\xff\xff\xfe?"


ANYTHING = st.recursive(st.none() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=3), max_leaves=6)


@given(document=ANYTHING, cuts=st.lists(st.integers(0, 500), max_size=5))
def test_a_document_without_a_video_passes_unchanged(document: object, cuts: list[int]) -> None:
    text = json.dumps(document).encode()
    assert fed(text, cuts) == (b"", text)


@pytest.mark.parametrize(
    "text",
    [
        b'{"bytesBase64Encoded": "AAA',
        b'{"bytesBase64Encoded": "A!A="}',
        b'{"bytesBase64Encoded": "AAAAA"}',
        b"x" * 10_001,
    ],
)
def test_what_is_no_such_answer_is_garbled(text: bytes) -> None:
    with pytest.raises(Garbled):
        fed(text, [])


@pytest.mark.parametrize("value", ["null", "7", "{}", " " * 100 + '"AAAA"'])
def test_a_value_that_is_no_string_is_left_alone(value: str) -> None:
    text = f'{{"bytesBase64Encoded":{value}}}'.encode()
    assert fed(text, []) == (b"", text)


@given(text=st.binary(max_size=200), cuts=st.lists(st.integers(0, 300), max_size=6))
def test_noise_is_passed_on_or_garbled(text: bytes, cuts: list[int]) -> None:
    try:
        video, document = fed(text, cuts)
    except Garbled:
        return
    assert len(document) + len(video) <= len(text)


def test_a_document_may_be_just_as_large_as_is_allowed() -> None:
    document = b"x" * 10_000
    assert fed(document, []) == (b"", document)
    whole = b'{"a": "' + b"x" * 70 + b'", "bytesBase64Encoded": "AAAA"}'
    assert fed(whole, [], document_max=len(whole) - 4) == (b"\0\0\0", whole.replace(b"AAAA", b""))
    with pytest.raises(Garbled, match=f"more than {len(whole) - 5} bytes"):
        fed(whole, [], document_max=len(whole) - 5)


@pytest.mark.parametrize(("blanks", "video"), [(0, b"\0\0\0"), (62, b"\0\0\0"), (63, b""), (64, b"")])
def test_more_than_64_blanks_before_a_value_are_none_that_a_vendor_sends(blanks: int, video: bytes) -> None:
    text = b'{"bytesBase64Encoded":' + b" " * blanks + b'"AAAA"}'
    for cuts in ([], list(range(len(text)))):
        out, document = fed(text, cuts)
        assert (out, document) == (video, text.replace(b"AAAA", b"") if video else text)


def test_blanks_without_end_are_not_held_back() -> None:
    text = b'{"bytesBase64Encoded":' + b" " * 100
    sieve = Sieve(document_max=1000)
    assert sieve.feed(text) == b""
    assert bytes(sieve.document) == text


def test_a_video_comes_out_whole_wherever_its_escapes_are_cut() -> None:
    text = rb'{"bytesBase64Encoded":"\/\/\/\/\/g\u003d\u003d"}'
    for first in range(22, len(text)):
        for second in range(first, len(text)):
            assert fed(text, [first, second]) == (b"\xff\xff\xff\xfe", b'{"bytesBase64Encoded":""}')


def test_a_key_that_is_cut_anywhere_is_held_back_until_it_is_whole() -> None:
    sieve = Sieve(document_max=100)
    assert sieve.feed(b'{"x": 1, "bytesBase64Encode') == b""
    assert bytes(sieve.document) == b'{"x": 1, '
    assert sieve.feed(b'd": "AAAA') == b"\0\0\0"
    assert bytes(sieve.document) == b'{"x": 1, "bytesBase64Encoded": "'
    assert sieve.feed(b"AAA") == b""
    assert sieve.feed(b'A", "bytes') == b"\0\0\0"
    sieve.close()
    assert bytes(sieve.document) == b'{"x": 1, "bytesBase64Encoded": "", "bytes'
