"""A text with the places in it: where a word may begin, where a quote closes, and how far a value reaches."""

import re
from dataclasses import dataclass, field
from functools import cached_property

from core.domain.requests.glyphs import is_emoji, is_word, plain
from core.domain.requests.option_names import PATTERN
from core.domain.requests.option_values import SHAPES
from core.domain.requests.options import Option

HEAD = re.compile(
    rf"(?<![a-z0-9])(?P<lead>-{{1,8}} ?|/)?(?P<name>{PATTERN})(?P<sep> *(?:[:=]{{1,2}}|[=-]>|[→⇒]) *|(?<=\w) +(?=\S))"
)
"""An option's name with what ties it to its value."""
WORD = re.compile(r"\d+,\d+(?=[\s,;.!?]|$)|[^\s,;]+")
QUOTES = "\"'`"
PUNCTUATION = ",;.!?"

_PAIRS = {'"': '"', "'": "'", "(": ")", "[": "]", "{": "}", "*": "*", "_": "_", "~": "~", "`": "`", "<": ">"}
_BEFORE = frozenset(" ,;\"'([{<>|!?*~`&+•·…")
_COMPOUND = frozenset("-\u2010\u2011\ufe63\uff0d")


@dataclass(frozen=True, slots=True)
class Value:
    """What stands behind an option's name. `word`: in plain characters, where it is one."""

    start: int
    end: int
    word: str = ""
    is_quoted: bool = False


@dataclass(frozen=True)
class PlacedText:
    """A text, and the same in plain characters; blanks are single. `settled`: words that are description."""

    typed: str
    settled: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def plain(self) -> str:
        return plain(self.typed)

    def is_settled(self, start: int, end: int) -> bool:
        """Whether any of this is among the words that are description."""
        return any(first < end and start < last for first, last in self._settled_places)

    @cached_property
    def _settled_places(self) -> list[tuple[int, int]]:
        return [
            (found.start(), found.end())
            for words in self.settled
            if words
            for found in re.finditer(re.escape(words), self.plain)
        ]

    def is_in_address(self, at: int) -> bool:
        """Whether an address of the web stands here."""
        start_of_token = self.plain.rfind(" ", 0, at) + 1
        return "://" in self.plain[start_of_token:at] or self.plain.startswith("www.", start_of_token)

    def begins_word(self, at: int) -> bool:
        """Whether a word may begin here: not inside another one, nor in an address."""
        if at == 0:
            return True
        before = self.plain[at - 1]
        if self.is_in_address(at):
            return False
        if before == "_":
            return self.begins_word(at - 1)
        if before == "-":
            return self.typed[at - 1] not in _COMPOUND
        if before == ".":  # the blank behind a sentence was left out; a name with dots is another thing
            start_of_token = self.plain.rfind(" ", 0, at) + 1
            return self.plain[at - 2 : at - 1].isalpha() and "." not in self.plain[start_of_token : at - 1]
        return (
            before in _BEFORE
            or is_emoji(self.typed[at - 1])
            or (self.typed[at - 1].isalpha() and not is_word(self.typed[at - 1]))
        )

    def quote_at(self, at: int) -> str:
        """The quote that stands here; empty where none does."""
        mark = self.plain[at : at + 1]
        return mark if mark in QUOTES else ""


def value_at(text: PlacedText, at: int, option: Option) -> Value:
    """The value that begins here: what can be one, or the next word."""
    quote = text.quote_at(at)
    if quote and (closed := closing(text, at + 1, quote)) is not None:
        return Value(at + 1, closed, text.plain[at + 1 : closed], is_quoted=True)
    start = at + len(quote)
    while text.plain[start : start + 1] in set("*_~([{<"):
        start += 1
    shape = SHAPES.get(option)
    if shape is not None and (shaped := shape.match(text.plain, start)) is not None:
        return Value(start, shaped.end(), shaped[0])
    word = WORD.match(text.plain, start)
    end = word.end() if word else start
    return Value(start, end, text.plain[start:end].strip("*_~()[]{}<>" + QUOTES + PUNCTUATION))


def closing(text: PlacedText, at: int, quote: str) -> int | None:
    """Where the quote closes; an apostrophe inside a word does not."""
    while (end := text.plain.find(quote, at)) >= 0:
        behind = text.plain[end + 1 : end + 2]
        if quote != "'" or not (behind and is_word(behind)):
            return end
        at = end + 1
    return None


def around(text: PlacedText, start: int, value: Value) -> tuple[int, int]:
    """The place with the quotes and brackets around it, and the punctuation behind."""
    end = value.end + value.is_quoted
    while end < len(text.plain) and text.plain[end] in "\"'`*_~)]}>":
        if start > 0 and _PAIRS.get(text.plain[start - 1]) == text.plain[end]:
            start -= 1
        elif not _is_stray(text, start, value, end):
            break
        end += 1
    if start > 0 and text.plain[start - 1] in "\"'" and '"' not in text.plain[end:]:
        start -= 1
    run = re.match(rf"[{PUNCTUATION}]+(?= |$)|[,;]", text.plain[end:])
    return start, end + (run.end() if run else 0)


def _is_stray(text: PlacedText, start: int, value: Value, end: int) -> bool:
    """Whether a closing quote or bracket stands here that nobody misses."""
    mark = text.plain[end]
    if mark in ")]}>":
        return text.plain[value.start - 1] in "([{<"
    if mark == '"':
        return text.plain.count('"', 0, start) % 2 == 0
    return mark != "_" and not (mark == "'" and is_word(text.plain[end + 1 : end + 2] or " "))


def next_head(text: PlacedText, at: int) -> int:
    """Where the next option begins, or the text ends."""
    for head in HEAD.finditer(text.plain, at):
        if text.begins_word(head.start()) and (head["lead"] or head["sep"].strip()):
            return head.start()
    return len(text.plain)
