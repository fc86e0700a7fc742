"""Decides who is an admin: the workspace's admins and owners, by an answer of Slack within the last minute."""

from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.people.people import REMEMBERED_S, people_of
from core.domain.ids import UserId


async def is_admin(web: AsyncWebClient, user: UserId, *, within_s: float = REMEMBERED_S) -> bool:
    """Whether this person is an admin or an owner of the workspace, and no stranger in it.

    Args:
        within_s: how old Slack's word may be.

    Raises:
        CannotCheck: Slack does not answer.
    """
    somebody = await people_of(web).who(user, within_s=within_s)
    return somebody.is_admin and not somebody.is_stranger
