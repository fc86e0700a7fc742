"""Who may decide for a workspace: its admins and owners, as Slack has said within the last minute."""

from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.chat import client
from bots.slack.errors import translated
from bots.slack.people import people_of
from bots.slack.settings import settings
from bots.video_service import AdminCheck
from core.domain.chat.chat_errors import ChatError
from core.domain.ids import Installation, UserId
from core.domain.requests.refusals import CannotCheck


async def is_admin(web: AsyncWebClient, user: UserId) -> bool:
    """Whether this person is an admin or an owner of the workspace, and no stranger in it.

    Raises:
        CannotCheck: Slack does not say.
    """
    somebody = await people_of(web).who(user)
    return somebody.is_admin and not somebody.is_stranger


def from_environment() -> AdminCheck | None:
    """Asks the configured workspace, whoever asks; None without Slack."""
    known = settings()
    if known.slack_bot_token is None:
        return None
    web = client(known.slack_bot_token.get_secret_value(), known.slack_base_url)

    async def check(installation: Installation, user: UserId) -> bool:
        try:
            async with translated("auth.test"):
                here = await web.auth_test()
            return here.get("team_id") == installation and await is_admin(web, user)
        except (ChatError, CannotCheck):
            return False

    return check
