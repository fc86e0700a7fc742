"""Whether any chat is configured, and Slack: whether our tokens are taken, and with what scopes."""

import json
from importlib.resources import files
from typing import Any

import httpx

from bots.discord.settings import settings as discord_settings
from bots.slack.settings import SlackSettings
from bots.slack.settings import settings as slack_settings
from core.http.base_client import http_client
from neverdark.doctor.findings import Finding, fine, unset, warning, wrong

ANSWER_MAX = 4 << 20
CALL_TIMEOUT_S = 10.0
SCOPES_NEEDED = frozenset({"commands", "chat:write", "files:write"})
"""Without these no video is asked for, or none arrives; the manifest's others make it better."""


def scopes_of_manifest() -> frozenset[str]:
    """The scopes that the app is made with."""
    manifest = json.loads(files("bots.slack").joinpath("manifest.json").read_text(encoding="utf-8"))
    return frozenset(manifest["oauth_config"]["scopes"]["bot"])


def configured() -> Finding:
    """Whether there is any chat, and whether what is set of Slack belongs together. Nothing is asked of anybody."""
    slack, discord = slack_settings(), discord_settings()
    if slack.slack_bot_token is None and (slack.slack_app_token or slack.slack_signing_secret):
        return unset(
            "chats", "Slack has no bot token", "set SLACK_BOT_TOKEN (xoxb-…, “OAuth & Permissions” of your app)"
        )
    if slack.slack_bot_token is not None and not (slack.slack_app_token or slack.slack_signing_secret):
        remedy = "set SLACK_APP_TOKEN (xapp-…) for Socket Mode, or SLACK_SIGNING_SECRET where Slack posts to `web`"
        return unset("chats", "Slack has a bot token and no way to reach us", remedy)
    names = [
        name
        for name, token in (("Slack", slack.slack_bot_token), ("Discord", discord.discord_token))
        if token is not None
    ]
    if not names:
        return warning("chats", "neither Slack nor Discord is configured", "set SLACK_BOT_TOKEN or DISCORD_TOKEN")
    return fine("chats", " and ".join(names))


async def slack(known: SlackSettings) -> list[Finding]:
    """The bot's token and its scopes, and the app's token where Socket Mode is used."""
    if known.slack_bot_token is None:
        return []
    async with http_client(bytes_max=ANSWER_MAX, timeout=CALL_TIMEOUT_S) as http:
        findings = [_slack_bot(await _slack_call(http, known, "auth.test", known.slack_bot_token.get_secret_value()))]
        if known.slack_app_token is not None:
            token = known.slack_app_token.get_secret_value()
            findings.append(_slack_app((await _slack_call(http, known, "apps.connections.open", token))[0]))
    return findings


async def _slack_call(
    http: httpx.AsyncClient, known: SlackSettings, method: str, token: str
) -> tuple[dict[str, Any], httpx.Headers]:
    answer = await http.post(f"{known.slack_base_url}{method}", headers={"Authorization": f"Bearer {token}"})
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        body = {"ok": False, "error": f"an answer {answer.status_code} that is no JSON"}
    return body, answer.headers


def _slack_bot(answer: tuple[dict[str, Any], httpx.Headers]) -> Finding:
    body, headers = answer
    if not body.get("ok"):
        remedy = "put the “Bot User OAuth Token” of your installed app into SLACK_BOT_TOKEN"
        return wrong("Slack", f"SLACK_BOT_TOKEN is refused ({body.get('error')})", remedy)
    workspace = f"{body.get('team') or body.get('team_id')}, as {body.get('user') or body.get('user_id')}"
    if (listed := headers.get("x-oauth-scopes")) is None:
        return fine("Slack", workspace)
    missing = scopes_of_manifest() - {scope.strip() for scope in listed.split(",")}
    if not missing:
        return fine("Slack", f"{workspace}, with all scopes")
    says = f"{workspace}: the app was installed without {', '.join(sorted(missing))}"
    remedy = "give the app what `neverdark manifest` prints, and install it into the workspace again"
    return wrong("Slack", says, remedy) if missing & SCOPES_NEEDED else warning("Slack", says, remedy)


def _slack_app(body: dict[str, Any]) -> Finding:
    if body.get("ok"):
        return fine("Slack app", "a socket may be opened")
    remedy = "make an app-level token with the scope connections:write, and put it into SLACK_APP_TOKEN"
    if body.get("error") in {"socket_mode_not_enabled", "not_allowed"}:
        remedy = "switch Socket Mode on in the settings of the app"
    return wrong("Slack app", f"SLACK_APP_TOKEN is refused ({body.get('error')})", remedy)
