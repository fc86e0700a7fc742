"""The Slack app's manifest: valid by Slack's schema, and asking for what the bot uses."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema.validators import validator_for

import bots.slack

MANIFEST = Path(bots.slack.__file__).with_name("manifest.json")
SCHEMA = Path(__file__).resolve().parents[4] / "shared" / "schemas" / "slack-manifest.schema.json"


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(MANIFEST.read_text())
    return found


def test_the_manifest_is_what_slacks_schema_wants(manifest: dict[str, Any]) -> None:
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
        "commands", "chat:write", "chat:write.public", "files:write", "files:read", "im:write", "users:read",
        "usergroups:read",
        "channels:history", "channels:join", "groups:history", "im:history", "mpim:history",
    }  # fmt: skip
