"""What `up` starts for which settings: embedded or not, stood in for or not, and with which environment."""

from collections.abc import Callable

import pytest

from bots.registry import PLATFORMS, labels
from core.settings import Settings
from neverdark.stack import Stack, stack
from neverdark.state import Home

Plan = Callable[..., Stack]


@pytest.fixture
def plan(home: Home, monkeypatch: pytest.MonkeyPatch) -> Plan:
    def make(**values: str) -> Stack:
        monkeypatch.delenv("DATABASE_URL", raising=False)
        monkeypatch.delenv("REDIS_URL", raising=False)
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        return stack(Settings(_env_file=None), home, values, coloured=False)  # type: ignore[call-arg]  # the environment has the rest

    return make


def names(plan: Stack) -> list[str]:
    return [spec.name for spec in plan.specs]


def environment(plan: Stack, name: str = "worker") -> dict[str, str]:
    spec = next(spec for spec in plan.specs if spec.name == name)
    return dict(spec.prepare().environment)


def test_with_nothing_configured_everything_is_embedded_or_stood_in_for(plan: Plan) -> None:
    found = plan()
    assert names(found) == ["postgres", "redis", "sandbox", *PLATFORMS, "worker", "web"]
    assert len(found.said) == 3
    assert f"the video vendors, {labels()}" in found.said[2]
    variables = environment(found)
    assert variables["DATABASE_URL"].startswith("postgresql://neverdark_app@/neverdark?host=/")
    assert variables["REDIS_URL"].startswith("unix:///")
    assert variables["TIME_SCALE"] == "15"
    assert variables["FREE_CREDITS"] == "10000"
    assert variables["SLACK_BASE_URL"] == "http://127.0.0.1:8700/slack/api/"
    assert variables["DISCORD_GATEWAY_URL"] == "ws://127.0.0.1:8700/discord/gateway"
    assert variables["SEEDANCE_ARK_BASE_URL"] == "http://127.0.0.1:8700/vendors/ark/api/v3"
    assert variables["KLING_API_KEY"] == "sandbox"


def test_servers_of_your_own_are_used_and_not_run(plan: Plan) -> None:
    found = plan(DATABASE_URL="postgresql://u:p@db/x", REDIS_URL="redis://cache:6379/0")
    assert names(found) == ["sandbox", *PLATFORMS, "worker", "web"]
    assert environment(found)["DATABASE_URL"] == "postgresql://u:p@db/x"
    assert found.redis_url == "redis://cache:6379/0"
    assert found.absent["postgres"] == "Postgres is not run by this `up`: DATABASE_URL names another."


def test_with_a_vendors_key_the_vendors_are_the_real_ones_at_their_own_speed(plan: Plan) -> None:
    variables = environment(plan(KLING_API_KEY="real"))
    assert not [name for name in variables if name.startswith(("VEO_", "KLING_", "WAN_"))]
    assert "TIME_SCALE" not in variables
    assert "FREE_CREDITS" not in variables
    assert "SLACK_BASE_URL" in variables


def test_a_key_by_its_longer_name_counts_as_well(plan: Plan) -> None:
    assert "TIME_SCALE" not in environment(plan(VEO_VERTEX_API_KEY="real"))


def test_with_a_platforms_token_the_platform_is_the_real_one(plan: Plan) -> None:
    slack = environment(plan(SLACK_BOT_TOKEN="xoxb-real"))
    assert "SLACK_BASE_URL" not in slack
    assert "DISCORD_API_URL" in slack
    discord = environment(plan(DISCORD_TOKEN="real"))
    assert "DISCORD_API_URL" not in discord


def test_with_everything_configured_there_is_no_sandbox(plan: Plan) -> None:
    found = plan(KLING_API_KEY="real", **{platform.credential: "real" for platform in PLATFORMS.values()})
    assert "sandbox" not in names(found)
    assert found.absent["sandbox"] == "There is no sandbox in this `up`: vendors and chats are configured."


def test_what_is_set_wins_over_what_the_sandbox_would_have(plan: Plan) -> None:
    found = plan(TIME_SCALE="60", FREE_CREDITS="5", NEVERDARK_PORT="8800")
    variables = environment(found)
    assert (variables["TIME_SCALE"], variables["FREE_CREDITS"]) == ("60", "5")
    sandbox = next(spec for spec in found.specs if spec.name == "sandbox").prepare()
    assert "--factor=60" in sandbox.argv
    assert "--port=8800" in sandbox.argv
    assert found.address == "http://127.0.0.1:8800"
    assert variables["SLACK_BASE_URL"] == "http://127.0.0.1:8800/slack/api/"


def test_a_word_that_is_not_logged_is_not_waited_for(plan: Plan) -> None:
    def awaited(**values: str) -> dict[str, str | None]:
        ours = ("slack", "discord", "worker")
        return {spec.name: spec.ready_event for spec in plan(**values).specs if spec.name in ours}

    assert awaited() == {"slack": "slack.ready", "discord": "discord.ready", "worker": "worker.ready"}
    assert awaited(LOG_LEVEL="WARNING") == {"slack": None, "discord": None, "worker": None}


def test_a_process_of_ours_is_killed_with_us_and_a_server_closes_its_files(plan: Plan) -> None:
    deaths = {spec.name: spec.prepare().death.name for spec in plan().specs if spec.name != "postgres"}
    assert deaths == {
        "redis": "SIGTERM",
        "sandbox": "SIGKILL",
        **dict.fromkeys(map(str, PLATFORMS), "SIGKILL"),
        "worker": "SIGKILL",
        "web": "SIGKILL",
    }
