"""An outage as people live through it: the provider is set aside, another stands in, probes bring it back."""

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Town, until
from tests.e2e.whispers import whispers


@pytest.fixture(autouse=True)
def _calm(town: Town) -> Iterator[None]:
    yield
    town.calm()


def _said(town: Town, platform: str = "discord") -> str:
    heard = town.say(platform, "/providers")["ephemeral"]
    return str(heard[0]) if heard else ""


@pytest.mark.exhaustive
def test_an_outage_is_seen_and_so_is_its_end(town: Town) -> None:
    until(lambda: "All 5 providers work" in _said(town), within_s=90)
    town.trouble("seedance", "down")
    # Several people, because nobody sets a provider aside alone.
    for user in ("ana", "ben", "cleo", "dan"):
        assert town.say("discord", f"/video {user} sees an outage tier:standard", user=user)["ok"]
    until(lambda: "4 of 5 providers work" in _said(town), within_s=60)
    for platform in ("slack", "discord"):
        with whispers(town, platform) as heard:
            told = heard.say("/providers", words="Seedance 2.0 Mini")["text"]
        assert "set aside since" in told
        assert "Hailuo 2.3 stands in" in told
    assert "Hailuo 2.3" in town.last_word("discord", "ana sees an outage")["text"]

    town.calm()
    probes = 0

    def restored() -> bool:
        """Real videos are its probes: one more whenever the last has come."""
        nonlocal probes
        probes += 1
        prompt = f"probe {probes} of the recovery"
        town.say("discord", f"/video {prompt} tier:standard")
        town.last_word("discord", prompt)
        return "All 5 providers work" in _said(town)

    until(restored, within_s=120)
    town.video("discord", "a walk after the storm", options="tier:standard")
    town.root_says("discord", "a walk after the storm", "Seedance 2.0 Mini")
