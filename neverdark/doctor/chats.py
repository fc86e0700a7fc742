"""Whether any chat is configured, and whether what is set of it belongs together."""

from bots.discord.settings import settings as discord_settings
from bots.slack.settings import settings as slack_settings
from core.settings import SettingsError
from neverdark.doctor.findings import Finding, fine, unset, warning


def configured() -> Finding:
    """Whether there is any chat, and whether what is set of Slack belongs together. Nothing is asked of anybody."""
    slack, discord = slack_settings(), discord_settings()
    if slack.slack_client_id is not None:
        try:
            _ = slack.mode
        except SettingsError as error:
            return unset("chats", "Slack for many workspaces lacks a setting", str(error))
    elif slack.slack_bot_token is None and (slack.slack_app_token or slack.slack_signing_secret):
        return unset(
            "chats", "Slack has no bot token", "set SLACK_BOT_TOKEN (xoxb-…, “OAuth & Permissions” of your app)"
        )
    if slack.slack_bot_token is not None and not (slack.slack_app_token or slack.slack_signing_secret):
        remedy = "set SLACK_APP_TOKEN (xapp-…) for Socket Mode, or SLACK_SIGNING_SECRET where Slack posts to `web`"
        return unset("chats", "Slack has a bot token and no way to reach us", remedy)
    names = [
        name
        for name, token in (
            ("Slack", slack.slack_client_id or slack.slack_bot_token),
            ("Discord", discord.discord_token),
        )
        if token is not None
    ]
    if not names:
        return warning("chats", "neither Slack nor Discord is configured", "set SLACK_BOT_TOKEN or DISCORD_TOKEN")
    return fine("chats", " and ".join(names))
