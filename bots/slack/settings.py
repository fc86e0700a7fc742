"""What the Slack bot is told by the environment."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from core.settings import Group, read


def _with_slash(url: str) -> str:
    return url if url.endswith("/") else url + "/"


class SlackSettings(Group):
    """SLACK_BOT_TOKEN and SLACK_APP_TOKEN make the bot run in Socket Mode; without a bot token there is no Slack."""

    slack_bot_token: SecretStr | None = Field(None, description="the app's bot token, which begins with xoxb-")
    slack_app_token: SecretStr | None = Field(None, description="the app-level token, which begins with xapp-")
    slack_signing_secret: SecretStr | None = Field(None, description="the app's signing secret")
    slack_base_url: Annotated[str, AfterValidator(_with_slash)] = Field(
        "https://slack.com/api/", description="the address of Slack's Web API"
    )


def settings() -> SlackSettings:
    """Read the settings. Raises SettingsError."""
    return read(SlackSettings)
