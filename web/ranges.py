"""The part of a file that a request wants, by Range, If-Range and If-None-Match of RFC 9110. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

_RANGE = re.compile(r"bytes=\s*(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))\s*", re.ASCII | re.IGNORECASE)


class Whole(Enum):
    """Answers that send no part of a file."""

    FILE = "file"
    NOT_CHANGED = "not changed"
    OUT_OF_RANGE = "out of range"


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes from `start` up to but without `end`."""

    start: int
    end: int


def wanted(headers: Mapping[str, str], *, size: int, etag: str) -> Part | Whole:
    """The part to send. A malformed range, or one of many parts, is ignored, which RFC 9110 allows.

    Args:
        size: bytes of the file.
        etag: the file's ETag with its quotation marks.
    """
    if _names(headers.get("if-none-match", ""), etag):
        return Whole.NOT_CHANGED
    match = _RANGE.fullmatch(headers.get("range", ""))
    if match is None or headers.get("if-range", etag) != etag:
        return Whole.FILE
    first, last, suffix = match.groups()
    if suffix is not None:
        length = min(int(suffix), size)
        return Part(size - length, size) if length else Whole.OUT_OF_RANGE
    start = int(first)
    end = min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return Whole.FILE
    return Part(start, end) if start < size else Whole.OUT_OF_RANGE


def _names(condition: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in condition.split(",")]
    return etag in tags or tags == ["*"]
