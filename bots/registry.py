"""Which chat platforms there are: one line each."""

from collections.abc import Callable

from bots.discord.chat import from_environment as discord
from bots.slack.chat import from_environment as slack
from core.domain.ids import PlatformName
from core.ports import Chat
from core.replies.card import Card

PLATFORMS: dict[PlatformName, Callable[[], Chat[Card] | None]] = {
    PlatformName("slack"): slack,
    PlatformName("discord"): discord,
}


def chats() -> dict[PlatformName, Chat[Card]]:
    """The chats that are configured, for the worker to post with."""
    opened = {name: make() for name, make in PLATFORMS.items()}
    return {name: chat for name, chat in opened.items() if chat is not None}
