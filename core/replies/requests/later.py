"""Cards about videos that are made later."""

from collections.abc import Sequence

from core.domain.rules.later_video import LaterVideo
from core.replies.chat.card import (
    Action,
    Button,
    Card,
    ListLine,
    Moment,
    Part,
    QuotedText,
    SmallPrint,
    Text,
    Tone,
    Word,
)
from core.replies.chat.tier_names import label
from core.replies.chat.words import credit_count, cut
from core.replies.languages.say import amount, later, say

PROMPT_MAX = 60
WAYS = (
    ("now", later("Make it now")),
    ("hour", later("An hour later")),
    ("day", later("A day later")),
    ("cancel", later("Cancel it")),
)


def planned(later: LaterVideo, *, needed: int, balance: int) -> Card:
    """A later video was recorded."""
    when: tuple[Word, ...] = (Moment(later.due_at, with_day=True),)
    if later.when_cheap:
        when = (say("as soon as its cheapest provider has nobody waiting, until "), *when)
    parts: list[Part] = [
        QuotedText(cut(later.request.prompt, PROMPT_MAX)),
        ListLine(say("It begins"), when),
        Text(say("Credits are taken when it begins: up to {credits}.", credits=credit_count(needed))),
        *_short(needed, balance),
        *_buttons(later),
        SmallPrint(say("Times of {zone}. All that wait: /video later", zone=later.zone)),
    ]
    return Card(title=say("Your video is planned"), parts=tuple(parts))


def waiting(found: Sequence[LaterVideo]) -> Card:
    """The person's later videos, and the buttons for the next one."""
    if not found:
        return Card(
            title=say("Nothing of yours is planned"),
            parts=(Text(say("Like this: {example}", example='/video a fox at:"tomorrow 9:00"')),),
        )
    lines = [
        ListLine("", (Moment(each.due_at, with_day=True), f" · {label(each.request.tier)} · ", _title(each)))
        for each in found
    ]
    parts: tuple[Part, ...] = (*lines, Text(say("The next one: {title}", title=_title(found[0]))), *_buttons(found[0]))
    return Card(title=say("Your planned videos"), parts=parts)


def warned(later: LaterVideo, *, needed: int, balance: int) -> Card:
    """A warning: a later video begins soon, and the credits do not cover it."""
    parts: tuple[Part, ...] = (
        QuotedText(cut(later.request.prompt, PROMPT_MAX)),
        ListLine(say("It begins"), (Moment(later.due_at, with_day=True),)),
        *_short(needed, balance),
        *_buttons(later),
    )
    return Card(title=say("Your planned video is short of credits"), tone=Tone.WARNING, parts=parts)


def not_begun(later: LaterVideo, refusal_card: Card) -> Card:
    """A later video was due, and could not begin."""
    quoted = QuotedText(cut(later.request.prompt, PROMPT_MAX))
    parts: tuple[Part, ...] = (quoted, Text(refusal_card.title), *refusal_card.parts)
    return Card(title=say("Your planned video could not begin"), tone=Tone.WARNING, parts=parts)


def _short(needed: int, balance: int) -> tuple[Text, ...]:
    if balance >= needed:
        return ()
    return (
        Text(
            say(
                "Your team has {balance} now: {credits} are missing until then.",
                balance=amount(balance),
                credits=credit_count(needed - balance),
            )
        ),
    )


def _buttons(later: LaterVideo) -> tuple[Button, ...]:
    return tuple(Button(Action.LATER, say(name), f"{later.id.hex}-{way}", danger=way == "cancel") for way, name in WAYS)


def _title(later: LaterVideo) -> str:
    return f"“{cut(later.request.prompt, PROMPT_MAX)}”"
