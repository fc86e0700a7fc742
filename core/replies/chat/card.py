"""What we say in chat, as parts with no platform in them. Every platform draws every part.

Cards hold plain text: escaping, length limits and mentions are the renderer's business. A part joins this vocabulary
when every platform can draw it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import assert_never

from core.replies.chat.community_actions import CommunityAction
from core.replies.chat.plan_step import PlanStep
from core.replies.languages.say import say

ROW_MAX = 3
ROW_FACT_MAX = 32


class Drawing(StrEnum):
    """How much of a card is drawn."""

    FULL = "full"
    TEXT = "text"
    """Its words alone: no blocks, no embed, no buttons. For platforms that refuse the card as it is."""


class Tone(StrEnum):
    """What colour or mark a card has, where the platform has one."""

    QUIET = "quiet"
    WORKING = "working"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


class Action(StrEnum):
    """What a button does. The value travels through the platforms and comes back."""

    CANCEL = "cancel"
    AGAIN = "again"
    BALANCE = "balance"
    APPROVE = "approve"
    DECLINE = "decline"
    PAGE = "page"
    """Another page of the history; its subject is the line that the page is before, 0 for the newest."""
    ANSWER = "answer"
    """A way to go on with a draft; its subject is the draft and the number of the way: `<hex>-0`."""
    FIX = "fix"
    """The form, filled in with a draft."""
    LATER = "later"
    RULES = "rules"
    EDIT = "edit"
    """The form, filled in with what a video was asked for."""
    PICK = "pick"
    EXTEND = "extend"
    HIGHER = "higher"
    SHOW = "show"
    DETAILS = "details"
    SHARE = "share"
    DELETE = "delete"
    """Asks whether it is meant; ERASE does it."""
    ERASE = "erase"
    REPORT = "report"
    HIDE = "hide"
    CHOOSE = "choose"
    """One of a workspace's settings; its subject is the setting and the value: `fallback=any`."""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class QuotedText:
    """Somebody's own words, set apart: a prompt."""

    text: str


@dataclass(frozen=True, slots=True)
class Copyable:
    """Somebody's own words, whole and to the letter, to be taken from here and sent again."""

    text: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value. A few short facts that stand together are drawn side by side, others as a list."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of this workspace, drawn under the name that they have there."""

    id: str


@dataclass(frozen=True, slots=True)
class Role:
    """A role, or a group of people, of this workspace, drawn under its name."""

    id: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of this workspace, drawn under its name."""

    id: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, which every reader sees on their own clock."""

    at: datetime
    with_day: bool = False

    def __str__(self) -> str:
        """For where nobody knows the reader's clock."""
        return f"{self.at.astimezone(UTC):{'%d %b, %H:%M' if self.with_day else '%H:%M'}} UTC"


Word = str | Person | Role | Channel | Moment


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture at a public address. `alt` is for who does not see it."""

    url: str
    alt: str


@dataclass(frozen=True, slots=True)
class ListLine:
    """A line of a list: a label and words, with people, channels and times among them.

    For one person's eyes only: a platform may tell people that a message names them.
    """

    label: str
    words: tuple[Word, ...] = ()
    picture: Picture | None = None
    """A small one beside it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A bar. `share` is 0–1; None is under way with no end in sight."""

    share: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class SmallPrint:
    """Small print."""

    text: str


@dataclass(frozen=True, slots=True)
class Button:
    """`subject` is what the action is about: a generation's id, or a line's number. `hint`: its meaning, in a menu."""

    action: Action | CommunityAction
    label: str
    subject: str
    primary: bool = False
    danger: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class LinkButton:
    """A button that opens an address."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Menu:
    """What is needed less often, behind one button: a few things to do, none of them twice.

    Args:
        picks: whether its label is to be read before it is opened, as that of a choice among values is.
    """

    label: str
    choices: tuple[Button, ...]
    picks: bool = False


MENU_MAX = 25
Part = Text | QuotedText | Copyable | Fact | ListLine | Progress | Picture | SmallPrint | Button | LinkButton | Menu


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One message.

    Args:
        title: the first line; also what a notification shows.
        parts: what follows, in order.
        ping: the person to notify, as the platform names them; nobody else is ever pinged.
        drawing: how much of it is drawn.
        plan: the way to what was asked for; drawn where a conversation shows such a thing in place of words.
    """

    title: str
    tone: Tone = Tone.QUIET
    parts: tuple[Part, ...] = ()
    ping: str | None = None
    drawing: Drawing = Drawing.FULL
    plan: tuple[PlanStep, ...] = ()

    @property
    def buttons(self) -> tuple[Button | LinkButton, ...]:
        return tuple(part for part in self.parts if isinstance(part, Button | LinkButton))

    @property
    def menus(self) -> tuple[Menu, ...]:
        return tuple(part for part in self.parts if isinstance(part, Menu))


def side_by_side(facts: Sequence[Fact]) -> bool:
    """Whether facts that stand together are few and short enough for one row."""
    return len(facts) <= ROW_MAX and all(len(fact.label) + len(fact.value) <= ROW_FACT_MAX for fact in facts)


def bar(share: float | None, *, width: int = 12) -> str:
    """A bar of block characters, the same on every platform."""
    full = 0 if share is None else round(max(0.0, min(1.0, share)) * width)
    return "▰" * full + "▱" * (width - full)


def percent(share: float) -> str:
    """A share as people read it."""
    return f"{round(max(0.0, min(1.0, share)) * 100)} %"


def bar_line(share: float | None, note: str) -> str:
    """A bar with what there is to say about it."""
    done = "" if share is None else percent(share)
    return "  ".join(filter(None, (bar(share), " · ".join(filter(None, (done, note))))))


def _how_far(share: float | None, note: str) -> str:
    """A bar in words, for who hears it."""
    done = "" if share is None else say("{share} of the way", share=percent(share))
    return ", ".join(filter(None, (done, note)))


def plain(card: Card) -> str:
    """The card as text, for notifications, screen readers and clients that draw nothing else."""
    lines = [card.title]
    for part in card.parts:
        match part:
            case Text(text) | SmallPrint(text) | Copyable(text):
                lines.append(text)
            case QuotedText(text):
                lines.append(f"“{text}”")
            case Fact(label, value):
                lines.append(f"{label}: {value}")
            case ListLine(label, words):
                lines.append(f"{label} {''.join(map(_plain_word, words))}".strip())
            case Progress(share, note):
                lines.append(_how_far(share, note))
            case LinkButton(label, url) if card.drawing is Drawing.TEXT:
                lines.append(f"{label}: {url}")
            case Picture() | Button() | LinkButton() | Menu():
                pass
            case _:
                assert_never(part)
    return "\n".join(lines)


def _plain_word(word: Word) -> str:
    match word:
        case Person(id) | Role(id):
            return f"@{id}"
        case Channel(id):
            return f"#{id}"
        case str() | Moment():
            return str(word)
        case _:
            assert_never(word)
