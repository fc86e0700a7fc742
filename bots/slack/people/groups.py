"""The user groups that a person is in, asked from Slack and remembered for a minute."""

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.api.errors import translated
from bots.slack.api.tenant import current
from core.domain.chat.chat_errors import ChatError, PlaceGone
from core.domain.ids import UserId
from core.domain.requests.refusals import CannotCheck

log = structlog.get_logger()

REMEMBERED_S = 60.0
STALE_S = 3600.0
DEADLINE_S = 2.5


@dataclass(slots=True)
class Groups:
    """The user groups of one token."""

    web: AsyncWebClient
    _known: dict[tuple[str, str], tuple[float, frozenset[str]]] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(
        self, user: UserId, among: Collection[str], *, within_s: float = REMEMBERED_S, stale_s: float = STALE_S
    ) -> frozenset[str]:
        """Which of these groups they are in.

        Args:
            within_s: how old Slack's word may be.
            stale_s: how old it may be where Slack does not answer.

        Raises:
            CannotCheck: Slack does not answer.
        """
        return frozenset(
            [group for group in sorted(among) if user in await self._members(group, within_s=within_s, stale_s=stale_s)]
        )

    async def names(self) -> dict[str, str]:
        """The handles of the workspace's user groups, by id; empty where Slack does not answer."""
        try:
            async with asyncio.timeout(DEADLINE_S), translated("usergroups.list"):
                answer = await self.web.usergroups_list()
        except (ChatError, TimeoutError) as error:
            log.warning("slack.groups_not_known", why=f"{type(error).__name__} {error}")
            return {}
        found = answer.get("usergroups") or ()
        return {str(group["id"]): str(group.get("handle") or group.get("name") or group["id"]) for group in found}

    async def _members(self, group: str, *, within_s: float, stale_s: float) -> frozenset[str]:
        async with self._turn:
            now, here = time.monotonic(), current()
            key = (here.installation if here is not None else "", group)
            at, members = self._known.get(key, (-STALE_S, frozenset()))
            if now - at < within_s:
                return members
            try:
                async with asyncio.timeout(DEADLINE_S), translated("usergroups.users.list"):
                    answer = await self.web.usergroups_users_list(usergroup=group)
            except PlaceGone:
                found: frozenset[str] = frozenset()  # the group was deleted
            except (ChatError, TimeoutError) as error:
                log.warning("slack.group_not_known", why=f"{type(error).__name__} {error}")
                if now - at < stale_s:
                    return members
                raise CannotCheck from error
            else:
                found = frozenset(str(each) for each in answer.get("users") or ())
            self._known[key] = (now, found)
            return found


_GROUPS: "WeakKeyDictionary[AsyncWebClient, Groups]" = WeakKeyDictionary()


def groups_of(web: AsyncWebClient) -> Groups:
    """The memory of groups that all callers with this client share."""
    found = _GROUPS.get(web)
    if found is None:
        found = _GROUPS[web] = Groups(web)
    return found
