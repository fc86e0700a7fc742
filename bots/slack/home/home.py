"""The App Home: published when a person opens it, and again while its content changes.

After each opening, the process looks at the person's videos every few seconds for a while, and publishes the view
again where it differs. After that, the next opening shows the present state.
"""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook import WebhookResponse

from bots.credit_service import Asking
from bots.rule_service import Manager
from bots.slack.api.errors import translated
from bots.slack.credits.credits import PHRASES
from bots.slack.home import home_view
from bots.slack.inbound.guard import Guard
from bots.slack.inbound.say import Answering
from bots.slack.requests import form
from bots.slack.requests.modals import Modals
from bots.slack.rules.panels import Panels
from bots.video_service import VideoService
from core.domain.chat.chat_errors import ChatError
from core.domain.credits.credit_commands import ShowBalance
from core.domain.errors import Refused
from core.domain.ids import ChannelId, Installation, UserId
from core.replies.chat.card import Card
from core.replies.requests.refusals import refused
from core.usecases.generations.overview import Overview

log = structlog.get_logger()

FOLLOW_S = 600.0
"""Seconds for which a Home is kept up to date after it was opened, or after a press in it."""
LOOK_S = 5.0
IDLE_LOOK_S = 30.0
"""Seconds between looks while no video of this person runs."""
FOLLOWED_MAX = 200
"""Homes that one process keeps up to date; any other Home shows the state when it was opened."""

Key = tuple[Installation, UserId]


@dataclass(slots=True, kw_only=True)
class _Followed:
    """One person's Home that was opened lately."""

    by: Manager
    until: float
    digest: str = ""
    task: "asyncio.Task[None] | None" = None


class Home:
    """The Homes of one process's people."""

    def __init__(
        self, video_service: VideoService, web: AsyncWebClient, *, guard: Guard, modals: Modals, panels: Panels
    ) -> None:
        self._service = video_service
        self._web = web
        self._guard = guard
        self._modals = modals
        self.panels = panels
        self._followed: OrderedDict[Key, _Followed] = OrderedDict()

    def register(self, app: AsyncApp) -> None:
        app.event("app_home_opened")(self.opened)
        app.action(home_view.MAKE)(self.make)

    async def opened(self, event: dict[str, Any], context: AsyncBoltContext) -> None:
        """A person opened their Home."""
        if event.get("tab") != "home":
            return
        user = UserId(str(event["user"]))
        by = await self.panels.manager(context, {"user_id": user})
        try:
            await self._guard.check(context, user, home=None)
        except Refused as refusal:
            await self._publish(user, home_view.closed(refused(refusal)))
            return
        await self.show(by)

    async def make(self, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any]) -> None:
        """Open the form, which asks where the video goes."""
        await ack()
        await self._modals.open(respond, body, form.blank(), channel="")

    async def show(self, by: Manager, *, notices: tuple[dict[str, Any], ...] = ()) -> bool:
        """Publish the Home, and keep it up to date for a while. False: Slack has not taken it."""
        key = (by.principal.installation, by.principal.user)
        followed = self._followed.get(key) or _Followed(by=by, until=0.0)
        followed.by, followed.until = by, time.monotonic() + FOLLOW_S
        view, _ = await self._drawn(by, notices=notices)
        followed.digest = home_view.digest(view)
        if not await self._publish(by.principal.user, view):
            return False
        self._followed[key] = followed
        self._followed.move_to_end(key)
        while len(self._followed) > FOLLOWED_MAX:
            _, oldest = self._followed.popitem(last=False)
            if oldest.task is not None:
                oldest.task.cancel()
        if followed.task is None or followed.task.done():
            # The task keeps this request's workspace as the current one.
            followed.task = asyncio.create_task(self._follow(key, followed), name="home")
        return True

    async def _follow(self, key: Key, followed: _Followed) -> None:
        is_idle = False
        while time.monotonic() < followed.until:
            await asyncio.sleep(IDLE_LOOK_S if is_idle else LOOK_S)
            view, is_idle = await self._drawn(followed.by)
            if (now := home_view.digest(view)) != followed.digest:
                if not await self._publish(followed.by.principal.user, view):
                    break
                followed.digest = now
        if self._followed.get(key) is followed:
            del self._followed[key]

    async def _drawn(self, by: Manager, *, notices: tuple[dict[str, Any], ...] = ()) -> tuple[dict[str, Any], bool]:
        """The present view, and whether no video of this person runs."""
        asking = Asking(principal=by.principal, channel=ChannelId(""), event="home")
        balance = (await self._service.credit_service.carry_out(ShowBalance(), asking, PHRASES)).card
        mine = await self._service.overviews.of(by.principal)
        managed: tuple[Card, ...] = ()
        if not isinstance(await self._service.rules.manager(by), Card):
            managed = (await self._service.settings(by), await self._service.rules.show(by))
        presets = await self._service.rules.presets(by)
        view = home_view.home(
            balance=balance,
            mine=mine,
            notices=notices,
            presets=presets,
            managed=managed,
            pictures=self._service.overviews.shows_pictures,
        )
        return view, isinstance(mine, Overview) and not mine.running

    async def _publish(self, user: UserId, view: dict[str, Any]) -> bool:
        try:
            async with translated("views.publish"):
                await self._web.views_publish(user_id=user, view=view)
        except ChatError as error:
            log.warning("home.not_published", why=f"{type(error).__name__} {error}")
            return False
        return True


class InHome(Answering):
    """The answer to a press in the Home, shown at its top."""

    def __init__(self, web: AsyncWebClient, home: Home, context: AsyncBoltContext, user: UserId) -> None:
        super().__init__(web, response_url=None, user=user)
        self._home = home
        self._context = context

    async def __call__(self, *args: Any, **words: Any) -> WebhookResponse:
        by = await self._home.panels.manager(self._context, {"user_id": self._user})
        text, blocks = args[0] if args else words.get("text", ""), words.get("blocks") or ()
        if not await self._home.show(by, notices=tuple(blocks)):
            return await self._directly(text, blocks, why="views.publish")
        return WebhookResponse(url="", status_code=200, body="ok", headers={})
