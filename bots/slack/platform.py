"""Slack's record for the registry. Importing the record does not load Bolt and the SDK; the functions in it do."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bots.platform import Mounted, Platform, Setup
from bots.slack.settings import SlackSettings, settings
from core.db.pool import Pool
from core.domain.ids import PlatformName
from core.ports import Chat
from core.replies.chat.card import Card
from core.settings import SettingsError

if TYPE_CHECKING:
    from bots.video_service import AdminCheck, VideoService


def _main(admins: Mapping[PlatformName, "AdminCheck"]) -> None:
    from bots.slack.__main__ import main

    main(admins)


def _chat(pool: Pool) -> Chat[Card] | None:
    from bots.slack.configured import chat_from_environment

    return chat_from_environment(pool)


def _admins() -> "AdminCheck | None":
    from bots.slack.configured import admins_from_environment

    return admins_from_environment()


def _mounts(service: "VideoService", pool: Pool, public_url: str | None) -> Mounted | None:
    from bots.slack.http import from_environment

    return from_environment(service, pool, public_url=public_url)


def _setup() -> Setup:
    known = settings()
    if known.slack_client_id is not None:
        try:
            return Setup(is_set=known.mode is not None)
        except SettingsError as error:
            return Setup(is_set=True, lacks="Slack for many workspaces lacks a setting", remedy=str(error))
    ways_in = known.slack_app_token or known.slack_signing_secret
    if known.slack_bot_token is None and ways_in:
        remedy = "set SLACK_BOT_TOKEN (xoxb-…, “OAuth & Permissions” of your app)"
        return Setup(is_set=True, lacks="Slack has no bot token", remedy=remedy)
    if known.slack_bot_token is not None and not ways_in:
        remedy = "set SLACK_APP_TOKEN (xapp-…) for Socket Mode, or SLACK_SIGNING_SECRET where Slack posts to `web`"
        return Setup(is_set=True, lacks="Slack has a bot token and no way to reach us", remedy=remedy)
    return Setup(is_set=known.slack_bot_token is not None)


def _stand_in(at: str) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": "xoxb-sandbox",
        "SLACK_APP_TOKEN": "xapp-sandbox",
        "SLACK_BASE_URL": f"http://{at}/slack/api/",
    }


def _no_process(values: Mapping[str, str]) -> str | None:
    if "SLACK_SIGNING_SECRET" in values and "SLACK_APP_TOKEN" not in values:
        return "Slack has no process of its own in this `up`: it posts its events to web."
    return None


PLATFORM = Platform(
    name=PlatformName("slack"),
    label="Slack",
    credential="SLACK_BOT_TOKEN",
    settings=SlackSettings,
    variables=("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CLIENT_ID"),
    main=_main,
    chat=_chat,
    admins=_admins,
    setup=_setup,
    stand_in=_stand_in,
    no_process=_no_process,
    mounts=_mounts,
)
