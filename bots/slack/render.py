"""Draws cards as Block Kit. Escaping, length limits and mentions are decided here."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, assert_never

from core.replies.card import Action, Button, Card, Fact, Link, Note, Part, Progress, Quote, Text, Tone, bar, plain

Block = dict[str, Any]

SECTION_MAX = 3000
FIELD_MAX = 2000
FIELDS_MAX = 10
LABEL_MAX = 75
TEXT_MAX = 3900
"""`chat.update` refuses more than 4,000 characters (2026-11-22)."""

_MARKS = {Tone.QUIET: "", Tone.WORKING: "⏳ ", Tone.GOOD: "🎬 ", Tone.WARNING: "⚠️ ", Tone.BAD: "🛑 "}
_CONFIRMS = {Action.CANCEL: ("Stop this video?", "What has not been made is not paid.", "Stop it", "Keep going")}


def escape(text: str) -> str:
    """A person's text as Slack's mrkdwn shows it to the letter: no mentions, links or formatting.

    A zero-width space after a mark keeps it from formatting; Slack has no backslash escapes.
    """
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for mark in "*_~`":
        text = text.replace(mark, f"{mark}\u200b")
    return text


def cut(text: str, length: int) -> str:
    """At most `length` characters, never ending inside an entity."""
    if len(text) <= length:
        return text
    head = text[: length - 1]
    if (start := head.rfind("&")) > len(head) - 6 and ";" not in head[start:]:
        head = head[:start]
    return head + "…"


def blocks(card: Card) -> list[Block]:
    """The whole card."""
    ping = f"<@{card.ping}> " if card.ping else ""
    drawn = [_section(f"{ping}{_MARKS[card.tone]}*{escape(card.title)}*")]
    for kind, group in groupby(card.parts, key=_kind):
        parts = list(group)
        drawn.extend(_row(kind, parts))
    return drawn


def text(card: Card) -> str:
    """What notifications and screen readers get: the card as plain text."""
    ping = f"<@{card.ping}> " if card.ping else ""
    return ping + cut(escape(plain(card)), TEXT_MAX - len(ping))


def _kind(part: Part) -> str:
    match part:
        case Fact():
            return "facts"
        case Button() | Link():
            return "buttons"
        case Text() | Quote() | Progress() | Note():
            return "single"
        case _:
            assert_never(part)


def _row(kind: str, parts: list[Part]) -> Iterator[Block]:
    if kind == "facts":
        fields = [_field(part) for part in parts if isinstance(part, Fact)]
        for start in range(0, len(fields), FIELDS_MAX):
            yield {"type": "section", "fields": fields[start : start + FIELDS_MAX]}
    elif kind == "buttons":
        yield {"type": "actions", "elements": [_button(p) for p in parts if isinstance(p, Button | Link)]}
    else:
        for part in parts:
            yield _single(part)


def _single(part: Part) -> Block:
    match part:
        case Text(words):
            return _section(escape(words))
        case Quote(words):
            quoted = "\n".join(f"> {line}" for line in escape(words).splitlines())
            return _section(quoted)
        case Progress(share, note):
            percent = "" if share is None else f"  {round(share * 100)} %"
            return _section(f"`{bar(share)}`{percent}   {escape(note)}".rstrip())
        case Note(words):
            return {"type": "context", "elements": [_mrkdwn(escape(words), FIELD_MAX)]}
        case Fact() | Button() | Link():
            raise TypeError(f"{type(part).__name__} is drawn in a row")
        case _:
            assert_never(part)


def _section(words: str) -> Block:
    return {"type": "section", "text": _mrkdwn(words, SECTION_MAX)}


def _mrkdwn(words: str, length: int) -> Block:
    return {"type": "mrkdwn", "text": cut(words, length) or " "}


def _field(fact: Fact) -> Block:
    return _mrkdwn(f"*{escape(fact.label)}*\n{escape(fact.value)}", FIELD_MAX)


def _button(part: Button | Link) -> Block:
    label = {"type": "plain_text", "text": cut(part.label, LABEL_MAX), "emoji": True}
    match part:
        case Link(url=url):
            return {"type": "button", "action_id": "link", "text": label, "url": url}
        case Button(action=action, subject=subject):
            drawn: Block = {"type": "button", "action_id": action.value, "text": label, "value": subject}
            if part.primary or part.danger:
                drawn["style"] = "primary" if part.primary else "danger"
            if action in _CONFIRMS:
                title, words, yes, no = _CONFIRMS[action]
                drawn["confirm"] = {
                    "title": {"type": "plain_text", "text": title},
                    "text": {"type": "plain_text", "text": words},
                    "confirm": {"type": "plain_text", "text": yes},
                    "deny": {"type": "plain_text", "text": no},
                }
            return drawn
        case _:
            assert_never(part)
