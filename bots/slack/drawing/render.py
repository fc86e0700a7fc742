"""Draws cards as Block Kit. Length limits and mentions are decided here.

Texts are sent as rich text, which Slack shows exactly as it is, so nothing has to be escaped. Only the plain text for
notifications has escapes.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, assert_never

from bots.slack.drawing import card_blocks
from bots.slack.drawing.buttons_drawn import button
from core.replies.chat.card import (
    Button,
    Card,
    Channel,
    Copyable,
    Drawing,
    Fact,
    LinkButton,
    ListLine,
    Menu,
    Moment,
    Part,
    Person,
    Picture,
    Progress,
    QuotedText,
    Role,
    SmallPrint,
    Text,
    Tone,
    Word,
    bar_line,
    plain,
    side_by_side,
)
from core.replies.chat.plan_step import StepState
from core.replies.chat.text_budget import TextBudget
from core.replies.chat.words import ELSEWHERE, cut
from core.replies.languages.say import say

Block = dict[str, Any]

MESSAGE_MAX = 12_000
"""Slack refuses blocks with more than about 13,200 characters together (measured by others, 2025-04)."""
WORDS_MAX = 3000
NOTE_MAX = 2000
ALT_MAX = 2000
BUTTONS_MAX = 25
PARTS_MAX = 45
"""A message has at most 50 blocks."""
TEXT_MAX = 3900
"""`chat.update` refuses more than 4,000 characters (2026-11-22)."""

_MARKS = {Tone.QUIET: "", Tone.WORKING: "⏳ ", Tone.GOOD: "🎬 ", Tone.WARNING: "⚠️ ", Tone.BAD: "🛑 "}
_TASKS = {
    StepState.PENDING: "pending",
    StepState.RUNNING: "in_progress",
    StepState.DONE: "complete",
    StepState.FAILED: "error",
}
TASK_MAX = 256
_ENTITY = re.compile(r"&(?=(?:amp|lt|gt);)")
_CHANNEL = re.compile(r"[CDG][A-Z0-9]{2,}")
_GROUP = re.compile(r"S[A-Z0-9]{2,}")


def blocks(card: Card, *, plan: bool = False, cards: bool = False) -> list[Block]:
    """The blocks of a card; none for a card that is drawn as words alone.

    Args:
        plan: draw the card's plan, if it has one, in place of its title and its progress bar.
        cards: draw pictures as Slack's own cards, several side by side; see card_blocks.py.
    """
    if card.drawing is Drawing.TEXT:
        return []
    room = TextBudget(MESSAGE_MAX)
    drawn: list[Block] = []
    shown: list[Card | Part] = [card, *card.parts[:PARTS_MAX]]
    if plan and card.plan:
        drawn.append(_plan(card, room))
        shown = [part for part in shown[1:] if not isinstance(part, Progress)]
    elif cards and (head := card_blocks.headed(card, _MARKS[card.tone])) is not None:
        drawn.append(head[0])
        shown = [*head[1][:PARTS_MAX]]
    for kind, grouped in groupby(shown, key=_kind):
        parts = list(grouped)
        lines = [part for part in parts if isinstance(part, ListLine)] if cards and kind == "pictured" else []
        if (carousel := card_blocks.side_by_side(lines)) is not None:
            drawn.append(carousel)
        else:
            drawn.extend(_row(kind, parts, room))
    return drawn


def _plan(card: Card, room: TextBudget) -> Block:
    tasks = []
    for number, step in enumerate(card.plan, start=1):
        task: Block = {
            "type": "task_card",
            "task_id": f"step_{number}",
            "title": room.take(step.title, most=TASK_MAX) or "…",
            "status": _TASKS[step.state],
        }
        if step.details and (details := room.take(step.details, most=WORDS_MAX)):
            words = {"type": "rich_text_section", "elements": [{"type": "text", "text": details}]}
            task["details"] = {"type": "rich_text", "elements": [words]}
        tasks.append(task)
    return {"type": "plan", "title": room.take(card.title, most=TASK_MAX) or "…", "tasks": tasks}


def text(card: Card) -> str:
    """The card as plain text for notifications, with the three characters escaped that Slack reads."""
    ping = f"<@{card.ping}> " if card.ping else ""
    return ping + _cut_escaped(escape(plain(card)), TEXT_MAX - len(ping))


def escape(words: str) -> str:
    """Escape a text for the one place in which Slack looks for mentions and links."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut_escaped(words: str, length: int) -> str:
    """An escaped text of at most so many characters, never cut inside an entity."""
    if len(words) <= length:
        return words
    return re.sub(r"&\w{0,3}$", "", words[: length - 1]) + "…"


def _kind(part: Card | Part) -> str:
    match part:
        case ListLine(picture=Picture()):
            return "pictured"
        case Card() | Text() | QuotedText() | Copyable() | Progress() | Fact() | ListLine():
            return "words"
        case Picture():
            return "pictures"
        case SmallPrint():
            return "notes"
        case Button() | LinkButton() | Menu():
            return "buttons"
        case _:
            assert_never(part)


