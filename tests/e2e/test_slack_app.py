"""Slack beside the command, over real sockets with a real worker: agent, Home, workflow, mention, shortcut."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import LAST_WORD, Town, until

pytestmark = pytest.mark.long

DRAFT = 15
"""Credits of a video in the tier draft."""
SLOW, QUICK = 4, 45
"""How many times faster than the real ones the vendors render."""


@pytest.fixture(autouse=True)
def _quick_again(town: Town) -> Iterator[None]:
    yield
    town.http.post("/api/speed", json={"factor": QUICK}).raise_for_status()


def _person(town: Town, what: str, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = town.http.post(f"/slack/person/{what}", json={"user": "ana", **body}).json()
    assert answer["ok"], answer
    return answer


def _state(town: Town, user: str = "ana") -> dict[str, Any]:
    found: dict[str, Any] = town.http.get("/slack/person", params={"user": user}).json()
    return found


def _home(town: Town) -> str:
    return json.dumps(_state(town)["home"], ensure_ascii=False)


def _root(town: Town, channel: str, words: str) -> dict[str, Any]:
    """A person's own message."""
    found: dict[str, Any] = until(
        lambda: next((m for m in town.messages("slack", channel) if m["user"] == "ana" and words in m["text"]), None),
        within_s=10,
    )
    return found


def _replies(town: Town, channel: str, message: str) -> list[dict[str, Any]]:
    root = next((m for m in town.messages("slack", channel) if m["id"] == message), None)
    return root["thread"] if root is not None else []


def _ended(town: Town, channel: str, message: str, count: int = 1) -> Any:
    """The last words of the videos in a thread, once there are so many."""

    def said() -> list[dict[str, Any]] | None:
        found = [m for m in _replies(town, channel, message) if LAST_WORD.search(m["text"])]
        return found if len(found) >= count else None

    return until(said, within_s=90)


def _session(town: Town, thread: str) -> str:
    return next((each["status"] for each in _state(town)["sessions"] if each["thread"] == thread), "")


def _plan(town: Town, thread: str) -> dict[str, Any] | None:
    """The plan that stands in a chat with the agent, as its message carries it."""
    drawn = town.http.get("/page/channel", params={"platform": "slack", "channel": "@ana"}).json()["messages"]
    replies: list[dict[str, Any]] = next((root["thread"] for root in drawn if root["id"] == thread), [])
    plans = [b | {"message": m["id"]} for m in replies for b in m["raw"]["blocks"] or [] if b["type"] == "plan"]
    assert len(plans) <= 1, "one plan, edited in place"
    return plans[0] if plans else None


def _told_the_agent(town: Town, words: str) -> str:
    _person(town, "open", tab="messages")
    assert town.say("slack", f"{words} tier:draft", channel="@ana")["ok"]
    return str(_root(town, "@ana", words)["id"])


@pytest.mark.exhaustive
def test_the_agent_shows_one_plan_while_it_works_and_then_the_video(town: Town) -> None:
    before = town.balance("slack")
    town.http.post("/api/speed", json={"factor": SLOW}).raise_for_status()
    thread = _told_the_agent(town, "an agent makes a lighthouse")
    first = until(lambda: _plan(town, thread), within_s=30)
    until(lambda: _session(town, thread) == "processing", within_s=10)
    seen = {first["message"]}
    until(lambda: any(t["status"] == "in_progress" for t in (_plan(town, thread) or first)["tasks"]), within_s=30)

    def rendering() -> bool:
        plan = _plan(town, thread)
        if plan is not None:
            seen.add(plan["message"])
        return plan is not None and [t["status"] for t in plan["tasks"]][:2] == ["complete", "in_progress"]

    until(rendering, within_s=60)
    town.http.post("/api/speed", json={"factor": QUICK}).raise_for_status()
    (said,) = _ended(town, "@ana", thread)
    assert [file["mimetype"] for file in said["files"]] == ["video/mp4"]
    assert seen == {first["message"]}
    until(lambda: _session(town, thread) == "active", within_s=10)
    assert town.balance("slack") == before - DRAFT


@pytest.mark.exhaustive
def test_slacks_own_stop_cancels_and_all_comes_back(town: Town) -> None:
    before = town.balance("slack")
    town.trouble("wan", "hang")
    try:
        thread = _told_the_agent(town, "an agent is stopped")
        until(lambda: _plan(town, thread), within_s=30)
        until(lambda: _session(town, thread) == "processing", within_s=10)
        _person(town, "stop", channel="@ana", thread=thread)
        (said,) = _ended(town, "@ana", thread)
    finally:
        town.calm()
    assert said["files"] == []
    until(lambda: _session(town, thread) == "active", within_s=10)
    until(lambda: town.balance("slack") == before, within_s=30)


