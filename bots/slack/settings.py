"""The Slack bot's settings, read from the environment."""

from enum import StrEnum
from typing import Annotated

from cryptography.fernet import Fernet
from pydantic import AfterValidator, Field, SecretStr

from core.settings import Group, SettingsError, read


def _with_slash(url: str) -> str:
    return url if url.endswith("/") else url + "/"


def _fernet_keys(value: SecretStr) -> SecretStr:
    keys = value.get_secret_value().split()
    if not keys:
        raise ValueError("no key")
    for key in keys:
        Fernet(key)
    return value


class Mode(StrEnum):
    """The number of workspaces, and the way in which Slack's events arrive."""

    SOCKET = "socket"
    """One workspace, whose tokens are set; events come through a socket."""
    HTTP = "http"
    """One workspace, whose token is set; Slack posts to `web`."""
    MANY = "many"
    """Any workspace installs the app by itself; Slack posts to `web`."""


class SlackSettings(Group):
    """SLACK_BOT_TOKEN and SLACK_APP_TOKEN make the bot run in Socket Mode; SLACK_CLIENT_ID, for many workspaces."""

    slack_bot_token: SecretStr | None = Field(None, description="the app's bot token, which begins with xoxb-")
    slack_app_token: SecretStr | None = Field(None, description="the app-level token, which begins with xapp-")
    slack_signing_secret: SecretStr | None = Field(None, description="the app's signing secret")
    slack_client_id: str | None = Field(None, description="the app's client id, where workspaces install it themselves")
    slack_client_secret: SecretStr | None = Field(None, description="the app's client secret")
    slack_token_key: Annotated[SecretStr, AfterValidator(_fernet_keys)] | None = Field(
        None,
        description="a key that `neverdark slack new-key` makes, or several with spaces between them, the newest first",
    )
    slack_history: bool = Field(True, description="true or false")
    slack_cards: bool = Field(False, description="true or false")
    slack_base_url: Annotated[str, AfterValidator(_with_slash)] = Field(
        "https://slack.com/api/", description="the address of Slack's Web API"
    )

    @property
    def mode(self) -> Mode | None:
        """The mode that is configured; None where Slack is not configured.

        Raises:
            SettingsError: a setting that the mode needs is missing.
        """
        if self.slack_client_id is not None:
            for name in ("slack_client_secret", "slack_token_key", "slack_signing_secret"):
                if getattr(self, name) is None:
                    raise SettingsError(f"{name.upper()} is not set; beside SLACK_CLIENT_ID it is needed.")
            return Mode.MANY
        if self.slack_bot_token is None:
            return None
        return Mode.SOCKET if self.slack_app_token is not None else Mode.HTTP

    @property
    def token_keys(self) -> tuple[str, ...]:
        """The keys that encrypt tokens, the newest first."""
        return tuple(self.slack_token_key.get_secret_value().split()) if self.slack_token_key is not None else ()


def settings() -> SlackSettings:
    """Read the settings. Raises SettingsError."""
    return read(SlackSettings)
