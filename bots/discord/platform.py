"""Discord's record for the registry. Importing the record does not load discord.py; the functions in it do."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bots.discord.settings import DiscordSettings, settings
from bots.platform import Platform, Setup
from core.db.pool import Pool
from core.domain.ids import PlatformName
from core.ports import Chat
from core.replies.chat.card import Card

if TYPE_CHECKING:
    from bots.video_service import AdminCheck


def _main(admins: Mapping[PlatformName, "AdminCheck"]) -> None:
    from bots.discord.__main__ import main

    main(admins)


def _chat(_pool: Pool) -> Chat[Card] | None:
    from bots.discord.delivery.chat import from_environment

    return from_environment()


def _admins() -> "AdminCheck | None":
    from bots.discord.people.rights import from_environment

    return from_environment()


def _setup() -> Setup:
    return Setup(is_set=settings().discord_token is not None)


def _stand_in(at: str) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": "sandbox-discord-token",
        "DISCORD_API_URL": f"http://{at}/discord/api/v10",
        "DISCORD_GATEWAY_URL": f"ws://{at}/discord/gateway",
        "DISCORD_SKUS": "1100000000000000901=500,1100000000000000902=2000",
        "DISCORD_SUBSCRIPTIONS": "1100000000000000903=1000",
    }


PLATFORM = Platform(
    name=PlatformName("discord"),
    label="Discord",
    credential="DISCORD_TOKEN",
    settings=DiscordSettings,
    variables=("DISCORD_TOKEN",),
    main=_main,
    chat=_chat,
    admins=_admins,
    setup=_setup,
    stand_in=_stand_in,
)
