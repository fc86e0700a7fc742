"""A Discord community, as people see it over real sockets: gallery in a forum, votes, a contest with its result."""

from functools import partial
from typing import Any

import pytest

from tests.e2e.conftest import Town, until
from tests.e2e.discord_town import WALL
from tests.e2e.whispers import Whispers, whispers


def _shown(town: Town, prompt: str) -> dict[str, Any] | None:
    posts = [each for each in town.messages("discord", WALL) if prompt in each["text"]]
    return posts[0] if posts else None


def _voted(town: Town, prompt: str, votes: int) -> dict[str, Any] | None:
    """The video, once its button shows so many votes."""
    post = _shown(town, prompt)
    is_counted = post is not None and any(each["label"] == f"Vote · {votes}" for each in post["actions"])
    return post if is_counted else None


def _press(town: Town, message: dict[str, Any], label: str, *, user: str) -> dict[str, Any]:
    action = next(each["action"] for each in message["actions"] if each["label"].startswith(label))
    body = {"platform": "discord", "channel": WALL, "message": message["id"], "action": action, "user": user}
    answer: dict[str, Any] = town.http.post("/api/press", json=body).json()
    return answer


@pytest.mark.exhaustive
def test_a_video_comes_into_the_forum_is_voted_for_and_wins_a_contest(town: Town) -> None:
    with whispers(town, "discord") as heard:
        _contest(town, heard)


def _contest(town: Town, heard: Whispers) -> None:
    heard.say(f"/community gallery channel:{WALL}", words="gallery is open")
    heard.say("/community contest title:Snow must:snow days:1", words="Planned: Snow")
    until(lambda: _shown(town, "Contest: Snow"), within_s=60)

    town.video("discord", "an owl in the snow", options="tier:draft")
    town.video("discord", "a secret owl in the snow", options="tier:draft gallery:false")
    post = until(lambda: _shown(town, "an owl in the snow"), within_s=60)
    assert [each["mimetype"] for each in post["files"]] == ["video/mp4"]
    assert _press(town, post, "Vote", user="ana")["ok"]
    for votes, user in enumerate(("ben", "cleo"), 1):
        assert _press(town, post, "Vote", user=user)["ok"]
        post = until(partial(_voted, town, "an owl in the snow", votes), within_s=60)

    town.video("discord", "a shy owl in the snow", options="tier:draft spoiler:true")
    shy = until(lambda: _shown(town, "a shy owl"), within_s=60)
    assert [each["name"].startswith("SPOILER_") for each in shy["files"]] == [True]

    heard.say("/contest", words="Enter one of yours")
    heard.say("/gallery", user="dan", words="an owl in the snow · @ana · 2 votes")
    assert _shown(town, "a secret owl") is None

    heard.say("/community end")
    until(lambda: _shown(town, "Snow: the contest is over"), within_s=60)
    taken = heard.told("ben", lambda: _press(town, post, "Take mine out", user="ben"))
    assert "Taken out" not in taken["text"], "it is somebody else's"
    heard.told("ana", lambda: _press(town, post, "Take mine out", user="ana"), words="Taken out")
    until(lambda: all(each["id"] != post["id"] for each in town.messages("discord", WALL)), within_s=60)
