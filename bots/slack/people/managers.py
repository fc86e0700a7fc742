"""Who manages the videos of a workspace, as Slack says: to look, within the last minute; to decide, at this moment."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bots.rule_service import Manager
from bots.slack.people.callers import principal
from bots.slack.people.groups import groups_of
from bots.slack.people.people import REMEMBERED_S

NOW_S = 0.0


async def looking(web: AsyncWebClient, context: AsyncBoltContext, body: Mapping[str, Any]) -> Manager:
    """Who wants to see something, and how to learn which user groups they are in."""
    return await _manager(web, context, body, within_s=REMEMBERED_S)


async def deciding(web: AsyncWebClient, context: AsyncBoltContext, body: Mapping[str, Any]) -> Manager:
    """Who wants to change something: whoever was put out of a group a moment ago decides nothing.

    What Slack has said within the last minute counts only where it does not answer.
    """
    return await _manager(web, context, body, within_s=NOW_S)


async def _manager(
    web: AsyncWebClient, context: AsyncBoltContext, body: Mapping[str, Any], *, within_s: float
) -> Manager:
    by = await principal(web, context, body, within_s=within_s)
    in_roles = partial(groups_of(web).of, by.user, within_s=within_s, stale_s=REMEMBERED_S)
    return Manager(principal=by, in_roles=in_roles)
