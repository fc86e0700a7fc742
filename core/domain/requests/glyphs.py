"""Spells what people type with the plain characters of a keyboard, one for one, so that places in a text stay the same.

Phones and keyboards write other dashes, quotes, colons and digits than a command expects. `plain` is for finding
things; what was found is then taken from the text itself.
"""

import re
import unicodedata
from functools import lru_cache

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u207b\u208b\u2e3a\u2e3b\ufe31\ufe32\ufe58\ufe63\uff0d"
_DOUBLE_QUOTES = "“”„‟«»″‶〝〞〟＂「」『』｢｣❝❞《》〈〉"
_SINGLE_QUOTES = "‘’‚‛‹›′‵´＇❛❜"
_COLONS = "：﹕︰∶꞉ː׃։"
_EQUALS = "＝﹦₌"
_COMMAS = "，、﹐︐؛；،"
_STOPS = "。．｡"
_TIMES = "×✕✖⨯✗⨉"
_SLASHES = "⁄∕／"

_PLAIN = {
    **dict.fromkeys(_DASHES, "-"),
    **dict.fromkeys(_DOUBLE_QUOTES, '"'),
    **dict.fromkeys(_SINGLE_QUOTES, "'"),
    **dict.fromkeys(_COLONS, ":"),
    **dict.fromkeys(_EQUALS, "="),
    **dict.fromkeys(_COMMAS, ","),
    **dict.fromkeys(_STOPS, "."),
    **dict.fromkeys(_TIMES, "x"),
    **dict.fromkeys(_SLASHES, "/"),
}
# Nobody sees these, and half a character (a lone surrogate) cannot be written down. The joiners of emojis (U+200D) and
# of Indic scripts (U+200C) are a part of what is shown.
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ud800-\udfff\ufeff]"
)

_ASCII_BLANK = re.compile(r"\s")


def seen(text: str) -> str:
    """The text without characters that nobody sees."""
    return _UNSEEN.sub("", text)


def plain(text: str) -> str:
    """The text in lower case and plain characters, exactly as long as before."""
    if text.isascii():
        return _ASCII_BLANK.sub(" ", text.lower())
    return "".join(map(_plain, text))


@lru_cache(maxsize=8192)
def _plain(character: str) -> str:
    if character in _PLAIN:
        return _PLAIN[character]
    if character.isspace():
        return " "
    if character.isascii():
        return character.lower()
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.digit(character))
    same = unicodedata.normalize("NFKC", character)
    if len(same) == 1 and same.isascii() and (same.isalpha() or "！" <= character <= "～"):
        return same.lower()
    low = character.lower()
    return low if len(low) == 1 else character


def is_emoji(character: str) -> bool:
    """Whether it is an emoji, or what an emoji ends with: a word begins behind it."""
    return character in "\ufe0f\u20e3" or unicodedata.category(character) in {"So", "Sk"}


def is_word(character: str) -> bool:
    """Whether a name that stands beside this character is a part of a longer word.

    Scripts that are written without blanks begin a new word with every Latin letter.
    """
    if not (character.isalnum() or character == "_"):
        return False
    return ord(character) < 0x0E00 or character.isdecimal()
