"""A Friday night in a large server: moderators, deleted places and lost rights, while videos are being made.

Each time the video comes once, somewhere its person sees it, and is paid once.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sandbox.discord.fixtures import CHANNEL_IDS
from tests.e2e.conftest import Town, until
from tests.e2e.discord_town import WALL, WITHIN_S, Posts, ask, turn, turned
from tests.e2e.test_community import _press, _shown
from tests.e2e.test_rules import _sql
from tests.e2e.whispers import whispers
from tests.quick import some

pytestmark = pytest.mark.long

DRAFT = 15


def _is_under_way(town: Town, prompt: str) -> None:
    """Until its root stands and a vendor is at work."""
    until(lambda: _sql(town, "SELECT count(*) FROM attempts a JOIN generations g ON g.id = a.generation_id"
                       " WHERE g.request ->> 'prompt' = $1", prompt), within_s=WITHIN_S)  # fmt: skip


Deed = Callable[[Town], None]
ACTIONS: dict[str, dict[str, Any]] = {
    "its message is deleted": {"purged_channels": ["random"]},
    "its thread is deleted": {"deleted_threads": ["random"]},
    "its thread is locked and archived": {"locked_threads": ["random"], "archived_threads": ["random"]},
    "its channel is deleted": {"deleted_channels": ["random"]},
    "the app loses its rights in the channel": {"no_view_channel": ["random"]},
    "the server is less boosted and takes small files only": {},
}


@pytest.mark.parametrize("deed", some(list(ACTIONS), of="what a moderator does"))
def test_whatever_a_moderator_does_meanwhile_the_video_comes_once_and_is_paid_once(town: Town, deed: str) -> None:
    before, posts, prompt = town.balance("discord"), Posts(town), f"a heron on the night when {deed}"
    town.http.post("/api/speed", json={"factor": 8}).raise_for_status()
    try:
        ask(town, f"/video {prompt} tier:draft", channel="random", user="dan")
        _is_under_way(town, prompt)
        with turned(town, **ACTIONS[deed]):
            if not ACTIONS[deed]:
                _too_large(town)
            town.http.post("/api/speed", json={"factor": 45}).raise_for_status()
            posts.video(prompt)
            until(lambda: town.balance("discord") == before - DRAFT, within_s=WITHIN_S)
    finally:
        town.http.post("/api/speed", json={"factor": 45}).raise_for_status()
        town.http.delete("/api/faults", params={"platform": "discord"}).raise_for_status()
        turn(town, locked_threads=[], archived_threads=[])
    assert len(posts.with_files(prompt)) == 1


def _too_large(town: Town) -> None:
    """The file was within the limit that the command named; two boosts are gone since."""
    fault = {"platform": "discord", "method": "upload", "code": "40005", "times": 1}
    town.http.post("/api/faults", json=fault).raise_for_status()


@pytest.mark.exhaustive
def test_a_contest_that_ends_while_the_bot_is_down_has_its_result_in_the_gallery(town: Town) -> None:
    with whispers(town, "discord") as heard:
        heard.say(f"/community gallery channel:{WALL}", words="gallery is open")
        heard.say("/community contest title:Friday must:disco days:1", words="Planned: Friday")
        town.video("discord", "a disco under the sea", options="tier:draft")
        until(lambda: _shown(town, "a disco under the sea"), within_s=WITHIN_S)
        enter = heard.say("/contest", words="Enter one of yours", button="a disco")
        told = heard.told("ana", lambda: heard.press(enter, "a disco", user="ana"))["text"]
        assert "It is in the contest" in told or "an entry already" in told
        post = until(lambda: _shown(town, "a disco under the sea"), within_s=WITHIN_S)
        assert _press(town, post, "Vote", user="ben")["ok"]
        until(lambda: "Vote · 1" in str(_shown(town, "a disco under the sea")), within_s=WITHIN_S)
    town.neverdark("stop", "discord")
    try:
        _pass(town, "contest", "ends_at", timedelta(days=2))
        over = until(lambda: _shown(town, "Friday: the contest is over"), within_s=WITHIN_S)
        assert "@ana" in over["text"]
        _pass(town, "gallery", "best_next", timedelta(days=8))
        best = until(lambda: _shown(town, "The best of this week"), within_s=WITHIN_S)
        assert "a disco under the sea" in best["text"]
    finally:
        town.neverdark("start", "discord")
    until(lambda: town.say("discord", "/credits")["ok"], within_s=WITHIN_S)


def _pass(town: Town, table: str, column: str, by: timedelta) -> None:
    """As if so much time had passed."""
    also = ", starts_at = starts_at - $1::interval" if table == "contest" else ""
    where = "state = 'open'" if table == "contest" else "true"
    _sql(town, f"WITH old AS (UPDATE {table} SET {column} = {column} - $1::interval{also} WHERE {where} RETURNING 1)"  # noqa: S608 - names of our own
               " SELECT count(*) FROM old", by)  # fmt: skip


@pytest.mark.exhaustive
def test_a_forum_that_wants_a_tag_gets_posts_with_one(town: Town) -> None:
    with turned(town, wants_tag=[WALL]), whispers(town, "discord") as heard:
        heard.say(f"/community gallery channel:{WALL}", words="gallery is open")
        town.video("discord", "a tagged toad", options="tier:draft")
        until(lambda: _shown(town, "a tagged toad"), within_s=WITHIN_S)


@pytest.mark.exhaustive
def test_a_gallery_that_was_deleted_holds_up_nothing_and_the_admins_are_told_once(town: Town) -> None:
    told = "I cannot post in the gallery"

    def said() -> list[str]:
        return [each["text"] for each in town.messages("discord", "video") if told in each["text"]]

    with whispers(town, "discord") as heard:
        alerts = {"approval": "", "low": "", "channel": str(CHANNEL_IDS["video"])}
        heard.panel("Approval and alerts", alerts, command="/credit-settings")
        heard.say(f"/community gallery channel:{WALL}", words="gallery is open")
    with turned(town, deleted_channels=[WALL]):
        for prompt in ("a newt without a wall", "another newt without a wall"):
            town.video("discord", prompt, options="tier:draft")
        until(said, within_s=WITHIN_S)
    with whispers(town, "discord") as heard:
        heard.say(f"/community gallery channel:{WALL}", words="gallery is open")
    town.video("discord", "a newt on a new wall", options="tier:draft")
    until(lambda: _shown(town, "a newt on a new wall"), within_s=WITHIN_S)
    assert len(said()) == 1
