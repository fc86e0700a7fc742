"""Who may decide for a workspace: its admins and owners, as Slack says at this moment."""

from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.chat import client
from bots.slack.errors import translated
from bots.slack.settings import settings
from bots.video_service import AdminCheck
from core.domain.ids import Installation, UserId
from core.ports import ChatError


async def is_admin(web: AsyncWebClient, user: UserId) -> bool:
    """Whether this person is an admin or an owner of the workspace; False where Slack does not say."""
    try:
        async with translated():
            answer = await web.users_info(user=user)
    except ChatError:
        return False
    person = answer.get("user")
    if not isinstance(person, dict) or person.get("deleted"):
        return False
    return bool(person.get("is_admin") or person.get("is_owner") or person.get("is_primary_owner"))


def from_environment() -> AdminCheck | None:
    """Asks the configured workspace, whoever asks; None without Slack."""
    known = settings()
    if known.slack_bot_token is None:
        return None
    token, base_url = known.slack_bot_token.get_secret_value(), known.slack_base_url

    async def check(installation: Installation, user: UserId) -> bool:
        web = client(token, base_url)
        try:
            async with translated():
                here = await web.auth_test()
        except ChatError:
            return False
        return here.get("team_id") == installation and await is_admin(web, user)

    return check
