"""Finds the places of a text where an option stands: surely one, perhaps one, or one with a value that is none."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from core.domain.requests.option_names import OptionName, named
from core.domain.requests.option_places import (
    HEAD,
    PUNCTUATION,
    QUOTES,
    WORD,
    PlacedText,
    Value,
    around,
    closing,
    next_head,
    value_at,
)
from core.domain.requests.option_values import OTHER_UNIT, is_clear, meant, value_of
from core.domain.requests.options import OPTIONS, Option, Switch, is_picture, is_words

PICTURES = frozenset(filter(is_picture, Option))
FREE = PICTURES | frozenset(filter(is_words, Option))
"""Options of which any word is a value."""
_ADDRESS = re.compile(r"<?(https?://[^\s<>|\"]+)>?")
_LIST = re.compile(r"[^\s,;]+(?: *, *[^\s,;]+)*")
_SENTENCE_WORDS = 4
_SAYS = re.compile(
    r"(?<!\w)(?:say(?:s|ing)?|said|read(?:s|ing)?|written|writes?|words?|text|signs?|label(?:l?ed|s)?|titled?|called|named"
    r"|lettering|caption|slogan|heißt|steht|sagt|aufschrift|dit|écrit|dice)\s*[:,]?\s*\Z"
)
"""What stands before words that are to be seen or heard."""
_OR = re.compile(r"\s*(?:(?:or|oder|ou)\s+|[/|]\s*)")
_MORE_DIGITS = re.compile(r"(?: [0-9]{3})+(?![0-9])")


class Verdict(StrEnum):
    """What is known about a place."""

    TAKE = "take"
    ASK = "ask"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A place of the text.

    Args:
        value: as examples write it; empty where it is none.
        typed: the value as the person wrote it.
        choices: what may be meant instead.
    """

    start: int
    end: int
    verdict: Verdict
    option: Option | None
    value: str = ""
    typed: str = ""
    choices: tuple[str, ...] = ()


def hits(text: PlacedText) -> list[Hit]:
    """Every place where an option's name stands, in order; none overlaps another."""
    found: list[Hit] = []
    at = 0
    while (head := HEAD.search(text.plain, at)) is not None:
        at = head.start() + 1
        if not text.begins_word(head.start()) or (head["lead"] is None and not head["sep"].strip()):
            continue
        hit = _judged(text, head)
        if hit is not None and not text.is_settled(hit.start, hit.end):
            at = max(at, hit.end)
            found.append(hit)
    return [_read_aloud(text, hit) for hit in _quoted_speech(text, found)]


def _read_aloud(text: PlacedText, hit: Hit) -> Hit:
    """The same; a question where an option in quotes may be what is read in the video: a sign saying “tier:pro”."""
    is_quoted = text.plain[hit.start] in "\"'" and _SAYS.search(text.plain, 0, hit.start) is not None
    return replace(hit, verdict=Verdict.ASK) if is_quoted and hit.verdict is Verdict.TAKE else hit


def _judged(text: PlacedText, head: re.Match[str]) -> Hit | None:
    name = named(head["name"])
    sep = head["sep"]
    if head.end() >= len(text.plain):
        return _unfinished(text, head, name)
    if name.option in PICTURES:
        return _picture(text, head, name)
    is_flag = not sep.strip()
    is_sure = text.typed[head.start() : head.start() + 2] == "--"
    if is_words(name.option):
        return _words(text, head, name, is_sure=is_sure)
    value = value_at(text, head.end(), name.option)
    start, end = around(text, head.start(), value)
    good = value_of(name.option, value.word)
    if name.option is Option.SECONDS and name.common and OTHER_UNIT.match(text.plain, value.end):
        return None
    if good is not None:
        return _good(text, name, value, good, start=start, end=end, is_loose=" " in sep)
    if is_flag and isinstance(OPTIONS[name.option].kind, Switch) and is_sure:  # --sound alone switches it on
        return Hit(start=start, end=head.end(), verdict=Verdict.TAKE, option=name.option, value="on", typed="on")
    choices = meant(name.option, value.word)
    is_loose = " " in sep.lstrip() or is_flag
    if is_loose and not is_sure and (not choices or (name.common and not _ends(text, value))):
        return None
    typed = text.typed[value.start : value.end].strip(PUNCTUATION)
    return Hit(start=start, end=end, verdict=Verdict.WRONG, option=name.option, typed=typed, choices=choices)


