"""Cards for a person who uses the app in a place of which it is no member: how their video comes."""

from core.replies.chat.card import Button, Card, Text, Tone
from core.replies.chat.community_actions import CommunityAction
from core.replies.languages.say import say


def comes_here(subject: str) -> Card:
    """The video is under way; the app can answer the command for a quarter of an hour only."""
    return Card(
        title=say("It comes here, as an answer to you"),
        parts=(
            Text(say("I am not in this place myself, and may answer for 15 minutes. Later it comes to you directly.")),
            Button(CommunityAction.REST, say("Bring it here"), subject),
        ),
    )


def will_come_here() -> Card:
    """The answer to a press while the video is still being made or posted: it will come as a new answer."""
    return Card(
        title=say("It comes here once it is there"), parts=(Text(say("I may answer for 15 more minutes now.")),)
    )


def is_there() -> Card:
    """The answer to a press after the video has arrived."""
    return Card(
        title=say("It has arrived"),
        tone=Tone.GOOD,
        parts=(Text(say("Look above, and in your direct messages with me.")),),
    )
