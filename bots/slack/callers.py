"""Who pressed or typed something in Slack, and for which team: the one place that reads it from a request."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.people import REMEMBERED_S
from bots.slack.rights import is_admin
from bots.slack.tenant import SLACK
from core.domain.chat.principal import Principal
from core.domain.ids import Installation, UserId

BELONGS = "belongs"
"""Where the guard leaves what the person is to the workspace, for handlers behind it."""
LOCALE = "person_locale"
"""And their language."""


def installation_of(context: AsyncBoltContext) -> Installation:
    """The workspace that our token belongs to, as Slack itself answered `auth.test`; a request's body may name another.

    Raises:
        LookupError: Slack did not say.
    """
    team = team_of(context)
    if team is None:
        raise LookupError("Slack names no workspace for our token")
    return Installation(team)


def team_of(context: AsyncBoltContext) -> str | None:
    """The workspace that our token belongs to, or its organization, as Slack itself answers `auth.test`."""
    authorized = context.authorize_result
    found = (authorized.team_id or authorized.enterprise_id) if authorized is not None else None
    return str(found) if found else None


def thread_of(body: Mapping[str, Any]) -> str | None:
    """The thread of a message of ours that asks something: what it leads to goes on there.

    A question to a command, which has no thread, is asked in the channel itself.
    """
    found = (body.get("container") or {}).get("thread_ts")
    return str(found) if found else None


def user_of(body: Mapping[str, Any]) -> UserId:
    """Who it was, in a command's form as in a press."""
    return UserId(str(body["user_id"] if "user_id" in body else body["user"]["id"]))


def person(context: AsyncBoltContext, body: Mapping[str, Any]) -> Principal:
    """The person, for what needs no right: Slack is not asked for theirs."""
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