def _good(text: PlacedText, name: OptionName, value: Value, good: str, *, start: int, end: int, is_loose: bool) -> Hit:
    """A value that is one. Behind a blank it may be a word of a sentence all the same: sound: no one speaks."""
    is_unclear = is_loose and not value.is_quoted and not _ends(text, value) and not is_clear(name.option, value.word)
    if (either := _either(text, name, value, good, start=start)) is not None:
        return either
    return Hit(
        start=start,
        end=end,
        verdict=Verdict.ASK if is_unclear else Verdict.TAKE,
        option=name.option,
        value=good,
        typed=text.typed[value.start : value.end],
    )


def _either(text: PlacedText, name: OptionName, value: Value, good: str, *, start: int) -> Hit | None:
    """A question where two values are named, or a number has blanks in it: seconds:8 or 10, seed:12 345."""
    more, way = _MORE_DIGITS.match(text.plain, value.end), _OR.match(text.plain, value.end)
    if name.option is Option.SEED and more is not None:
        end, other = more.end(), value_of(name.option, good + more[0].replace(" ", ""))
    elif way is not None:
        second = value_at(text, way.end(), name.option)
        end, other = second.end, value_of(name.option, second.word)
    else:
        return None
    if other is None or other == good:
        return None
    typed = text.typed[value.start : end]
    ask = Verdict.ASK
    return Hit(start=start, end=end, verdict=ask, option=name.option, value=good, typed=typed, choices=(good, other))


def _ends(text: PlacedText, value: Value) -> bool:
    """Whether no sentence goes on behind a value."""
    behind = text.plain[value.end :]
    return not behind.strip() or behind[0] in PUNCTUATION or HEAD.match(behind.lstrip()) is not None


def _unfinished(text: PlacedText, head: re.Match[str], name: OptionName) -> Hit | None:
    """A name at the very end with nothing behind it: the value was forgotten."""
    if name.common or not head["sep"].strip():
        return None
    typed = text.typed[head.start() : head.end()]
    return Hit(start=head.start(), end=head.end(), verdict=Verdict.UNKNOWN, option=None, typed=typed)


def _words(text: PlacedText, head: re.Match[str], name: OptionName, *, is_sure: bool) -> Hit | None:
    """A value of any words: words in quotes, one word, or a list of them."""
    at, sep = head.end(), head["sep"]
    quote = text.quote_at(at)
    # no: and without: stand in sentences, too: only a sign that no sentence has makes an option of them.
    is_unclear = name.common and not is_sure and "=" not in sep and not (quote and sep.strip())
    verdict = Verdict.ASK if is_unclear else Verdict.TAKE
    if quote:
        closed = closing(text, at + 1, quote)
        last = closed if closed is not None else next_head(text, at)
        if not text.plain[at + 1 : last].strip():
            return None
        start, end = around(text, head.start(), Value(at + 1, last, is_quoted=closed is not None))
        return replace(
            _words_hit(text, name, at + 1, last, start=start, end=end, verdict=verdict),
            value=text.typed[at + 1 : last].strip(),
        )
    rest = text.plain[at : next_head(text, at)].rstrip(" " + PUNCTUATION + QUOTES)
    several, first = _LIST.match(rest), WORD.match(rest)
    if several is None or first is None:
        return None
    is_loose = " " in sep
    sentence = re.split(r"[.!?](?: |$)", rest)[0]
    if is_unclear and is_loose and (head.start() == 0 or len(sentence.split()) >= _SENTENCE_WORDS):
        return None
    last = at + several.end() if several.end() == len(rest) else at + first.end()
    if several.end() < len(rest) and ("," in several[0] or is_loose):
        # Nobody can tell where the list ends.
        longer = at + (several.end() if "," in several[0] else len(rest))
        hit = _words_hit(text, name, at, longer, start=head.start(), end=longer, verdict=Verdict.ASK)
        return replace(hit, choices=(hit.value, text.typed[at:last].strip(PUNCTUATION)))
    start, end = around(text, head.start(), Value(at, last))
    return _words_hit(text, name, at, last, start=start, end=end, verdict=verdict)


