"""Explains in a message why it is in another place than the command; and, in the old place, where the rest is."""

from dataclasses import replace

from core.domain.chat.delivery import Where
from core.replies.chat.card import Card, SmallPrint, Text
from core.replies.languages.say import later, say

_HERE = {
    Where.CHANNEL: later("I could not write in this video's thread any more, so it goes on here."),
    Where.FOLLOW_UP: later("I could not post in that channel, so I am answering your command instead."),
    Where.DIRECT: later(
        "I could not post in the channel where you asked, so this comes to you directly. "
        "An admin there can let me post, or invite me."
    ),
}
_THERE = {
    Where.CHANNEL: later("I cannot write in this thread any more: the video goes into the channel."),
    Where.FOLLOW_UP: later("I cannot write in this channel any more: the video comes as the answer to the command."),
    Where.DIRECT: later("I cannot write here any more: the video goes directly to the person who asked for it."),
}


def with_reason(card: Card, *, where: Where, is_there: bool) -> Card:
    """The card with a sentence about its place.

    Args:
        where: the place that messages go to from now on.
        is_there: whether this card is in the new place; otherwise it is in the old one and tells where the rest is.
    """
    words = (_HERE if is_there else _THERE).get(where)
    return card if words is None else replace(card, parts=(*card.parts, SmallPrint(say(words))))


def goes_on_directly() -> Card:
    """The last words of a message that can be changed no longer, before its video is there: no bar, and no Cancel."""
    return Card(
        title=say("Your video is still being made, and comes to you directly"),
        parts=(Text(say("This message cannot be changed any more.")),),
    )
