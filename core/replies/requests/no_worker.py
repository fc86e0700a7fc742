"""What somebody reads whose video nobody can begin with yet."""

from core.replies.chat.card import Card, Text
from core.replies.languages.say import say


def waits_for_a_worker() -> Card:
    """For the person alone: the thread itself is a worker's to write in."""
    return Card(
        title=say("Your video is waiting for a worker"),
        parts=(Text(say("Nothing is lost: it starts by itself as soon as one runs, or all its credits come back.")),),
    )
