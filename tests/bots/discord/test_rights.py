"""Who may decide for a server, asked from anywhere."""

from typing import Any

import pytest

from bots.discord.people.rights import from_environment
from core.domain.ids import Installation, UserId
from sandbox.discord import BOT_TOKEN, GUILD_ID
from sandbox.discord.fixtures import PEOPLE_BY_NAME
from tests.sandbox.discord.harness import Sandbox

HERE = Installation(str(GUILD_ID))

NO_POOL: Any = None
"""The token is set: nobody asks the database."""


def _id(name: str) -> UserId:
    return UserId(PEOPLE_BY_NAME[name].id)


@pytest.mark.parametrize(
    ("installation", "user", "may"),
    [
        (HERE, _id("ana"), True),
        (HERE, _id("ben"), False),
        (HERE, UserId("1"), False),
        (Installation("1"), _id("ana"), False),
        (Installation(f"user:{_id('ben')}"), _id("ben"), False),
        (Installation("T1"), UserId("U1"), False),
    ],
)
async def test_manage_server_is_what_counts_and_alone_nobody_decides(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, installation: Installation, user: UserId, *, may: bool
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", BOT_TOKEN)
    monkeypatch.setenv("DISCORD_API_URL", sandbox.api)
    check = from_environment()
    assert check is not None
    assert await check(NO_POOL, installation, user) is may


def test_without_discord_nobody_can_be_asked() -> None:
    assert from_environment() is None
