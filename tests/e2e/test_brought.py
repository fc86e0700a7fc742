"""Somebody brings the app along to a Discord server that it is not in, and the 15 minutes for an answer are over."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Town, until


@pytest.fixture(autouse=True)
def _home_again(town: Town) -> Iterator[None]:
    _turn(town, "in_server", value=False)
    yield
    _turn(town, "expired_tokens", value=False)
    _turn(town, "in_server", value=True)
    until(lambda: town.say("discord", "/credits")["ok"], within_s=30)


def _turn(town: Town, name: str, *, value: bool) -> None:
    body = {"platform": "discord", "name": name, "value": value}
    town.http.post("/api/switches", json=body).raise_for_status()


@contextmanager
def _whispers(town: Town) -> Iterator[list[dict[str, Any]]]:
    """What one person alone is shown meanwhile, as the page hears of it."""
    heard: list[dict[str, Any]] = []
    ready = threading.Event()
    with (
        httpx.Client(base_url=town.address, timeout=httpx.Timeout(20, read=None)) as http,
        http.stream("GET", "/events") as answer,
    ):

        def listen() -> None:
            with suppress(httpx.HTTPError):  # the page is closed at the end
                for line in answer.iter_lines():
                    ready.set()
                    if line.startswith("data:"):
                        news = json.loads(line.removeprefix("data:"))
                        if news.get("type") == "ephemeral" and news.get("platform") == "discord":
                            heard.append(news["drawn"])

        threading.Thread(target=listen, daemon=True).start()
        assert ready.wait(10)
        yield heard


def _videos(town: Town, channel: str) -> list[dict[str, Any]]:
    found = town.messages("discord", channel)
    said = [*found, *(reply for message in found for reply in message["thread"])]
    return [each for each in said if any(file["mimetype"] == "video/mp4" for file in each["files"])]


@pytest.mark.exhaustive
def test_a_video_that_takes_longer_than_an_answer_may_comes_directly_and_says_why(town: Town) -> None:
    before = len(_videos(town, "@ana"))
    assert town.say("discord", "/video prompt: a lantern in the fog tier: draft")["ok"]
    _turn(town, "expired_tokens", value=True)
    until(lambda: len(_videos(town, "@ana")) > before, within_s=90)
    (video,) = _videos(town, "@ana")[before:]
    assert "directly" in video["text"]


def test_the_button_brings_it_to_the_place_with_a_fresh_answer(town: Town) -> None:
    before = len(_videos(town, "general"))
    with _whispers(town) as heard:
        assert town.say("discord", "/video prompt: a comet over a village tier: draft")["ok"]
        ours = until(lambda: [each for each in heard if "as an answer to you" in each["text"]], within_s=30)[-1]
        _turn(town, "expired_tokens", value=True)
        action = ours["actions"][0]["action"]
        body = {"platform": "discord", "channel": "general", "message": ours["id"], "action": action, "user": "ana"}
        assert "once it is there" in str(town.http.post("/api/press", json=body).json())
        until(lambda: len(_videos(town, "general")) > before, within_s=90)
