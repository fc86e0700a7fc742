"""Runs before every handler: checks, after the acknowledgement, whether the person may use the app here.

Channels may be shared with other workspaces (Slack Connect), and their people see our commands and buttons. The app's
own workspace pays, so outsiders and guests are refused unless its admins allow them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bots.acknowledgement import note_acknowledgement
from bots.command_log import note_command
from bots.run_use_case import run_use_case
from bots.slack.api.tenant import SLACK, current
from bots.slack.inbound.deliveries import Deliveries, is_video, name_of
from bots.slack.inbound.no_token import answered
from bots.slack.inbound.say import Answering, AtHome, whisper
from bots.slack.inbound.typed_words import typed_in
from bots.slack.people.callers import BELONGS, LOCALE, team_of
from bots.slack.people.people import STALE_S, people_of
from bots.slack.vocabulary import WORDS
from bots.video_service import VideoService
from core.db.errors import DatabaseAway
from core.domain.chat.chat_errors import ChatError
from core.domain.chat.principal import Belongs
from core.domain.errors import Refused
from core.domain.ids import Installation, UserId
from core.domain.requests.refusals import NotOfThisWorkspace
from core.replies.languages.say import speak
from core.replies.languages.vocabulary import use
from core.replies.requests.carried import carried
from core.replies.requests.refusals import broken, refused

log = structlog.get_logger()

SEEN_S = 0.05
"""Seconds. Bolt looks for an acknowledgement every 10 ms; a handler that ends earlier loses it (1.30, 2026-11-30)."""


class Guard:
    """Bolt's middleware, and its handling of errors."""

    def __init__(self, video_service: VideoService, web: AsyncWebClient) -> None:
        self._service = video_service
        self._web = web
        self._deliveries = Deliveries()
        self.in_home: AtHome | None = None
        """Makes the answer to a press in a person's Home."""

    def register(self, app: AsyncApp) -> None:
        app.use(self.before)
        app.error(self.failed)

    async def before(
        self,
        context: AsyncBoltContext,
        body: dict[str, Any],
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt passes it by this name
    ) -> BoltResponse:
        """Put the check behind the handler's acknowledgement, and set the team to the one that our token belongs to."""
        note_command(str(body.get("trigger_id") or body.get("event_id") or ""))
        team = team_of(context)
        if team is None:
            return await next()  # an event about the app's removal: no person asks for anything
        if self._deliveries.is_again(body) or not await self._is_first(body):
            log.info("slack.delivered_again")
            return BoltResponse(status=200, body="")
        if "team_id" in body or "command" in body:
            body["team_id"] = team
        else:
            body["team"] = {"id": team}  # payloads name no team where an app is installed for an organization
        if body.get("type") == "event_callback":
            note_acknowledgement()  # Bolt has acknowledged the event
        user = _user(body)
        if user is not None and not _opens_a_link(body):
            context["ack"] = _Checked(self, context, user, home=_home(body))
        if user is not None:
            context["respond"] = self._answering(context, body, user)
        return await next()

    async def _is_first(self, body: dict[str, Any]) -> bool:
        """Whether no process has heard it before, as far as that is to be known now."""
        name = name_of(body)
        if name is None or is_video(body):
            return True
        return await self._service.presence.is_first(SLACK, name)

    def _answering(self, context: AsyncBoltContext, body: dict[str, Any], user: UserId) -> Answering:
        if self.in_home is not None and (body.get("view") or {}).get("type") == "home":
            return self.in_home(context, user)
        name = name_of(body) if is_video(body) else None
        is_first = partial(self._service.presence.is_first, SLACK, name) if name is not None else None
        return Answering(self._web, response_url=context.response_url, user=user, is_first=is_first)

    async def check(self, context: AsyncBoltContext, user: UserId, *, home: str | None) -> None:
        """Go on only if the person may use the app here.

        Raises:
            Refused: the person may not, or Slack does not tell who they are.
        """
        team, found = team_of(context) or "", current()
        organization = found.organization if found is not None else None
        if home not in {None, team} and organization is None:
            belongs = Belongs.OUTSIDER
        else:  # in an organization, payloads name its id or another of its workspaces for people who are members here
            somebody = await people_of(self._web).who(user, stale_s=STALE_S)
            is_org_wide = found is not None and found.is_organization
            belongs = somebody.belongs(team=team, organization=organization if is_org_wide else None)
            context[LOCALE] = somebody.locale
            use(WORDS)
            speak(somebody.locale)  # for all sentences of the handler
        context[BELONGS] = belongs
        if belongs is Belongs.MEMBER:
            return
        lets_in = await run_use_case(self._service.lets_in(SLACK, Installation(team), belongs), what="settings")
        if lets_in is not True:
            log.info("guard.refused", belongs=belongs)
            raise NotOfThisWorkspace(belongs)

    async def failed(self, error: Exception, body: dict[str, Any], context: AsyncBoltContext) -> BoltResponse | None:
        """Tell the person about a refusal, with what they typed; any other error is a bug, and they are told so."""
        if isinstance(error, DatabaseAway | ChatError) and context.authorize_result is None:
            return await answered(body, context, error)
        if not isinstance(error, Refused):
            log.error("slack.handler_crashed", exc_info=error)
        card = carried(refused(error) if isinstance(error, Refused) else broken(), typed_in(body))
        if isinstance(context.respond, Answering):
            await asyncio.gather(whisper(context.respond, card), asyncio.sleep(SEEN_S))
        return None


class _Checked(AsyncAck):
    """An acknowledgement that is sent first and then runs the check."""

    def __init__(self, guard: Guard, context: AsyncBoltContext, user: UserId, *, home: str | None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Bolt has no annotations here
        self._guard, self._context, self._user, self._home = guard, context, user, home
        self._is_checked = False

    async def __call__(self, *args: Any, **kwargs: Any) -> BoltResponse:
        given = await super().__call__(*args, **kwargs)
        note_acknowledgement()
        if not self._is_checked:
            self._is_checked = True
            await self._guard.check(self._context, self._user, home=self._home)
        return given


def _user(body: dict[str, Any]) -> UserId | None:
    """The person who makes the request; None for events without a person."""
    person = body.get("user")
    found = body.get("user_id") or (person.get("id") if isinstance(person, dict) else None)
    return UserId(str(found)) if found else None


def _home(body: dict[str, Any]) -> str | None:
    """The person's own workspace, where the payload names it."""
    person = body.get("user")
    found = person.get("team_id") if isinstance(person, dict) else None
    return str(found) if found else None


def _opens_a_link(body: dict[str, Any]) -> bool:
    """Whether it is a press of a link button, which the client carries out by itself."""
    actions = body.get("actions") or [{}]
    return str(actions[0].get("action_id", "")).startswith("link_")
