"""The operator's settings: where they are read, what wins, and the sentence about a wrong one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.domain.ids import ProviderName, RouteKey
from core.domain.requests.tiers import TierName
from core.settings import Settings, SettingsError, key_variables, read, route_overrides, route_prefix, settings

VEO, KLING = RouteKey("veo.vertex"), RouteKey("kling.api")


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)


def test_the_defaults_are_those_of_production() -> None:
    found = settings()
    assert (found.time_scale, found.free_credits, found.credits_per_usd) == (1, 500, 150)
    assert (found.delivery_window_s, found.start_by_s) == (900, 1800)
    assert found.database_url is None
    assert found.last_resort == {}


@pytest.mark.parametrize(
    ("name", "value", "wants"),
    [
        ("TIME_SCALE", "0", "a number from 0.1 to 1000"),
        ("FREE_CREDITS", "-1", "a whole number of credits, 0 or more"),
        ("CREDITS_PER_USD", "1.5", "a whole number of at least 1"),
        ("DELIVERY_WINDOW_S", "soon", "a number of seconds, at least 10"),
        ("LOG_FORMAT", "xml", "console or json"),
        ("LOG_LEVEL", "loud", "DEBUG, INFO, WARNING or ERROR"),
        ("PUBLIC_URL", "example.org", "a public http(s) address"),
        ("REDIS_URL", "http://x", "a Redis or Valkey address such as redis://host:6379/0"),
        ("LAST_RESORT_PRO", "nobody", "one of hailuo, kling, seedance, veo, wan"),
    ],
)
def test_a_wrong_value_is_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str, wants: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        settings()
    assert str(caught.value) == f"{name} wants {wants}."


def test_a_wrong_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://user:hunter2@host/db")
    with pytest.raises(SettingsError) as caught:
        settings()
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None, "the cause would carry the value into a traceback"


def test_an_empty_value_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIME_SCALE", "")
    monkeypatch.setenv("DATABASE_URL", "")
    assert settings() == Settings()  # type: ignore[call-arg]  # the environment has the rest


def test_secrets_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:hunter2@host/db")
    monkeypatch.setenv("KLING_API_KEY", "hunter3")
    monkeypatch.setenv("KLING_API_USD_4K_AUDIO", "hunter4")
    assert "hunter" not in repr(settings()) + repr(route_overrides([KLING]))


def test_what_must_not_be_logged_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"KLING_API_KEY": "one", "SLACK_BOT_TOKEN": "two", "REDIS_URL": "redis://:three@h", "A_SECRET": "four"}
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    assert set(secrets.values()) <= set(settings().secrets())


def test_the_file_is_read_below_the_environment(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TIME_SCALE=7\nFREE_CREDITS=8\nKLING_API_KEY=file\nWAN_DASHSCOPE_MODEL=model\n")
    script = (
        "from core.settings import settings, route_overrides, environment\n"
        "s = settings(); r = route_overrides(['kling.api', 'wan.dashscope'])\n"
        "print(s.time_scale, s.free_credits, r['kling.api'].api_key.get_secret_value(), r['wan.dashscope'].model,"
        " environment()['KLING_API_KEY'])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "NEVERDARK_ENV_FILE"}
    done = subprocess.run(  # noqa: S603 - our own Python
        [sys.executable, "-c", script],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**environment, "FREE_CREDITS": "9", "KLING_API_KEY": "environment"},
        timeout=60,
    )
    assert done.stdout.split() == ["7.0", "9", "environment", "model", "environment"]


def test_clips_lie_in_the_state_folder_unless_a_store_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NEVERDARK_HOME", str(tmp_path / "a b"))
    assert settings().storage == f"file://{tmp_path}/a b/clips"
    monkeypatch.setenv("STORAGE_URL", "s3://bucket/clips")
    assert settings().storage == "s3://bucket/clips"


def test_a_tier_may_have_a_last_resort(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAST_RESORT_ULTRA", "wan")
    assert settings().last_resort == {TierName.ULTRA: ProviderName("wan")}


def test_a_tier_may_have_another_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATIENCE_ULTRA_S", "300")
    assert settings().patience == {TierName.ULTRA: 300.0}
    monkeypatch.setenv("PATIENCE_PRO_S", "a while")
    with pytest.raises(SettingsError, match="PATIENCE_PRO_S wants a whole number of seconds, 0 or more"):
        settings()


def test_a_route_has_its_own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "VEO_VERTEX_KEY": "k",
        "VEO_VERTEX_BASE_URL": "http://127.0.0.1/google",
        "VEO_VERTEX_MODEL": "veo-9",
        "VEO_VERTEX_MAX_IN_FLIGHT": "3",
        "VEO_VERTEX_SUBMITS_PER_MIN": "30",
        "VEO_VERTEX_USD_PER_DAY": "49.50",
        "VEO_VERTEX_TIMEOUT_MAX_S": "300",
        "VEO_VERTEX_ALLOW_PRIVATE": "true",
        "VEO_VERTEX_PROJECT": "p",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    found = route_overrides([VEO, KLING])
    veo = found[VEO]
    assert veo.api_key is not None
    assert veo.api_key.get_secret_value() == "k"
    assert (veo.base_url, veo.model) == ("http://127.0.0.1/google", "veo-9")
    assert (veo.max_in_flight, veo.submits_per_min, veo.allow_private) == (3, 30, True)
    assert (veo.usd_per_day, found[KLING].usd_per_day) == (49.5, None)
    assert (veo.timeout_max_s, found[KLING].timeout_max_s) == (300.0, None)
    assert dict(veo.extra) == {"project": "p"}
    assert found[KLING].api_key is None
    assert dict(found[KLING].extra) == {}


@pytest.mark.parametrize("name", key_variables(KLING))
def test_a_key_may_be_called_either_way(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "k")
    key = route_overrides([KLING])[KLING].api_key
    assert key is not None
    assert key.get_secret_value() == "k"


def test_a_wrong_value_of_a_route_is_named_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLING_API_MAX_IN_FLIGHT", "many")
    with pytest.raises(SettingsError, match=r"^KLING_API_MAX_IN_FLIGHT wants a whole number of at least 1\.$"):
        route_overrides([KLING])


def test_the_name_of_a_route_gives_the_names_of_its_variables() -> None:
    assert route_prefix(VEO) == "VEO_VERTEX_"
    assert key_variables(KLING) == ("KLING_API_KEY", "KLING_API_API_KEY")


def test_a_group_that_lacks_a_value_says_that_it_is_not_set() -> None:
    class Wants(Settings):
        needed: int

    with pytest.raises(SettingsError, match=r"^NEEDED is not set; it wants "):
        read(Wants)
