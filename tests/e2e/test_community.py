"""A Discord community, as people see it over real sockets: gallery in a forum, votes, a contest with its result."""

from typing import Any

from tests.e2e.conftest import Town, until

WALL = "showcase"


def _said(town: Town, text: str, *, user: str = "ana") -> dict[str, Any]:
    answer = town.say("discord", text, user=user)
    assert answer["ok"], answer
    return answer


def _shown(town: Town, prompt: str) -> dict[str, Any] | None:
    posts = [each for each in town.messages("discord", WALL) if prompt in each["text"]]
    return posts[0] if posts else None


def _press(town: Town, message: dict[str, Any], label: str, *, user: str) -> dict[str, Any]:
    action = next(each["action"] for each in message["actions"] if each["label"].startswith(label))
    body = {"platform": "discord", "channel": WALL, "message": message["id"], "action": action, "user": user}
    answer: dict[str, Any] = town.http.post("/api/press", json=body).json()
    return answer


def test_a_video_comes_into_the_forum_is_voted_for_and_wins_a_contest(town: Town) -> None:
    assert "gallery is open" in _said(town, f"/community gallery channel:{WALL}")["ephemeral"][0]
    assert "Planned: Snow" in _said(town, "/community contest title:Snow must:snow days:1")["ephemeral"][0]
    until(lambda: _shown(town, "Contest: Snow"), within_s=60)

    town.video("discord", "an owl in the snow", options="tier:draft")
    town.video("discord", "a secret owl in the snow", options="tier:draft gallery:false")
    post = until(lambda: _shown(town, "an owl in the snow"), within_s=60)
    assert [each["mimetype"] for each in post["files"]] == ["video/mp4"]
    assert _press(town, post, "Vote", user="ana")["ok"]
    for user in ("ben", "cleo"):
        assert _press(town, post, "Vote", user=user)["ok"]
        post = until(lambda: _shown(town, "an owl in the snow"), within_s=10)
    until(lambda: any(each["label"] == "Vote · 2" for each in (_shown(town, "an owl") or post)["actions"]), within_s=10)

    town.video("discord", "a shy owl in the snow", options="tier:draft spoiler:true")
    shy = until(lambda: _shown(town, "a shy owl"), within_s=60)
    assert [each["name"].startswith("SPOILER_") for each in shy["files"]] == [True]

    assert "Enter one of yours" in _said(town, "/contest")["ephemeral"][0]
    assert "an owl in the snow · @ana · 2 votes" in _said(town, "/gallery", user="dan")["ephemeral"][0]
    assert _shown(town, "a secret owl") is None

    _said(town, "/community end")
    until(lambda: _shown(town, "Snow: the contest is over"), within_s=60)
    taken = _press(town, post, "Take mine out", user="ben")
    assert "Taken out" not in str(taken), "it is somebody else's"
    assert "Taken out" in str(_press(town, post, "Take mine out", user="ana"))
    until(lambda: _shown(town, "By @ana") is None, within_s=10)
