"""A no that carries what was typed, where it could not be kept for a form: to be copied, and sent again."""

from collections.abc import Iterator
from dataclasses import replace

from core.replies.chat.card import Action, Button, Card, Copyable, Part, SmallPrint, Text, Tone
from core.replies.languages.say import say

PIECE_MAX = 2900
"""Each platform takes so many characters in one piece."""
_LEADS_ON = frozenset({Action.FIX, Action.ANSWER})


def carried(card: Card, words: str, *, has_pictures: bool = False) -> Card:
    """The card with the words, unless it leads on by a button, has them already, or is no refusal.

    Args:
        has_pictures: pictures belong to them that cannot be written as an address.
    """
    leads_on = any(isinstance(part, Button) and part.action in _LEADS_ON for part in card.parts)
    has_them = any(isinstance(part, Copyable) for part in card.parts)
    if leads_on or has_them or card.tone not in {Tone.WARNING, Tone.BAD} or not words.strip():
        return card
    parts: list[Part] = [Text(say("Here is what you typed, to copy and send again:")), *_pieces(words)]
    if has_pictures:
        parts.append(SmallPrint(say("Please add the pictures again, too.")))
    return replace(card, parts=(*card.parts, *parts))


def _pieces(words: str) -> Iterator[Copyable]:
    """The words in pieces that end between two of them, where that can be had."""
    while len(words) > PIECE_MAX:
        blank = words.rfind(" ", 1, PIECE_MAX + 1)
        end = blank if blank > 0 else PIECE_MAX
        yield Copyable(words[:end])
        words = words[end:].lstrip(" ")
    yield Copyable(words)
