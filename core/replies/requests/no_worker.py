"""The message to a person whose video waits because no worker begins with it."""

from core.replies.chat.card import Card, Text
from core.replies.languages.say import say


def waits_for_a_worker() -> Card:
    """The card, which only the person sees: only workers write into the thread."""
    return Card(
        title=say("Your video is waiting for a worker"),
        parts=(Text(say("Nothing is lost: it starts by itself as soon as one runs, or all its credits come back.")),),
    )
