"""Reads from a request which person acts in Slack, and for which team. No other module does that."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.api.tenant import SLACK
from bots.slack.people.people import REMEMBERED_S
from bots.slack.people.rights import is_admin
from core.domain.chat.principal import Principal
from core.domain.ids import Installation, UserId

BELONGS = "belongs"
"""The key under which the guard stores the person's relation to the workspace, for the handlers."""
LOCALE = "person_locale"
"""The key under which the guard stores the person's language."""


def installation_of(context: AsyncBoltContext) -> Installation:
    """The workspace that our token belongs to, by Slack's answer to `auth.test`: a request may name another one.

    Raises:
        LookupError: Slack's answer did not name it.
    """
    team = team_of(context)
    if team is None:
        raise LookupError("Slack names no workspace for our token")
    return Installation(team)


def team_of(context: AsyncBoltContext) -> str | None:
    """The workspace that our token belongs to, or its organization, by Slack's answer to `auth.test`."""
    authorized = context.authorize_result
    found = (authorized.team_id or authorized.enterprise_id) if authorized is not None else None
    return str(found) if found else None


def thread_of(body: Mapping[str, Any]) -> str | None:
    """The thread of one of our messages that asks something: the answers go there.

    A question about a command, which has no thread, is asked in the channel itself.
    """
    found = (body.get("container") or {}).get("thread_ts")
    return str(found) if found else None


def user_of(body: Mapping[str, Any]) -> UserId:
    """The person's id, from a command's form or from a press."""
    return UserId(str(body["user_id"] if "user_id" in body else body["user"]["id"]))


def person(context: AsyncBoltContext, body: Mapping[str, Any]) -> Principal:
    """The person, for actions that need no rights: Slack is not asked for them."""
    return Principal(platform=SLACK, installation=installation_of(context), user=user_of(body), is_admin=False)


async def principal(
    web: AsyncWebClient, context: AsyncBoltContext, body: Mapping[str, Any], *, within_s: float = REMEMBERED_S
) -> Principal:
    """The person, with the rights that they have. `within_s`: how old Slack's word may be."""
    user = user_of(body)
    return Principal(
        platform=SLACK,
        installation=installation_of(context),
        user=user,
        is_admin=await is_admin(web, user, within_s=within_s),
    )
