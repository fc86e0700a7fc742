"""Finds the words of a list in a description: whole words, whatever their case, accents and width. Pure."""

import re
import unicodedata
from collections.abc import Iterable

WORDS_MAX = 500
WORD_MAX = 60

_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Scripts that put no blanks between words: there a word is found inside others."""
_UNDECOMPOSED = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "ŧ": "t"})


def folded(text: str) -> str:
    """The words of a text as they are compared, with one blank between them."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_UNDECOMPOSED)
    bare = "".join(each for each in plain if unicodedata.category(each) not in {"Mn", "Cf", "Me"})
    return " ".join(_WORD.findall(bare))


def first_found(text: str, words: Iterable[str]) -> str | None:
    """The first word of a list that a text has, as the list has it; None where it has none."""
    padded = f" {folded(text)} "
    together = padded.replace(" ", "")
    for word in words:
        wanted = folded(word)
        if not wanted:
            continue
        if f" {wanted} " in padded or (_UNSPACED.search(wanted) and wanted.replace(" ", "") in together):
            return word
    return None


def listed_words(text: str) -> tuple[str, ...]:
    """The words of a list that somebody has typed: one a line, or with commas between them; each once."""
    found: dict[str, str] = {}
    for part in re.split(r"[\n,;]+", text):
        word = " ".join(part.split())[:WORD_MAX]
        if (key := folded(word)) and key not in found:
            found[key] = word
    return tuple(found.values())[:WORDS_MAX]
