"""Cleans what people give us: words stay as they were meant, and nothing in them works on whoever shows them. Pure.

Text of strangers ends in a database, in the name of a thread, in a log and on an operator's terminal. Each of these has
characters that do more than say something: half characters that cannot be stored, controls that a terminal obeys, marks
that turn the order of everything behind them, letters that cannot be seen, towers of accents. They go; emoji, flags and
every living script stay.
"""

import re
import unicodedata

TEXT_MAX = 20_000
"""Characters that are looked at; what is longer is cut there before anything else happens to it."""
NAME_MAX = 80
"""Of a person or a file."""
NOTE_MAX = 200
"""Of a note beside an entry in the ledger."""
MARKS_MAX = 4
"""On one letter. Devanagari, Thai, Vietnamese and pointed Hebrew need up to three or four."""

_ZWNJ, _ZWJ = "\u200c", "\u200d"
_JOINERS = frozenset({_ZWNJ, _ZWJ})
_DIRECTIONS = frozenset({"\u200e", "\u200f", "\u061c"})
"""Left-to-right and right-to-left marks: they turn nothing but the blank or the stop beside them."""
_NUMBER_SIGNS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
"""Signs of Arabic and its neighbours that have a shape, though they are filed under formats."""
_BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800\ufffc\U0001d159")
"""Letters, by their class, that nobody sees."""
_UNSEEN_MARKS = frozenset("\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f")
_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Chooses between the shapes of the character before it."""
_SKIN_OR_TAG = re.compile("[\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,6}\U000e007f")
"""England, Scotland, Wales: a black flag, and letters that are only tags."""


def clean(text: str, *, length: int | None = None) -> str:
    """The text on one line, without what cannot be seen or stored, at most `length` characters long.

    What comes out is the same again when it goes in.
    """
    if text.isascii() and text.isprintable():  # most of what people write: nothing in it but blanks can be wrong
        plain = " ".join(text[:TEXT_MAX].split())
        return plain if length is None or len(plain) <= length else _cut(plain, length)
    kept: list[str] = []
    marks = 0
    text = unicodedata.normalize("NFC", _encodable(text[:TEXT_MAX]))
    at = 0
    while at < len(text):
        if flag := _FLAG.match(text, at):
            kept.append(flag[0])
            at, marks = flag.end(), 0
            continue
        character, at = text[at], at + 1
        kind = unicodedata.category(character)
        if kind in {"Zs", "Zl", "Zp"} or character in _BLANKS or character in "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85":
            kept.append(" ")
            marks = 0
        elif kind[0] == "M":
            if _takes_mark(kept, character, marks):
                kept.append(character)
                marks += 1
        elif character in _JOINERS or character in _DIRECTIONS:
            if kept and kept[-1] != " " and kept[-1] not in _JOINERS | _DIRECTIONS:
                kept.append(character)
        elif character in _NUMBER_SIGNS or (kind not in {"Cc", "Cf", "Cs"} and not _is_noncharacter(character)):
            kept.append(character)
            marks = 0
    return _tidy(unicodedata.normalize("NFC", "".join(kept)), length)


def visible(text: str) -> str:
    """Every character of a text that does more than show itself, as an escape: for a log and a terminal."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each in "\n\t" else _escape(each) for each in text)


def _encodable(text: str) -> str:
    """Without halves of characters. Two halves that make one are what they make."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def _takes_mark(kept: list[str], mark: str, marks: int) -> bool:
    """Whether a mark may stand here: on something, once where it selects a shape, and on no tower of others."""
    if not kept or kept[-1] == " " or kept[-1] in _DIRECTIONS or mark in _UNSEEN_MARKS:
        return False
    if _is_selector(mark):
        return not _is_selector(kept[-1]) and kept[-1] not in _JOINERS
    return marks < MARKS_MAX


def _is_selector(character: str) -> bool:
    return _SELECTOR.match(character) is not None


def _is_noncharacter(character: str) -> bool:
    code = ord(character)
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF or 0xFFF0 <= code <= 0xFFF8 or 0xE0000 <= code <= 0xE0FFF


_BEFORE_BLANK = re.compile(f"[{_ZWNJ}{_ZWJ}]+(?=[ {''.join(_DIRECTIONS)}]|$)")


def _tidy(text: str, length: int | None) -> str:
    text = re.sub(" {2,}", " ", _BEFORE_BLANK.sub("", text)).strip(" ")
    return text if length is None or len(text) <= length else _cut(text, length)


def _cut(text: str, length: int) -> str:
    """The beginning, with an ellipsis, and not through the middle of what is one character to people."""
    end = max(0, length - 1)
    while end and (_hangs(text[end]) or text[end - 1] == _ZWJ):
        end -= 1
    return text[:end].rstrip(" " + "".join(_JOINERS | _DIRECTIONS)) + "…"[:length]


def _hangs(character: str) -> bool:
    """Whether it belongs to what is before it."""
    return (
        character in _JOINERS or unicodedata.category(character)[0] == "M" or _SKIN_OR_TAG.match(character) is not None
    )


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
