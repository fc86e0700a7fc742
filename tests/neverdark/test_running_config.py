"""Commands beside an `up` see what its processes see; what is said of another database stays apart."""

import os

import pytest

from core.runtime import open_providers
from core.settings import Settings
from neverdark.running_config import configuration
from neverdark.stack import stack
from neverdark.state import Home, only_one, publish


@pytest.fixture(autouse=True)
def _of_this_home(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEVERDARK_HOME", str(home.path))
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)


def given(home: Home, **values: str) -> dict[str, str]:
    return dict(stack(Settings(_env_file=None), home, values, coloured=True).given)  # type: ignore[call-arg]  # the environment has the rest


async def _keys() -> set[str]:
    providers = open_providers()
    try:
        return {key for key, route in providers.routes.items() if route.facts.configured}
    finally:
        await providers.aclose()


async def test_beside_an_up_with_the_sandbox_its_stand_ins_are_configured(home: Home) -> None:
    assert await _keys() == set()
    with only_one(home):
        publish(home, {"pid": 1, "given": given(home)})
        with configuration() as read:
            assert read.database_url is not None
            assert read.time_scale == 15
            assert {"veo.vertex", "kling.api", "hailuo.api"} <= await _keys()
    assert await _keys() == set()


def test_nothing_is_left_in_the_environment(home: Home) -> None:
    before = dict(os.environ)
    with only_one(home):
        publish(home, {"pid": 1, "given": given(home)})
        with configuration():
            assert os.environ["KLING_API_KEY"] == "sandbox"
            assert "FORCE_COLOR" not in os.environ
    assert dict(os.environ) == before


def test_without_an_up_it_is_what_is_set(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(home, {"pid": 1, "given": given(home)})  # left by one that was killed
    with configuration() as read:
        assert read.database_url is None
    monkeypatch.setenv("DATABASE_URL", "postgresql://u@h/d")
    with configuration() as read:
        assert read.database_url is not None


def test_another_database_is_another_installation(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u@h/production")
    with only_one(home):
        publish(home, {"pid": 1, "given": {"DATABASE_URL": "postgresql://u@h/toy", "KLING_API_KEY": "sandbox"}})
        with configuration() as read:
            assert read.database_url is not None
            assert read.database_url.get_secret_value().endswith("/production")
            assert "KLING_API_KEY" not in os.environ


def test_what_is_left_word_of_is_nobody_elses_to_read(home: Home) -> None:
    publish(home, {"pid": 1, "given": given(home)})
    word = home.run / "up.json"
    assert word.stat().st_mode & 0o077 == 0
    assert word.parent.stat().st_mode & 0o077 == 0