def test_a_step_of_a_workflow_is_completed_when_the_video_is_there(town: Town) -> None:
    before = town.balance("slack")
    town.http.post("/api/speed", json={"factor": SLOW}).raise_for_status()
    inputs = {"prompt": "a workflow makes a storm", "channel": "video", "tier": "draft"}
    run = _person(town, "run", inputs=inputs)["run"]

    def step() -> dict[str, Any]:
        found: dict[str, Any] = next(each for each in _state(town)["runs"] if each["id"] == run)
        return found

    until(lambda: [m for m in town.messages("slack", "video") if inputs["prompt"] in m["text"]], within_s=30)
    assert (step()["outputs"], step()["error"]) == (None, None)
    town.http.post("/api/speed", json={"factor": QUICK}).raise_for_status()
    done = until(lambda: (each := step())["ended_at"] and each, within_s=90)
    assert done["outputs"]["credits"] == DRAFT
    assert town.balance("slack") == before - DRAFT
    assert town.http.get(done["outputs"]["link"]).status_code == 200


def test_a_step_that_cannot_begin_says_why(town: Town) -> None:
    inputs = {"prompt": "a storm", "channel": "video", "tier": "best"}
    run = _person(town, "run", inputs=inputs)["run"]
    why = until(lambda: next(each["error"] for each in _state(town)["runs"] if each["id"] == run), within_s=20)
    assert "no quality best" in why


@pytest.mark.exhaustive
def test_the_home_follows_a_video_from_its_beginning_to_its_link(town: Town) -> None:
    town.http.post("/api/speed", json={"factor": SLOW}).raise_for_status()
    _person(town, "open", tab="home")
    until(lambda: "credits" in _home(town), within_s=10)
    prompt = "a hare that is followed at home"
    assert town.say("slack", f"/video {prompt} tier:draft")["ok"]
    running = until(lambda: (home := _state(town)["home"]) and prompt in json.dumps(home) and home, within_s=20)
    assert any(each["action"].startswith("cancel") for each in running["actions"])
    town.http.post("/api/speed", json={"factor": QUICK}).raise_for_status()
    town.last_word("slack", prompt)
    until(lambda: "Nothing right now" in _home(town) and "Watch it" in _home(town), within_s=30)


@pytest.mark.exhaustive
def test_the_home_lets_a_video_be_cancelled(town: Town) -> None:
    before = town.balance("slack")
    town.trouble("wan", "hang")
    try:
        assert town.say("slack", "/video cancelled at home tier:draft")["ok"]
        _person(town, "open", tab="home")
        cancel = until(
            lambda: next(
                (e["action"] for e in (_state(town)["home"] or {"actions": []})["actions"] if e["label"] == "Cancel"),
                None,
            ),
            within_s=20,
        )
        _person(town, "press", action=cancel)
        town.last_word("slack", "cancelled at home")
    finally:
        town.calm()
    until(lambda: town.balance("slack") == before, within_s=30)


def test_a_mention_makes_a_video_in_its_thread_and_another_one_changes_it(town: Town) -> None:
    assert town.say("slack", "@Neverdark a mentioned owl tier:draft", channel="random")["ok"]
    thread = str(_root(town, "random", "a mentioned owl")["id"])
    _ended(town, "random", thread)
    # The words in the thread propose a change of it, to that person alone; a press begins it.
    with town.http.stream("GET", "/events") as news:
        lines = news.iter_lines()
        next(lines)
        body = {"platform": "slack", "channel": "random", "user": "ana", "thread": thread}
        town.http.post("/api/say", json=body | {"text": "@Neverdark make it night"}).raise_for_status()
        told = _next(lines, "ephemeral", "make it night")
    button = next(each["action"] for each in told["drawn"]["actions"] if each["action"].startswith("answer"))
    press = {"platform": "slack", "channel": "random", "message": told["drawn"]["id"], "action": button, "user": "ana"}
    assert town.http.post("/api/press", json=press).json()["ok"]
    assert len(_ended(town, "random", thread, count=2)) == 2


def _next(lines: Iterator[str], kind: str, words: str) -> dict[str, Any]:
    """The next news of this kind with these words in it."""
    end = time.monotonic() + 20
    for line in lines:
        assert time.monotonic() < end
        found: dict[str, Any] = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
        if found.get("type") == kind and words in json.dumps(found, ensure_ascii=False):
            return found
    raise AssertionError("the news have ended")


def test_a_message_becomes_a_video_in_the_thread_that_it_is_in(town: Town) -> None:
    assert town.say("slack", "What shall we film?", channel="random")["ok"]
    thread = str(_root(town, "random", "What shall we film?")["id"])
    body = {"platform": "slack", "channel": "random", "user": "ana", "text": "a whale below the ice", "thread": thread}
    town.http.post("/api/say", json=body).raise_for_status()
    (message,) = [m for m in _replies(town, "random", thread) if "whale" in m["text"]]
    body = {"platform": "slack", "channel": "random", "user": "ana", "message": message["id"]}
    used = town.http.post("/api/shortcut", json=body | {"shortcut": "make_of_message"}).json()
    assert used["modal"]["fields"][0]["value"] == "a whale below the ice"
    sent = {"platform": "slack", "modal": used["modal"]["id"], "user": "ana"}
    wrong = town.http.post("/api/submit", json=sent | {"values": {"seed": "-1", "tier": "draft"}}).json()
    assert list(wrong["errors"]) == ["seed"]
    assert town.http.post("/api/submit", json=sent | {"values": {"tier": "draft"}}).json()["ok"]
    (said,) = _ended(town, "random", thread)
    assert said["files"]
