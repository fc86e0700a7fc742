"""A person's relation to a workspace, asked from Slack and remembered for a minute: member, guest, stranger, admin."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.api.errors import translated
from bots.slack.api.tenant import current
from core import access_log
from core.domain.chat.chat_errors import AccessLost, ChatError, PlaceGone
from core.domain.chat.principal import Belongs
from core.domain.ids import UserId
from core.domain.requests.refusals import CannotCheck

log = structlog.get_logger()

REMEMBERED_S = 60.0
STALE_S = 3600.0
"""Seconds for which an older answer is used when Slack does not answer; rights are never taken from it."""
DEADLINE_S = 1.2
"""Seconds to wait for Slack, within the time that an acknowledgement may take."""
KNOWN_MAX = 10_000


Key = tuple[str, UserId]
"""A person as one workspace knows them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """The facts about a person in Slack's users.info.

    Args:
        team, organization: the person's workspace and its organization; "" where Slack does not tell.
        teams: all workspaces of the organization that they are a member of.
        is_stranger: whether Slack itself calls them a stranger.
        locale: the person's language, as Slack names it: de-DE.
        zone: the person's time zone.
    """

    team: str
    organization: str
    is_admin: bool
    is_guest: bool
    is_stranger: bool
    at: float
    teams: frozenset[str] = frozenset()
    locale: str | None = None
    zone: str = "UTC"

    def belongs(self, *, team: str, organization: str | None) -> Belongs:
        """The person's relation to the workspace with this id.

        Args:
            organization: set if the app is installed for all of it: people of its other workspaces are no strangers.
        """
        if organization is None:
            is_ours = self.team in {"", team} or team in self.teams
        else:
            is_ours = self.organization == organization
        if self.is_stranger or not is_ours:
            return Belongs.OUTSIDER
        return Belongs.GUEST if self.is_guest else Belongs.MEMBER


@dataclass(slots=True)
class People:
    """The people whom one client asks about, kept apart by workspace: an admin of one is no admin of another."""

    web: AsyncWebClient
    _known: "OrderedDict[Key, Somebody]" = field(default_factory=OrderedDict)
    _asking: "dict[Key, asyncio.Task[Somebody]]" = field(default_factory=dict)

    async def who(self, user: UserId, *, within_s: float = REMEMBERED_S, stale_s: float = REMEMBERED_S) -> Somebody:
        """Who this is now.

        Args:
            within_s: how old an answer may be that is taken without asking.
            stale_s: how old an answer may be that is taken when Slack gives none.

        Raises:
            CannotCheck: Slack does not answer, and no known answer is fresh enough.
        """
        now, key = time.monotonic(), _key(user)
        known = self._known.get(key)
        if known is not None and now - known.at < within_s:
            return known
        try:
            async with asyncio.timeout(DEADLINE_S):
                return await asyncio.shield(self._asked(key))
        except (ChatError, TimeoutError) as error:
            if isinstance(error, AccessLost):
                access_log.lost(
                    "slack.no_access", of=f"slack:{key[0]}", call="users.info", why=str(error), method="users.info",
                    code=error.code, needed=error.needed,
                )  # fmt: skip
            else:
                log.warning("slack.person_not_known", why=f"{type(error).__name__} {error}")
            if known is not None and now - known.at < stale_s:
                return known
            raise CannotCheck from error

    def _asked(self, key: "Key") -> "asyncio.Task[Somebody]":
        """One question at a time about each person, whoever asks."""
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._ask(key[1]))
            task.add_done_callback(lambda done: self._answered(key, done))
        return task

    def _answered(self, key: "Key", task: "asyncio.Task[Somebody]") -> None:
        self._asking.pop(key, None)
        if not task.cancelled() and task.exception() is None:
            access_log.back(f"slack:{key[0]}", call="users.info")
            self._known[key] = task.result()
            self._known.move_to_end(key)
            while len(self._known) > KNOWN_MAX:
                self._known.popitem(last=False)

    async def _ask(self, user: UserId) -> Somebody:
        now = time.monotonic()
        nobody = Somebody(team="", organization="", is_admin=False, is_guest=False, is_stranger=True, at=now)
        try:
            async with translated("users.info"):
                answer = await self.web.users_info(user=user, include_locale=True)
        except PlaceGone:
            return nobody  # there is no such person
        person = answer.get("user")
        if not isinstance(person, dict) or person.get("deleted"):
            return nobody
        there = person.get("enterprise_user") or {}
        return Somebody(
            team=str(person.get("team_id") or ""),
            organization=str(there.get("enterprise_id") or ""),
            teams=frozenset(map(str, there.get("teams") or ())),
            is_admin=any(person.get(word) for word in ("is_admin", "is_owner", "is_primary_owner")),
            is_guest=any(person.get(word) for word in ("is_restricted", "is_ultra_restricted")),
            is_stranger=bool(person.get("is_stranger")),
            at=now,
            locale=str(person["locale"]) if person.get("locale") else None,
            zone=str(person.get("tz") or "UTC"),
        )


def _key(user: UserId) -> Key:
    found = current()
    return (found.installation if found is not None else "", user)


_PEOPLE: "WeakKeyDictionary[AsyncWebClient, People]" = WeakKeyDictionary()


def people_of(web: AsyncWebClient) -> People:
    """The memory of people that all callers with this client share."""
    found = _PEOPLE.get(web)
    if found is None:
        found = _PEOPLE[web] = People(web)
    return found


async def zone_of(web: AsyncWebClient, user: UserId) -> str:
    """A person's time zone; UTC where Slack does not tell."""
    try:
        return (await people_of(web).who(user, stale_s=STALE_S)).zone
    except CannotCheck:
        return "UTC"
