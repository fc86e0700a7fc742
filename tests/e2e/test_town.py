"""What a person and an operator see, through each platform, over real sockets."""

import io
import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import av
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.e2e.conftest import Town, until
from tests.e2e.whispers import whispers
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.long

PLATFORMS = ("slack", "discord")
CHROMIUM = Path("/usr/bin/chromium")
VEO, KLING = 480, 202
"""Credits of 8 seconds in the default tier: 1080p with sound."""


@pytest.fixture(autouse=True)
def _calm(town: Town) -> Iterator[None]:
    yield
    town.calm()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_playable_video_arrives_in_the_thread(town: Town, platform: str) -> None:
    before = town.balance(platform)
    said = town.video(platform, f"a red fox in the snow for {platform}")
    town.root_says(platform, f"a red fox in the snow for {platform}", "Ready · Veo 3.1 · 8 s")
    (file,) = said["files"]
    assert file["mimetype"] == "video/mp4"
    clip = town.http.get(file["url"])
    with av.open(io.BytesIO(clip.content)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.duration is not None
        assert stream.time_base is not None
        assert float(stream.duration * stream.time_base) == pytest.approx(8, abs=0.5)
    assert town.balance(platform) == before - VEO


@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a Chromium at {CHROMIUM}: apt-get install chromium")
def test_a_person_types_in_the_browser_and_watches_the_video_there(town: Town) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PATIENCE_S * 1000)
        page.goto(town.address)
        box = page.locator(".pane.slack .main textarea")
        box.click()
        box.type("/video a hare in the browser tier:draft")
        box.press("Escape")  # closes the completion
        box.press("Enter")
        # The thread of whoever has just asked opens by itself.
        thread = page.locator(".pane.slack .thread")
        expect(thread.locator(".message", has_text="a hare in the browser").first).to_be_visible(timeout=60_000)
        video = page.locator(".pane.slack .thread video")
        expect(video).to_be_visible(timeout=60_000)
        expect(video).to_have_js_property("readyState", 4, timeout=60_000)
        assert video.evaluate("v => v.duration") == pytest.approx(5, abs=0.5)
        browser.close()


@pytest.mark.parametrize("kind", ["down", "fail_in_run", "lost_reply"])
def test_the_next_provider_takes_over_and_the_difference_comes_back(town: Town, kind: str) -> None:
    before = town.balance("slack")
    town.trouble("veo", kind)
    said = town.video("slack", f"a lighthouse, veo {kind.replace('_', ' ')}")
    assert "Kling 3.0" in said["text"]
    assert said["files"]
    assert f"{KLING} credits" in said["text"]
    assert f"{VEO - KLING} back" in said["text"]
    assert town.balance("slack") == before - KLING


def test_a_killed_worker_finishes_what_it_began(town: Town) -> None:
    before, submits = town.balance("discord"), town.submits()
    prompt = "a heron at dawn"
    town.http.post("/api/speed", json={"factor": 15}).raise_for_status()
    assert town.say("discord", f"/video {prompt} tier:standard")["ok"]
    until(lambda: town.submits() > submits, within_s=30)
    os.kill(town.pid("worker"), signal.SIGKILL)
    said = town.last_word("discord", prompt)
    town.http.post("/api/speed", json={"factor": 45}).raise_for_status()
    assert said["files"]
    (root,) = town.roots("discord", prompt)
    assert sum(len(message["files"]) for message in root["thread"]) == 1
    assert town.submits() == submits + 1
    assert town.balance("discord") < before


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_command_that_comes_twice_is_one_video(town: Town, platform: str) -> None:
    prompt = f"twice the same for {platform}"
    before = town.balance(platform)
    town.say(platform, f"/video {prompt} tier:draft")
    redelivered = town.http.post("/api/redeliver", json={"platform": platform})
    assert redelivered.status_code == 200
    town.last_word(platform, prompt)
    assert len(town.roots(platform, prompt)) == 1
    assert town.balance(platform) == before - 15


def test_without_redis_everything_goes_on(town: Town) -> None:
    town.neverdark("stop", "redis")
    try:
        assert town.video("slack", "a storm without redis", options="tier:draft")["files"]
    finally:
        town.neverdark("start", "redis")


def test_without_a_worker_the_bots_answer_and_the_video_comes_later(town: Town) -> None:
    prompt = "a boat that waits"
    town.neverdark("stop", "worker")
    try:
        assert town.say("discord", f"/video {prompt} tier:draft")["ok"]
        assert len(town.roots("discord", prompt)) == 1
    finally:
        town.neverdark("start", "worker")
    assert town.last_word("discord", prompt)["files"]


def test_without_postgres_people_hear_that_nothing_was_taken(town: Town) -> None:
    before = {platform: town.balance(platform) for platform in PLATFORMS}
    town.neverdark("stop", "postgres")
    try:
        for platform in PLATFORMS:
            with whispers(town, platform) as heard:
                told = heard.say("/video a fox that nobody sees", words="Nothing was taken")
            assert "try again" in told["text"]
    finally:
        town.neverdark("start", "postgres")
    for platform in PLATFORMS:
        assert until(partial(_has_balance, town, platform, before[platform]), within_s=30)


def _balance_or_none(town: Town, platform: str) -> int | None:
    try:
        return town.balance(platform)
    except AssertionError:
        return None


def _has_balance(town: Town, platform: str, expected: int) -> bool:
    return _balance_or_none(town, platform) == expected
