"""Decides who is an admin: the workspace's admins and owners, by an answer of Slack within the last minute."""

from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.people import people_of
from core.domain.ids import UserId


async def is_admin(web: AsyncWebClient, user: UserId) -> bool:
    """Whether this person is an admin or an owner of this workspace, and not of another one.

    Raises:
        CannotCheck: Slack does not answer.
    """
    somebody = await people_of(web).who(user)
    return somebody.is_admin and not somebody.is_stranger
