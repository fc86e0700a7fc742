"""The Slack app's manifests: valid by Slack's schema, and asking for what the bot uses."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema.validators import validator_for

from bots.slack.installation.manifest import manifest as made

URL = "https://video.example.org"
SCHEMA = Path(__file__).resolve().parents[4] / "shared" / "schemas" / "slack-manifest.schema.json"


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return made(url=None, socket=True)


@pytest.mark.parametrize("history", [True, False])
@pytest.mark.parametrize(("url", "socket"), [(None, True), (URL, True), (URL, False)])
def test_the_manifest_is_what_slacks_schema_wants(url: str | None, *, socket: bool, history: bool) -> None:
    manifest = made(url=url, socket=socket, history=history)
    if not SCHEMA.exists():
        pytest.skip(f"Slack's manifest schema is not at {SCHEMA}")
    schema = json.loads(SCHEMA.read_text())
    problems = validator_for(schema)(schema).iter_errors(manifest)
    assert [f"{problem.json_path}: {problem.message}" for problem in problems] == []


def test_the_app_speaks_socket_mode_and_has_buttons(manifest: dict[str, Any]) -> None:
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["interactivity"] == {"is_enabled": True}


def test_every_command_that_the_bot_answers_is_there_and_mentions_come_with_names(manifest: dict[str, Any]) -> None:
    commands = {command["command"]: command for command in manifest["features"]["slash_commands"]}
    assert set(commands) == {"/video", "/credits", "/providers", "/settings"}
    assert commands["/video"]["should_escape"] is True


def test_the_scopes_are_those_that_the_bot_uses_and_no_more(manifest: dict[str, Any]) -> None:
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == {
        "commands", "chat:write", "chat:write.public", "files:write", "files:read", "im:write", "im:history",
        "users:read", "usergroups:read", "channels:join", "app_mentions:read", "assistant:write",
        "channels:read", "groups:read",
    }  # fmt: skip
    optional = {"channels:history", "groups:history", "mpim:history"}
    assert set(manifest["oauth_config"]["scopes"]["bot_optional"]) == optional
    assert "bot_optional" not in made(url=URL, socket=False, history=False)["oauth_config"]["scopes"]


def test_over_http_everything_is_posted_to_the_address_and_tokens_are_renewed() -> None:
    manifest = made(url=URL + "/", socket=False)
    address = f"{URL}/slack/events"
    assert {command["url"] for command in manifest["features"]["slash_commands"]} == {address}
    assert manifest["settings"]["interactivity"]["request_url"] == address
    assert manifest["settings"]["event_subscriptions"]["request_url"] == address
    assert manifest["oauth_config"]["redirect_urls"] == [f"{URL}/slack/oauth_redirect"]
    settings = manifest["settings"]
    assert settings["socket_mode_enabled"] is False
    assert settings["token_rotation_enabled"] is True
    assert settings["org_deploy_enabled"] is True
