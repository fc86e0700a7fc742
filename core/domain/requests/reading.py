"""Reads what a person typed: which words are options, however they are spelled, and which are the description.

`read` never says no and loses no word: what is surely an option is taken out of the text, what might be one stays in it
with a question, and all else is the description. A question's answer is a text to be read again.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from core.domain.requests.glyphs import plain, seen
from core.domain.requests.option_guesses import bare, guesses
from core.domain.requests.option_hits import Hit, Verdict, hits
from core.domain.requests.option_marks import unfenced, unmarked
from core.domain.requests.option_places import PlacedText
from core.domain.requests.option_values import known
from core.domain.requests.options import Option, is_picture, is_words

ROUNDS_MAX = 6
CACHED_MAX = 64
_EMPTY = re.compile(r"\"\s*\"|\(\s*\)|\[\s*\]|\{\s*\}|(?<!\w)''(?!\w)|(?<!\S)[\ufe0f\u20e3]+(?!\S)")
_EDGES = re.compile(r"^[\s,;|&+•·]+|[\s,;|&+•·]+$")


class WhyAsked(StrEnum):
    """Why there is a question."""

    UNSURE = "unsure"
    """It may be an option or a part of the description."""
    NO_SUCH_VALUE = "no_such_value"
    TWICE = "twice"
    """The same option with different values."""
    UNKNOWN = "unknown"
    """It is written like an option, and there is none of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something that only the person knows.

    Args:
        option: None where nobody can say which one is meant.
        words: what it is about, as typed.
        value: the value, as typed.
        choices: values that may be meant, the likeliest first.
        known: all values that the option has, where they are few.
        places: where the words stand in the text.
    """

    why: WhyAsked
    option: Option | None
    words: str
    value: str = ""
    choices: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    places: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was understood.

    Args:
        text: what was read; the places of questions are places in it.
        settled: words that the person has said are description.
        prompt: the description. What is still in question is a part of it.
        chosen: by option that was given: its value, as examples write it.
    """

    text: str
    settled: tuple[str, ...] = ()
    prompt: str = ""
    chosen: Mapping[Option, str] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()

    def using(self, question: Question, value: str) -> str:
        """The text with this answer: the words are that value of the option."""
        if question.option is None:
            return self.without(question)
        left, rest = self.without(question), question.value.removeprefix(value)
        if is_words(question.option) and rest and rest != question.value:  # only the first words of a list
            ((start, end),) = question.places
            left = _spaced(f"{self.text[:start]} {rest.strip(' ,;')} {self.text[end:]}")
        return f"{left} {written(question.option, value)}".strip()

    def without(self, question: Question) -> str:
        """The text without the words of a question."""
        return _cut(self.text, question.places)

    def keeping(self, question: Question) -> tuple[str, ...]:
        """What is settled with this answer: the words are description."""
        return tuple(dict.fromkeys((*self.settled, _words(question.words))))


def read(text: str, *, settled: Iterable[str] = ()) -> Reading:
    """What a person typed, understood as far as it can be.

    Args:
        text: as typed, with nothing of the platform's own in it.
        settled: words that the person has confirmed as part of the description.
    """
    return _cached(text, tuple(settled))


@lru_cache(maxsize=CACHED_MAX)
def _cached(text: str, settled: tuple[str, ...]) -> Reading:
    """The same. One command is read several times on its way: to ask, to price, to make the request."""
    text = unmarked(_spaced(unfenced(seen(text))))
    for _ in range(ROUNDS_MAX):
        found = _read(text, settled)
        again = hits(PlacedText(found.prompt, frozenset(settled)))
        if not any(hit.verdict is Verdict.TAKE for hit in again):
            break
        # What was taken stood in the middle of another option: its halves have come together.
        text = " ".join((found.prompt, *(written(option, value) for option, value in found.chosen.items())))
    return found


def written(option: Option, value: str) -> str:
    """An option as examples write it."""
    # Words without quotes would go on behind a comma.
    if is_words(option) or re.search(r"[\s,;\"'“”]", value) or not value:
        quoted = value.replace('"', "'").replace("“", "'").replace("”", "'")
        return f'{option.value}:"{quoted}"'
    return f"{option.value}:{value}"


def _read(text: str, settled: tuple[str, ...]) -> Reading:
    known_text = PlacedText(text, frozenset(settled))
    found = hits(known_text)
    found = sorted((*found, *guesses(known_text, found)), key=lambda hit: hit.start)
    taken = [hit for hit in found if hit.verdict is Verdict.TAKE]
    prompt = _cut(text, tuple((hit.start, hit.end) for hit in taken))
    by_option: dict[Option, list[Hit]] = {}
    for hit in taken:
        by_option.setdefault(hit.option or Option.TIER, []).append(hit)
    questions = [_question(text, hit) for hit in found if hit.verdict is not Verdict.TAKE]
    chosen = {}
    for option, several in by_option.items():
        values = tuple(dict.fromkeys(hit.value for hit in several))
        chosen[option] = _between(option).join(values) if _is_list(option) else values[-1]
        if len(values) > 1 and not _is_list(option):
            questions.append(_twice(text, option, several, values))
    if not questions:
        questions.extend(_question(text, hit) for hit in bare(known_text, prompt) if hit.option not in chosen)
    return Reading(text=text, settled=settled, prompt=prompt, chosen=chosen, questions=tuple(questions))


def _is_list(option: Option) -> bool:
    """Whether it may be given several times."""
    return is_words(option) or option is Option.REFERENCE


def _between(option: Option) -> str:
    return " " if is_picture(option) else ", "


def _question(text: str, hit: Hit) -> Question:
    why = {Verdict.WRONG: WhyAsked.NO_SUCH_VALUE, Verdict.UNKNOWN: WhyAsked.UNKNOWN}.get(hit.verdict, WhyAsked.UNSURE)
    return Question(
        why=why,
        option=hit.option,
        words=text[hit.start : hit.end].strip(),
        value=hit.typed,
        choices=hit.choices or ((hit.value,) if hit.verdict is Verdict.ASK else ()),
        known=known(hit.option) if hit.option else (),
        places=((hit.start, hit.end),),
    )


def _twice(text: str, option: Option, several: list[Hit], values: tuple[str, ...]) -> Question:
    return Question(
        why=WhyAsked.TWICE,
        option=option,
        words=" ".join(text[hit.start : hit.end].strip() for hit in several),
        value=values[-1],
        choices=values,
        places=tuple((hit.start, hit.end) for hit in several),
    )


def _cut(text: str, places: tuple[tuple[int, int], ...]) -> str:
    """The text without these places, and without quotes and brackets that have become empty."""
    pieces, at = [], 0
    for start, end in sorted(places):
        pieces.append(text[at:start])
        at = max(at, end)
    left = _spaced(" ".join((*pieces, text[at:])))
    if not places:
        return left
    while (empty := _EMPTY.search(plain(left))) is not None:
        left = left[: empty.start()] + " " + left[empty.end() :]
    left = _spaced(left)
    edges = plain(left)
    start, end = 0, len(left)
    while (edge := _EDGES.search(edges[start:end])) is not None:
        start, end = (start + edge.end(), end) if edge.start() == 0 else (start, start + edge.start())
    return left[start:end]


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _words(text: str) -> str:
    return _spaced(plain(text))
