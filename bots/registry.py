"""The chat platforms, one line each; and the check whether each accepts the token that is configured."""

import asyncio
from collections.abc import Mapping
from itertools import chain, repeat
from typing import TYPE_CHECKING

import structlog

from bots.discord.platform import PLATFORM as DISCORD
from bots.platform import Platform
from bots.slack.platform import PLATFORM as SLACK
from core.db.pool import Pool
from core.domain.chat.chat_errors import AccessLost, ChatError
from core.domain.ids import PlatformName
from core.ports import Chat
from core.replies.chat.card import Card
from core.settings import SettingsError

if TYPE_CHECKING:
    from bots.video_service import AdminCheck

log = structlog.get_logger()

CHECK_S = 20.0
CHECK_AGAIN_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


PLATFORMS: dict[PlatformName, Platform] = {platform.name: platform for platform in (SLACK, DISCORD)}


def admins() -> dict[PlatformName, "AdminCheck"]:
    """For each configured platform, the check whether a person is an admin there now."""
    checks = {name: platform.admins() for name, platform in PLATFORMS.items()}
    return {name: check for name, check in checks.items() if check is not None}


def labels(*, joined_by: str = "and") -> str:
    """The platforms' names for people, as the words of a sentence."""
    *most, last = [platform.label for platform in PLATFORMS.values()]
    return f"{', '.join(most)} {joined_by} {last}" if most else last


def chats(pool: Pool) -> dict[PlatformName, Chat[Card]]:
    """The adapters of the configured platforms, for the worker. Some read their tokens from the database."""
    opened = {name: platform.chat(pool) for name, platform in PLATFORMS.items()}
    return {name: chat for name, chat in opened.items() if chat is not None}


async def tokens_taken(opened: Mapping[PlatformName, Chat[Card]], *, asked: asyncio.Event) -> None:
    """Return when every platform has accepted our token. A platform that is away is asked again until it answers.

    Args:
        asked: set when each platform has been asked once.

    Raises:
        SettingsError: a platform refuses its token.
    """
    left = dict(opened)
    for pause_s in chain(CHECK_AGAIN_S, repeat(CHECK_AGAIN_S[-1])):
        taken = await asyncio.gather(*(_is_taken(name, chat, again_in_s=pause_s) for name, chat in left.items()))
        left = {name: chat for (name, chat), is_taken in zip(left.items(), taken, strict=True) if not is_taken}
        asked.set()
        if not left:
            return
        await asyncio.sleep(pause_s)


async def _is_taken(name: PlatformName, chat: Chat[Card], *, again_in_s: float) -> bool:
    """Whether the platform accepts our token; False while it does not answer."""
    try:
        async with asyncio.timeout(CHECK_S):
            await chat.check()
    except AccessLost as error:
        platform = PLATFORMS[name]
        raise SettingsError(f"{platform.credential} is refused by {platform.label} ({error.code}).") from error
    except (ChatError, TimeoutError) as error:
        log.warning(
            "chat.unreachable", platform=name, error=type(error).__name__, why=str(error), again_in_s=again_in_s
        )
        return False
    return True
