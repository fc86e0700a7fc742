"""A message in chat as parts that no platform is named in. Every platform draws every part.

Cards hold plain text: the renderer of a platform escapes it, cuts it to length and makes mentions. A new kind of part
is added only if every platform can draw it.
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
    """Its text alone, without blocks, embed and buttons, for a platform that has refused the whole card."""


class Tone(StrEnum):
    """The mood of a card, which platforms show as a colour or a mark."""

    QUIET = "quiet"
    WORKING = "working"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


class Action(StrEnum):
    """What a button does. Its value is in the button's id, and comes back with a press."""

    CANCEL = "cancel"
    AGAIN = "again"
    BALANCE = "balance"
    APPROVE = "approve"
    DECLINE = "decline"
    PAGE = "page"
    """Show another page of the history. Subject: the line before which the page ends, 0 for the newest page."""
    ANSWER = "answer"
    """Go on with a draft. Subject: the draft and the number of the way to go on: `<hex>-0`."""
    FIX = "fix"
    """Open the form, filled in with a draft."""
    LATER = "later"
    RULES = "rules"
    EDIT = "edit"
    """Open the form, filled in with the request of a video."""
    PICK = "pick"
    EXTEND = "extend"
    HIGHER = "higher"
    SHOW = "show"
    DETAILS = "details"
    SHARE = "share"
    DELETE = "delete"
    """Ask for confirmation; ERASE then deletes."""
    ERASE = "erase"
    REPORT = "report"
    HIDE = "hide"
    CHOOSE = "choose"
    """Change a setting of the workspace. Subject: the setting and the value: `fallback=any`."""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class QuotedText:
    """A person's own words, such as a prompt, drawn as a quote."""

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
    """A person of this workspace, drawn with their name there."""

    id: str


@dataclass(frozen=True, slots=True)
class Role:
    """A role or a user group of this workspace, drawn with its name."""

    id: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of this workspace, drawn with its name."""

    id: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, which every reader sees in their own time zone."""

    at: datetime
    with_day: bool = False

    def __str__(self) -> str:
        """The time in UTC, where the reader's time zone is not known."""
        return f"{self.at.astimezone(UTC):{'%d %b, %H:%M' if self.with_day else '%H:%M'}} UTC"


Word = str | Person | Role | Channel | Moment


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture at a public address. `alt` describes it in words."""

    url: str
    alt: str


@dataclass(frozen=True, slots=True)
class ListLine:
    """A line of a list: a label and words, with people, channels and times among them.

    Only for cards that one person sees: a platform may notify people who are named in a message.
    """

    label: str
    words: tuple[Word, ...] = ()
    picture: Picture | None = None
    """A small picture beside the line."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A progress bar. `share` is 0–1; None is work whose end is not known."""

    share: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class SmallPrint:
    """Small print."""

    text: str


@dataclass(frozen=True, slots=True)
class Button:
    """`subject`: the object of the action, such as a generation's id. `hint`: an explanation, shown in menus."""

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
    """Actions that are needed less often, behind one button. No action is in it twice.

    Args:
        picks: whether its label must be visible while it is closed, as in a choice among values.
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
        parts: the rest of the message, in order.
        ping: the person to notify, as the platform names them; nobody else is ever pinged.
        drawing: how much of it is drawn.
        plan: the steps to the video; drawn in conversations that show a plan instead of text.
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
    """Whether neighbouring facts are few and short enough for one row."""
    return len(facts) <= ROW_MAX and all(len(fact.label) + len(fact.value) <= ROW_FACT_MAX for fact in facts)


def bar(share: float | None, *, width: int = 12) -> str:
    """A bar of block characters, the same on every platform."""
    full = 0 if share is None else round(max(0.0, min(1.0, share)) * width)
    return "▰" * full + "▱" * (width - full)


def percent(share: float) -> str:
    """A share as a percentage."""
    return f"{round(max(0.0, min(1.0, share)) * 100)} %"


def bar_line(share: float | None, note: str) -> str:
    """A progress bar with its text."""
    done = "" if share is None else percent(share)
    return "  ".join(filter(None, (bar(share), " · ".join(filter(None, (done, note))))))


def _how_far(share: float | None, note: str) -> str:
    """A progress bar in words, for screen readers."""
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
