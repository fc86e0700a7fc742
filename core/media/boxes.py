"""Reads the outer structure of a video file without a decoder: its kind, and whether it is complete."""

import os
from dataclasses import dataclass
from pathlib import Path

BOXES_MAX = 10_000
MOOV_MAX = 16 << 20
"""Bytes of the table of contents at most. Five minutes need less than one MiB; a decoder uses a multiple of it."""
_FIRST = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp"})
_MATROSKA = b"\x1a\x45\xdf\xa3"
_SEGMENT = b"\x18\x53\x80\x67"
_HEAD = 4096


class NotAVideo(Exception):
    """The file is no video that can be played."""


class Cut(NotAVideo):
    """The file begins like a video, and a part of it is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`container` is "mp4", "mov" or "matroska"; `starts_fast`: the table of contents comes before the pictures."""

    container: str
    starts_fast: bool


def shape(path: Path) -> Shape:
    """The outer structure of the file.

    Raises:
        Cut: a part of it is missing.
        NotAVideo: its kind is not accepted: a list of other files, a picture, a web page.
    """
    with path.open("rb") as file:
        head = file.read(12)
        size = os.fstat(file.fileno()).st_size
        if head.startswith(_MATROSKA):
            file.seek(0)
            if (missing := _matroska_end(file.read(_HEAD)) - size) > 0:
                raise Cut(f"{missing} bytes are missing")
            return Shape(container="matroska", starts_fast=True)
        if len(head) < 8 or head[4:8] not in _FIRST:
            raise NotAVideo("it is no MP4, MOV or WebM")
        order: list[bytes] = []
        at = 0
        brand = head[8:12] if head[4:8] == b"ftyp" else b"qt  "
        while at < size and len(order) < BOXES_MAX:
            file.seek(at)
            kind, length = _box(file.read(16), rest=size - at)
            if kind == b"moov" and length > MOOV_MAX:
                raise NotAVideo("its table of contents is too large")
            if at + length > size:
                raise Cut(f"{at + length - size} bytes are missing")
            order.append(kind)
            at += length
    if b"moov" not in order:
        raise Cut("no table of contents")
    fast = b"mdat" not in order or order.index(b"moov") < order.index(b"mdat")
    return Shape(container="mov" if brand == b"qt  " else "mp4", starts_fast=fast and b"moof" not in order)


def _box(head: bytes, *, rest: int) -> tuple[bytes, int]:
    """A box's kind, and its length with its head; None at bytes after the last box that are no box."""
    length, kind = int.from_bytes(head[:4], "big"), head[4:8]
    if length == 1:
        length = int.from_bytes(head[8:16], "big")
    if length == 0 or len(head) < 8:
        return kind, rest
    if length < 8:
        raise NotAVideo("its boxes make no sense")
    return kind, length


def _matroska_end(head: bytes) -> int:
    """The end of the only segment of a Matroska file, as its header says; 0 where it does not tell."""
    length, width = _vint(head[4:12])
    at = 4 + width + length
    while at < len(head) and head[at : at + 4] != _SEGMENT:
        if head[at] != _VOID:
            return 0
        length, width = _vint(head[at + 1 : at + 9])
        at += 1 + width + length
    length, width = _vint(head[at + 4 : at + 12])
    return at + 4 + width + length if width and length != (1 << 7 * width) - 1 else 0


_VOID = 0xEC


def _vint(data: bytes) -> tuple[int, int]:
    """A number as Matroska writes it, and the bytes that it takes."""
    if not data or not data[0]:
        return 0, 0
    width = 9 - data[0].bit_length()
    return int.from_bytes(data[:width], "big") & ((1 << 7 * width) - 1), width
