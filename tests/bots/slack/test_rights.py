"""Who may decide for a workspace, asked from anywhere."""

from typing import Any

import pytest

from bots.slack.configured import admins_from_environment as from_environment
from core.domain.ids import Installation, UserId
from sandbox.slack import BOT_TOKEN, Slack
from sandbox.slack.fixtures import TEAM_ID

NO_POOL: Any = None
"""The token is set: nobody asks the database."""


@pytest.mark.parametrize(
    ("installation", "user", "may"),
    [(TEAM_ID, "U0ANA", True), (TEAM_ID, "U0BEN", False), (TEAM_ID, "U0NOBODY", False), ("T0OTHER", "U0ANA", False)],
)
async def test_admins_of_this_very_workspace_may(
    slack: Slack, monkeypatch: pytest.MonkeyPatch, installation: str, user: str, *, may: bool
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", BOT_TOKEN)
    monkeypatch.setenv("SLACK_BASE_URL", f"{slack.world.base_url}/slack/api/")
    check = from_environment()
    assert check is not None
    assert await check(NO_POOL, Installation(installation), UserId(user)) is may


async def test_a_slack_that_does_not_answer_makes_nobody_an_admin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", BOT_TOKEN)
    monkeypatch.setenv("SLACK_BASE_URL", "http://127.0.0.1:1/api/")
    check = from_environment()
    assert check is not None
    assert not await check(NO_POOL, Installation(TEAM_ID), UserId("U0ANA"))


def test_without_slack_nobody_can_be_asked() -> None:
    assert from_environment() is None
