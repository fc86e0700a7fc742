"""Why a message comes somewhere else than where it was asked for; and, in the old place, where the rest of it is."""

from dataclasses import replace

from core.domain.chat.delivery import Where
from core.replies.chat.card import Card, SmallPrint

_HERE = {
    Where.CHANNEL: "I could not write into the thread of this video any more, so it goes on here.",
    Where.FOLLOW_UP: "I could not post in that channel, so the answer comes to your command.",
    Where.DIRECT: (
        "I could not post in the channel where you asked, so this comes to you directly. "
        "An admin there can let me post, or invite me."
    ),
}
_THERE = {
    Where.CHANNEL: "This thread takes no more messages from me: the video goes into the channel.",
    Where.FOLLOW_UP: "This channel takes no more messages from me: the video comes as the answer to the command.",
    Where.DIRECT: "This place takes no more messages from me: the video goes to whoever asked for it, directly.",
}


def with_reason(card: Card, *, where: Where, is_there: bool) -> Card:
    """The card with a word about its place.

    Args:
        where: the place that messages go to now.
        is_there: this card goes there as well; else it stays where it was, and tells where the rest is.
    """
    words = (_HERE if is_there else _THERE).get(where)
    return card if words is None else replace(card, parts=(*card.parts, SmallPrint(words)))
