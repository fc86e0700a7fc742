"""The Slack bot's process: Socket Mode in, use cases, cards out."""

import asyncio
import logging
import signal
from collections.abc import Mapping
from uuid import uuid4

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.logger.messages import warning_client_prioritized_and_token_skipped
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bots.conversation import Conversation
from bots.slack.actions import Actions
from bots.slack.admin import Admin
from bots.slack.animate import Animate
from bots.slack.chat import SlackChat, client
from bots.slack.commands import Commands
from bots.slack.credits import Credits
from bots.slack.forms import Forms
from bots.slack.frames import Frames
from bots.slack.modals import Modals
from bots.slack.settings import SlackSettings
from bots.slack.settings import settings as slack_settings
from bots.slack.words import Words
from bots.video_service import AdminCheck, VideoService
from core import log as logs
from core.domain.ids import PlatformName
from core.runtime import open_runtime
from core.settings import Settings, SettingsError, settings

log = structlog.get_logger()

CONNECTIONS = 8
TOKEN_REFUSED = frozenset({"invalid_auth", "not_authed", "account_inactive", "token_revoked", "not_allowed_token_type"})
CONNECT_TRIES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


def main(admins: Mapping[PlatformName, AdminCheck] | None = None) -> None:
    """Run the bot until SIGTERM or SIGINT.

    Args:
        admins: who can say whether somebody is an admin, on every platform; see `VideoService`.
    """
    read = settings()
    logs.configure(read)
    asyncio.run(_main(read, slack_settings(), admins or {}))


async def _main(read: Settings, known: SlackSettings, admins: Mapping[PlatformName, AdminCheck]) -> None:
    if known.slack_bot_token is None or known.slack_app_token is None:
        raise SettingsError("SLACK_BOT_TOKEN and SLACK_APP_TOKEN are not set; the Slack bot needs both.")
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stopping.set)
    web = client(known.slack_bot_token.get_secret_value(), known.slack_base_url)
    chat = SlackChat(web)
    async with open_runtime(read, connections=CONNECTIONS) as runtime:
        app = build(VideoService(runtime, owner=f"slack:{uuid4().hex[:8]}", admins=admins), chat, web)
        logging.getLogger(app.logger.name).setLevel(logging.WARNING)  # Bolt takes the level of the root logger
        handler = AsyncSocketModeHandler(app, known.slack_app_token.get_secret_value(), web_client=web, ping_interval=5)
        await _connect(handler)
        log.info("slack.ready")
        await stopping.wait()
        await handler.close_async()  # type: ignore[no-untyped-call]  # the SDK has no annotations here
    await chat.aclose()


def build(video_service: VideoService, chat: SlackChat, web: AsyncWebClient) -> AsyncApp:
    """The app with its handlers; Socket Mode and HTTP serve the same one."""
    logging.getLogger(f"slack_bolt.{AsyncApp.__name__}").addFilter(_is_news)
    app = AsyncApp(client=web, ignoring_self_events_enabled=True)
    conversation, modals = Conversation(video_service), Modals(video_service, web)
    admin, money = Admin(video_service, web), Credits(video_service, web)
    words = Words(video_service, conversation=conversation, modals=modals, credits_=money, admin=admin)
    commands = Commands(video_service, chat, web, conversation=conversation, handled=words.handled)
    commands.register(app)
    Actions(video_service, commands, web, conversation=conversation).register(app)
    Forms(video_service, commands, web, conversation=conversation, modals=modals).register(app)
    Animate(commands, Frames(video_service, web), web, conversation=conversation, modals=modals).register(app)
    admin.register(app)
    money.register(app)
    return app


def _is_news(record: logging.LogRecord) -> bool:
    """Bolt finds SLACK_BOT_TOKEN in the environment by itself, and warns that the client has a token already."""
    return record.getMessage() != warning_client_prioritized_and_token_skipped()


async def _connect(handler: AsyncSocketModeHandler) -> None:
    for pause_s in CONNECT_TRIES_S:
        try:
            await handler.connect_async()  # type: ignore[no-untyped-call]  # the SDK has no annotations here
        except SlackApiError as error:
            if (code := error.response.get("error")) in TOKEN_REFUSED:
                raise SettingsError(f"SLACK_APP_TOKEN is refused by Slack ({code}).") from error
            log.warning("slack.unreachable", error=code, again_in_s=pause_s)
            await asyncio.sleep(pause_s)
        except (SlackClientError, aiohttp.ClientError, OSError) as error:
            log.warning("slack.unreachable", error=type(error).__name__, again_in_s=pause_s)
            await asyncio.sleep(pause_s)
        else:
            return
    await handler.connect_async()  # type: ignore[no-untyped-call]  # the SDK has no annotations here


if __name__ == "__main__":
    main()
