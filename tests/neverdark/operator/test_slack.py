"""The Slack app from the command line: its manifest, and the key that seals its tokens, replaced while it runs."""

import json

from cryptography.fernet import Fernet

from bots.slack.installation.sealing import Sealer
from tests.neverdark.operator.conftest import Operator

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def _install(operator: Operator, *workspaces: str, key: str = OLD) -> None:
    for each in workspaces:
        sealed = Sealer([key]).seal({"bot_token": f"xoxb-{each}"}, of=each)
        operator.execute(
            "INSERT INTO app_installation (platform, installation, facts, sealed) VALUES ('slack', $1, $2, $3)",
            each, {"team_name": f"Team {each}"}, sealed,
        )  # fmt: skip


def _sealed(operator: Operator) -> dict[str, str]:
    rows = operator.look(lambda conn: conn.fetch("SELECT installation, sealed FROM app_installation"))
    return {row["installation"]: row["sealed"] for row in rows}


def test_a_manifest_for_an_address_and_one_for_a_socket(operator: Operator) -> None:
    by_address = operator("slack", "manifest", "--url", "https://video.example.org").json
    assert by_address["settings"]["socket_mode_enabled"] is False
    assert operator("slack", "manifest", "--socket").json == operator("manifest").json
    refused = operator("slack", "manifest", "--url", "http://video.example.org")
    assert (refused.returncode, "https" in refused.stderr) == (2, True)


def test_every_token_is_sealed_with_the_new_key_and_opens_without_the_old_one(operator: Operator) -> None:
    _install(operator, "T1", "T2")
    key = operator("slack", "new-key").stdout.strip()
    Fernet(key)
    done = operator("slack", "rotate-keys", SLACK_TOKEN_KEY=f"{NEW} {OLD}")
    assert (done.returncode, done.stdout) == (0, "Sealed anew: 2 of 2.\n")
    opened = {name: Sealer([NEW]).opened(sealed, of=name) for name, sealed in _sealed(operator).items()}
    assert opened == {"T1": {"bot_token": "xoxb-T1"}, "T2": {"bot_token": "xoxb-T2"}}
    listed = operator("slack", "workspaces")
    assert "Team T1" in listed.stdout


def test_a_key_that_is_missing_is_said_and_nothing_is_lost(operator: Operator) -> None:
    _install(operator, "T1")
    before = json.dumps(_sealed(operator))
    done = operator("slack", "rotate-keys", SLACK_TOKEN_KEY=NEW)
    assert (done.returncode, "No key opens the tokens of T1" in done.stderr) == (2, True)
    assert json.dumps(_sealed(operator)) == before
    assert "SLACK_TOKEN_KEY" in operator("slack", "rotate-keys", SLACK_TOKEN_KEY="").stderr
