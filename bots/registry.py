"""Which chat platforms there are: one line each."""

from collections.abc import Callable

from bots.discord.chat import from_environment as discord
from bots.discord.rights import from_environment as discord_admins
from bots.slack.configured import admins_from_environment as slack_admins
from bots.slack.configured import chat_from_environment as slack
from bots.video_service import AdminCheck
from core.db.pool import Pool
from core.domain.ids import PlatformName
from core.ports import Chat
from core.replies.chat.card import Card

PLATFORMS: dict[PlatformName, Callable[[Pool], Chat[Card] | None]] = {
    PlatformName("slack"): slack,
    PlatformName("discord"): lambda _pool: discord(),
}


ADMINS: dict[PlatformName, Callable[[], AdminCheck | None]] = {
    PlatformName("slack"): slack_admins,
    PlatformName("discord"): discord_admins,
}


def admins() -> dict[PlatformName, AdminCheck]:
    """Who can say, for each platform that is configured, whether somebody is an admin there now."""
    checks = {name: make() for name, make in ADMINS.items()}
    return {name: check for name, check in checks.items() if check is not None}


def chats(pool: Pool) -> dict[PlatformName, Chat[Card]]:
    """The chats that are configured, for the worker to post with; the pool is for tokens that lie in the database."""
    opened = {name: make(pool) for name, make in PLATFORMS.items()}
    return {name: chat for name, chat in opened.items() if chat is not None}