def _row(kind: str, parts: Sequence[Card | Part], room: TextBudget) -> Iterator[Block]:
    match kind:
        case "words":
            if elements := list(_words(parts, room)):
                yield {"type": "rich_text", "elements": elements}
        case "notes":
            lines = "\n".join(part.text for part in parts if isinstance(part, SmallPrint))
            if note := room.take(lines, most=NOTE_MAX):
                yield {"type": "context", "elements": [_plain(note)]}
        case "pictures":
            for part in parts:
                if isinstance(part, Picture):
                    yield {"type": "image", "image_url": part.url, "alt_text": cut(part.alt, ALT_MAX)}
        case "pictured":
            for part in parts:
                if isinstance(part, ListLine) and part.picture is not None:
                    yield _pictured(part, part.picture, room)
        case _:
            buttons = [part for part in parts if isinstance(part, Button | LinkButton | Menu)][:BUTTONS_MAX]
            yield {"type": "actions", "elements": [button(part, n) for n, part in enumerate(buttons)]}


def _pictured(line: ListLine, picture: Picture, room: TextBudget) -> Block:
    """A line with a small picture beside it, as plain text: rich text has no place for a picture."""
    words = room.take(plain(Card(title=line.label, parts=(ListLine("", line.words),))), most=WORDS_MAX)
    beside = {"type": "image", "image_url": picture.url, "alt_text": cut(picture.alt, ALT_MAX)}
    return {"type": "section", "text": _plain(words or "–"), "accessory": beside}


def _words(parts: Iterable[Card | Part], room: TextBudget) -> Iterator[Block]:
    """Parts as the elements of one rich text, with an empty line between paragraphs."""
    apart = False
    for listed, grouped in groupby(parts, key=_list_of):
        group = list(grouped)
        if listed is Fact:
            yield from _facts([part for part in group if isinstance(part, Fact)], room)
        elif listed is ListLine:
            yield from _list([_line(part, room) for part in group if isinstance(part, ListLine)])
        if listed is not None:
            apart = True
            continue
        for part in group:
            element = _element(part, room)
            if not element["elements"]:
                continue
            if apart and isinstance(part, Text):
                element["elements"][0]["text"] = "\n" + element["elements"][0]["text"]
            yield element
            apart = isinstance(part, Text)


def _list_of(part: Card | Part) -> type[Fact | ListLine] | None:
    """The kind of list that a part is an item of, if it is one."""
    return Fact if isinstance(part, Fact) else ListLine if isinstance(part, ListLine) else None


def _element(part: Card | Part, room: TextBudget) -> Block:
    match part:
        case Card(title=title, tone=tone, ping=ping):
            who: list[Block] = [{"type": "user", "user_id": ping}, {"type": "text", "text": " "}] if ping else []
            return _section([*who, *_ink(_MARKS[tone], room), *_ink(title, room, bold=True)])
        case Text(words):
            return _section(_ink(words, room))
        case QuotedText(words):
            return {"type": "rich_text_quote", "elements": _ink(words, room)}
        case Copyable(words):
            return {"type": "rich_text_preformatted", "elements": _ink(words, room)}
        case Progress(share, note):
            return _section(_ink(bar_line(share, note), room))
        case Fact() | ListLine() | Picture() | SmallPrint() | Button() | LinkButton() | Menu():
            raise TypeError(f"{type(part).__name__} is drawn elsewhere")
        case _:
            assert_never(part)


def _facts(facts: Sequence[Fact], room: TextBudget) -> Iterator[Block]:
    drawn = [[*_ink(fact.label, room, bold=True), *_ink(f" {fact.value}", room)] for fact in facts]
    if not side_by_side(facts):
        yield from _list(drawn)
        return
    line = drawn[0]
    for fact in drawn[1:]:
        line += [*_ink("  ·  ", room), *fact]
    yield _section(line)


def _list(drawn: Iterable[list[Block]]) -> Iterator[Block]:
    if items := [_section(line) for line in drawn if line]:
        yield {"type": "rich_text_list", "style": "bullet", "elements": items}


def _line(line: ListLine, room: TextBudget) -> list[Block]:
    label = _ink(line.label, room, bold=True)
    gap = _ink(" ", room) if label and line.words else []
    return [*label, *gap, *(element for word in line.words for element in _word(word, room))]


def _word(word: Word, room: TextBudget) -> list[Block]:
    match word:
        case Person(id):
            return [{"type": "user", "user_id": id}]
        case Role(id):
            return [{"type": "usergroup", "usergroup_id": id}] if _GROUP.fullmatch(id) else _ink(id, room)
        case Channel(id):
            return [{"type": "channel", "channel_id": id}] if _CHANNEL.fullmatch(id) else _ink(say(ELSEWHERE), room)
        case Moment(at, with_day):
            shape = "{date_short_pretty}, {time}" if with_day else "{time}"
            return [{"type": "date", "timestamp": int(at.timestamp()), "format": shape, "fallback": str(word)}]
        case str():
            return _ink(word, room)
        case _:
            assert_never(word)


def _section(elements: list[Block]) -> Block:
    return {"type": "rich_text_section", "elements": elements}


def _ink(words: str, room: TextBudget, **style: bool) -> list[Block]:
    """A text element; none for an empty text, which Slack refuses."""
    taken = room.take(words, most=WORDS_MAX)
    if not taken:
        return []
    return [{"type": "text", "text": taken, **({"style": style} if style else {})}]


def _plain(words: str) -> Block:
    # Slack reads entities in plain text, but shows a bare & as it is.
    return {"type": "plain_text", "text": _ENTITY.sub("&amp;", words), "emoji": False}
