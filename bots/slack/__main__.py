"""The Slack bot's process: takes events by Socket Mode, runs use cases, and answers with cards."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from itertools import chain, repeat
from uuid import uuid4

import aiohttp
import structlog
import uvloop
from slack_bolt.async_app import AsyncApp
from slack_bolt.logger.messages import warning_client_prioritized_and_token_skipped, warning_token_skipped
from slack_bolt.middleware.authorization.async_multi_teams_authorization import AsyncMultiTeamsAuthorization
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bots.burst import Burst
from bots.conversation import Conversation
from bots.slack.api.errors import TOKEN_REFUSED
from bots.slack.api.web import shared_client
from bots.slack.credits.credits import Credits
from bots.slack.delivery.chat import SlackChat
from bots.slack.generations.actions import Actions
from bots.slack.generations.results import Results
from bots.slack.home.home import Home, InHome
from bots.slack.inbound.guard import Guard
from bots.slack.inbound.presses import Presses
from bots.slack.installation.authorize import Authorize
from bots.slack.installation.removed import Removed
from bots.slack.installation.workspaces import OneWorkspace, Workspaces
from bots.slack.requests.animate import Animate
from bots.slack.requests.commands import Commands
from bots.slack.requests.forms import Forms
from bots.slack.requests.frames import Frames
from bots.slack.requests.modals import Modals
from bots.slack.requests.shortcuts import Shortcuts
from bots.slack.requests.talk import Talk
from bots.slack.requests.words import Words
from bots.slack.requests.workflow import Workflow
from bots.slack.rules.admin import Admin
from bots.slack.rules.panels import Panels
from bots.slack.settings import SlackSettings
from bots.slack.settings import settings as slack_settings
from bots.slack.socket import PatientHandler, address_in
from bots.video_service import AdminCheck, VideoService
from core import log as logs
from core import probes
from core.db.pool import Pool
from core.domain.ids import PlatformName
from core.life import closed, ready_for_bursts, run, schema_checked, schema_known, told_to_stop
from core.runtime import open_runtime
from core.settings import Settings, SettingsError, settings

log = structlog.get_logger()

CONNECTIONS = 8
_OURS_TOO = ("Although the app should be installed into this workspace", "Failed to authorize with the given token")
"""How lines of Bolt's begin that say what a line of ours says (1.30, 2026-12-01)."""
NOT_INSTALLED = (
    "Neverdark is not installed in this workspace, or Slack does not answer right now. Please try again in a moment; "
    "if it stays like this, an admin has to install the app once more."
)
STOP_S = 3.0
"""Seconds that commands under way have to end when the process stops."""
CONNECT_S = 20.0
CONNECT_TRIES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


def main(admins: Mapping[PlatformName, AdminCheck] | None = None) -> None:
    """Run the bot until SIGTERM or SIGINT.

    Args:
        admins: by platform, the check whether a person is an admin there; see `VideoService`.
    """
    read = settings()
    logs.configure(read, process="slack")
    uvloop.run(_main(read, slack_settings(), admins or {}))


async def _main(read: Settings, known: SlackSettings, admins: Mapping[PlatformName, AdminCheck]) -> None:
    if known.slack_bot_token is None or known.slack_app_token is None:
        raise SettingsError("SLACK_BOT_TOKEN and SLACK_APP_TOKEN are not set; the Slack bot needs both.")
    stopping = told_to_stop()
    log.info("slack.connecting")
    web = shared_client(known.slack_bot_token.get_secret_value(), known.slack_base_url)
    chat = SlackChat(web, cards=known.slack_cards)
    async with open_runtime(read, process="slack", connections=CONNECTIONS) as runtime:
        burst = Burst()
        app = build(VideoService(runtime, owner=f"slack:{uuid4().hex[:8]}", admins=admins), chat, web, burst=burst)
        logging.getLogger(app.logger.name).setLevel(logging.WARNING)  # Bolt takes the level of the root logger
        handler = PatientHandler(app, known.slack_app_token.get_secret_value(), web=web, burst=burst)
        ready_for_bursts()
        try:
            async with probes.serving("slack", runtime) as probe:
                await run(stopping, schema_checked(runtime.pool), _serve(handler, web, runtime.pool, probe))
        finally:
            await burst.finished(within_s=STOP_S)
            await closed("socket", handler.close_async)
            await closed("chat", chat.aclose)
    log.info("slack.stopped")