def _words_hit(
    text: PlacedText, name: OptionName, first: int, last: int, *, start: int, end: int, verdict: Verdict
) -> Hit:
    value = text.typed[first:last].strip(' "“”„«»' + PUNCTUATION + QUOTES)
    return Hit(start=start, end=end, verdict=verdict, option=name.option, value=value, typed=value)


def _picture(text: PlacedText, head: re.Match[str], name: OptionName) -> Hit | None:
    """A picture's address. A word that is none is taken for one only where nothing else can be meant."""
    at = head.end()
    address = _ADDRESS.match(text.typed, at + len(text.quote_at(at)))
    if address is not None:
        last = address.start(1) + len(address[1].rstrip(PUNCTUATION + "'`”»"))
        value, found = text.typed[address.start(1) : last], Value(address.start(1), last)
    else:
        word = WORD.match(text.typed, at)
        if word is None or name.common or " " in head["sep"]:
            return None
        value, found = word[0].strip("\"'“”"), Value(word.start(), word.end())
    start, end = around(text, head.start(), found)
    return Hit(start=start, end=end, verdict=Verdict.TAKE, option=name.option, value=value, typed=value)


def _quoted_speech(text: PlacedText, found: Sequence[Hit]) -> Iterator[Hit]:
    """The same; a question or nothing where somebody in the description says it: a fox saying “tier:pro is best”."""
    spoken = frozenset[int]().union(*(_spoken(text, found, quote) for quote in QUOTES))
    for number, hit in enumerate(found):
        if number not in spoken:
            yield hit
        elif hit.verdict is Verdict.TAKE:
            yield replace(hit, verdict=Verdict.ASK)


def _spoken(text: PlacedText, found: Sequence[Hit], quote: str) -> frozenset[int]:
    """Which of what was found stands between two such quotes, with other words beside it.

    Reads the text once: a message may have hundreds of options.
    """
    inside: dict[tuple[int, int], list[int]] = {}
    opened, at = None, 0
    for number, hit in enumerate(found):
        while (at := text.plain.find(quote, at, hit.start)) >= 0:
            if opened is None:
                opened = at if text.begins_word(at) else None
            elif closing(text, at, quote) == at:
                opened = None
            at += 1
        at = hit.end
        is_half = text.plain.count(quote, hit.start, hit.end) % 2 == 1  # it was read with one of the two quotes
        if is_half and text.plain[hit.start] == quote:
            opened = hit.start
        closed = closing(text, hit.start + 1 if is_half else hit.end, quote) if opened is not None else None
        if opened is not None and closed is not None:
            inside.setdefault((opened, closed), []).append(number)
            opened = opened if closed >= hit.end else None
    return frozenset(
        number
        for (opened, closed), numbers in inside.items()
        if not _is_options(text, opened, closed, [found[number] for number in numbers])
        for number in numbers
    )


def _is_options(text: PlacedText, opened: int, closed: int, inside: Sequence[Hit]) -> bool:
    """Whether a quote is the whole text, or has nothing but options in it: then nobody says them."""
    if not text.plain[:opened].strip() and not text.plain[closed + 1 :].strip(PUNCTUATION + " "):
        return True
    places = [(max(hit.start, opened + 1), min(hit.end, closed)) for hit in inside if hit.verdict is Verdict.TAKE]
    taken = "".join(text.plain[start:end] for start, end in places)
    return len(taken.replace(" ", "")) >= len(text.plain[opened + 1 : closed].replace(" ", ""))
