"""The app comes to a server, is removed in the middle of a video, and comes again, over real sockets."""

from typing import Any

from tests.e2e.conftest import Town, until
from tests.e2e.discord_town import WITHIN_S, Posts, ask, turn, turned
from tests.e2e.whispers import whispers

PLENTY = "A red fox trots through fresh snow"


def _hellos(town: Town) -> list[dict[str, Any]]:
    return [each for each in town.messages("discord") if "Hello!" in each["text"]]


def _invited(town: Town) -> dict[str, Any]:
    """The app is added anew; what it says."""
    before = len(_hellos(town))
    turn(town, in_server=False)
    turn(town, in_server=True)
    until(lambda: len(_hellos(town)) > before, within_s=WITHIN_S)
    hello: dict[str, Any] = _hellos(town)[-1]
    return hello


def test_a_server_hears_what_is_missing_and_its_first_video_is_one_press_away(town: Town) -> None:
    before = town.balance("discord")
    with turned(town, no_attach_files=["random"]):
        hello = _invited(town)
        assert "Attach Files in #random" in hello["text"]
        assert {"Make the first video", "Settings"} <= {each["label"] for each in hello["actions"]}
        posts = Posts(town)
        with whispers(town, "discord") as heard:
            heard.press(hello, "Make the first video", user="ben")
            posts.video(PLENTY)
            again = heard.told("cleo", lambda: heard.press(hello, "Make the first video", user="cleo"))
            assert "made already" in again["text"], "once for everybody"
            panel = heard.told("ana", lambda: heard.press(hello, "Settings", user="ana"), button="Channels")
            assert "What is set here" in panel["text"]
            refused = heard.told("ben", lambda: heard.press(hello, "Settings", user="ben"))
            assert "Only an admin may do this" in refused["text"]
    assert town.balance("discord") == before - 15, "its credits are those of before"
    assert "Attach Files" not in _invited(town)["text"]
    assert sum(PLENTY in each["text"] for each in town.messages("discord")) == 1


def test_a_server_that_removes_the_app_in_the_middle_of_a_video_gets_it_as_the_answer_and_pays_once(town: Town) -> None:
    before, posts, prompt = town.balance("discord"), Posts(town), "a kite over the dunes"
    ask(town, f"/video {prompt} tier:draft")
    turn(town, in_server=False)
    try:
        assert posts.video(prompt).place == "answer", "the command can be answered for 15 minutes"
    finally:
        hello = _invited(town)
    assert "Hello!" in hello["text"]
    until(lambda: town.balance("discord") == before - 15, within_s=WITHIN_S)
    assert len(posts.with_files(prompt)) == 1