async def _serve(handler: PatientHandler, web: AsyncWebClient, pool: Pool, probe: probes.Probe) -> None:
    """Connect, and stay connected: the SDK connects again by itself."""
    await schema_known(pool)  # with a wrong schema the bot could do nothing
    await tried(web.auth_test, setting="SLACK_BOT_TOKEN")
    await tried(lambda: _connect(handler), setting="SLACK_APP_TOKEN")
    probe.ready = True
    log.info("slack.ready")
    await asyncio.Event().wait()


def build(
    video_service: VideoService,
    chat: SlackChat,
    web: AsyncWebClient,
    *,
    workspaces: Workspaces | None = None,
    burst: Burst | None = None,
) -> AsyncApp:
    """The app with its handlers; Socket Mode and HTTP serve the same one.

    Args:
        workspaces: the workspaces that have the app; None: only the one whose token the client has.
        burst: knows which commands are under way, so that a stopping process can wait for them.
    """
    for name in (AsyncApp.__name__, AsyncMultiTeamsAuthorization.__name__):
        logging.getLogger(f"slack_bolt.{name}").addFilter(_is_news)
    found = workspaces or OneWorkspace(web)
    app = AsyncApp(
        client=web,
        authorize=Authorize(found),  # type: ignore[arg-type]  # Bolt takes it, and says so
        ignoring_self_events_enabled=True,
        attaching_function_token_enabled=False,
        user_facing_authorize_error_message=NOT_INSTALLED,
    )
    conversation, modals = Conversation(video_service), Modals(video_service, web)
    panels = Panels(video_service, web)
    panels.register(app)
    admin, money = Admin(video_service, web, panels=panels), Credits(video_service, web)
    words = Words(video_service, conversation=conversation, modals=modals, credits_=money, admin=admin)
    commands = Commands(
        video_service, chat, web, conversation=conversation, handled=words.handled, burst=burst or Burst()
    )
    commands.register(app)
    actions = Actions(video_service, web)
    actions.register(app)
    results = Results(video_service, commands, web, conversation=conversation, modals=modals)
    forms = Forms(video_service, commands, web, conversation=conversation, modals=modals)
    forms.register(app)
    Presses(actions, admin, money, forms, panels, results).register(app)
    Animate(commands, Frames(video_service, web), web, conversation=conversation, modals=modals).register(app)
    admin.register(app)
    money.register(app)
    Removed(video_service, found).register(app)
    guard = Guard(video_service, web)
    Talk(video_service, commands, web, conversation=conversation, guard=guard, handled=words.handled).register(app)
    home = Home(video_service, web, guard=guard, modals=modals, panels=panels)
    guard.in_home = panels.in_home = partial(InHome, web, home)
    home.register(app)
    Shortcuts(modals).register(app)
    Workflow(video_service, commands, web, conversation=conversation).register(app)
    guard.register(app)
    return app


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a log record is worth keeping.

    Bolt reads SLACK_BOT_TOKEN from the environment and warns about it; and at each request of a workspace whose token
    it did not get it has an ERROR of its own, beside our line.
    """
    said = record.getMessage()
    known = {warning_client_prioritized_and_token_skipped(), warning_token_skipped()}
    return said not in known and not said.startswith(_OURS_TOO)


async def tried(call: Callable[[], Awaitable[object]], *, setting: str) -> None:
    """Make one of the first calls, and repeat it for as long as Slack is away.

    Raises:
        SettingsError: Slack refuses the token in that setting.
    """
    for pause_s in chain(CONNECT_TRIES_S, repeat(CONNECT_TRIES_S[-1])):
        why: object
        try:
            async with asyncio.timeout(CONNECT_S):
                await call()
        except SlackApiError as error:
            # The body of a 5xx is text instead of JSON.
            why = error.response.get("error") if isinstance(error.response.data, dict) else error.response.status_code
            if why in TOKEN_REFUSED:
                raise SettingsError(f"{setting} is refused by Slack ({why}).") from error
        except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as error:
            why = type(error).__name__
        else:
            return
        log.warning("slack.unreachable", error=why, again_in_s=pause_s)
        await asyncio.sleep(pause_s)


async def _connect(handler: PatientHandler) -> None:
    """Open the socket. The SDK would ask for its address itself, and would repeat that for ever on any answer."""
    handler.client.wss_uri = None
    answer = await handler.client.web_client.apps_connections_open(app_token=handler.client.app_token or "")
    handler.client.wss_uri = address_in(answer)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # the SDK has no annotations here


if __name__ == "__main__":
    main()
