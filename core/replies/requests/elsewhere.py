"""The answer where a workspace has its videos in another channel."""

from core.domain.ids import ChannelId
from core.replies.chat.card import Card, Channel, ListLine
from core.replies.languages.say import say


def comes_elsewhere(channel: ChannelId) -> Card:
    """The card, which only the person sees."""
    return Card(
        title=say("Your video comes in another channel"), parts=(ListLine(say("There it is:"), (Channel(channel),)),)
    )
