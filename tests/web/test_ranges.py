"""Parts of files, as RFC 9110 has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.ranges import Part, Whole, wanted

ETAG = '"abc"'


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-99", Part(0, 100)),
        ("bytes=0-", Part(0, 1000)),
        ("bytes=999-", Part(999, 1000)),
        ("bytes=-1", Part(999, 1000)),
        ("bytes=-5000", Part(0, 1000)),
        ("bytes=500-5000", Part(500, 1000)),
        ("Bytes=0-0", Part(0, 1)),
        ("bytes=1000-", Whole.OUT_OF_RANGE),
        ("bytes=-0", Whole.OUT_OF_RANGE),
        ("bytes=5-4", Whole.FILE),
        ("bytes=0-1,5-6", Whole.FILE),
        ("bytes=", Whole.FILE),
        ("bytes=-", Whole.FILE),
        ("lines=0-1", Whole.FILE),
        ("bytes=٠-١", Whole.FILE),
        ("", Whole.FILE),
    ],
)
def test_a_range_is_read(asked: str, part: Part | Whole) -> None:
    assert wanted({"range": asked}, size=1000, etag=ETAG) == part


def test_a_range_of_another_version_gets_the_whole_file() -> None:
    assert wanted({"range": "bytes=0-9", "if-range": ETAG}, size=1000, etag=ETAG) == Part(0, 10)
    assert wanted({"range": "bytes=0-9", "if-range": '"old"'}, size=1000, etag=ETAG) is Whole.FILE
    assert wanted({"range": "bytes=0-9", "if-range": "Sun, 22 Nov 2026"}, size=1000, etag=ETAG) is Whole.FILE


@pytest.mark.parametrize("condition", ['"abc"', 'W/"abc"', '"x", "abc"', "*"])
def test_what_is_there_already_is_not_sent(condition: str) -> None:
    assert wanted({"if-none-match": condition, "range": "bytes=0-"}, size=1000, etag=ETAG) is Whole.NOT_CHANGED


@given(asked=st.one_of(st.text(), st.from_regex(r"bytes=\d{0,30}-\d{0,30}", fullmatch=True)), size=st.integers(0, 2000))
def test_a_part_is_never_empty_and_never_outside(asked: str, size: int) -> None:
    match wanted({"range": asked}, size=size, etag=ETAG):
        case Part(start, end):
            assert 0 <= start < end <= size
