"""The ways in that Discord offers besides typing: completion, menus, replies, and a person's own language."""

from typing import Any

import pytest

from tests.e2e.conftest import Town, until
from tests.e2e.discord_town import WITHIN_S, Posts, ask, turned
from tests.e2e.test_pictures import _picture
from tests.e2e.whispers import Whispers, whispers

LANTERN = "a paper lantern drifts over a lake"


def _suggested(town: Town, text: str, option: str) -> list[str]:
    body = {"platform": "discord", "channel": "general", "user": "ana", "text": text, "option": option}
    return [str(each["name"]) for each in town.http.post("/api/suggest", json=body).json()["choices"]]


def _form(town: Town, message: str, menu: str) -> dict[str, Any]:
    """The form that an entry of a message's menu opens."""
    body = {"platform": "discord", "channel": "general", "user": "ben", "message": message, "shortcut": menu}

    def opened() -> Any:
        return town.http.post("/api/shortcut", json=body).json()["modal"]

    form: dict[str, Any] = until(opened, within_s=WITHIN_S)
    return form


def _send(town: Town, form: dict[str, Any], values: dict[str, str]) -> None:
    body = {"platform": "discord", "user": "ben", "modal": form["id"], "values": values}
    assert town.http.post("/api/submit", json=body).json()["ok"]


def _said(town: Town, text: str, *, picture: str = "") -> str:
    """Ben writes something; its id."""
    body: dict[str, Any] = {"platform": "discord", "channel": "general", "user": "ben", "text": text}
    assert town.http.post("/api/say", json=body | ({"files": {"": picture}} if picture else {})).json()["ok"]
    found: str = next(each["id"] for each in town.messages("discord") if each["text"] == text)
    return found


def test_what_is_typed_is_completed_with_prices_and_earlier_videos(town: Town) -> None:
    town.video("discord", LANTERN, options="tier:draft")
    until(lambda: any("draft" in each for each in _suggested(town, "/video prompt:x tier:dra", "tier")), within_s=30)
    (draft,) = [each for each in _suggested(town, "/video prompt:x tier:dra", "tier") if "draft" in each]
    assert "15 credits" in draft, "with what it takes"
    until(lambda: any(LANTERN in each for each in _suggested(town, "/video show paper lantern", "prompt")), within_s=30)


def test_a_message_becomes_a_video_by_its_words_or_by_its_picture(town: Town) -> None:
    posts = Posts(town)
    written = _form(town, _said(town, "geese cross the moon"), "Make a video of this")
    assert next(each["value"] for each in written["fields"] if each["name"] == "prompt") == "geese cross the moon"
    _send(town, written, {"tier": "draft"})
    shown = _form(town, _said(town, "my moon", picture=_picture("navy")), "Animate this picture")
    _send(town, shown, {"prompt": "the moon goes down behind a hill"})
    for prompt in ("geese cross the moon", "the moon goes down"):
        posts.video(prompt)


@pytest.mark.exhaustive
def test_a_reply_to_a_result_is_proposed_and_made_by_the_press(town: Town) -> None:
    video = town.video("discord", "a barn owl over a field", options="tier:draft")
    posts = Posts(town)
    (root,) = town.roots("discord", "a barn owl over a field")
    assert video["id"] in {each["id"] for each in root["thread"]}
    body = {"platform": "discord", "channel": "general", "user": "ana", "message": video["id"], "text": "in winter"}
    assert town.http.post("/api/reply", json=body).json()["ok"]

    def proposed() -> dict[str, Any] | None:
        (found,) = town.roots("discord", "a barn owl over a field")
        return next((each for each in found["thread"] if "Like this?" in each["text"]), None)

    card = until(proposed, within_s=WITHIN_S)
    make = next(each["action"] for each in card["actions"] if each["label"].startswith("Make it"))
    pressed = {"platform": "discord", "channel": "general", "user": "ana", "message": card["id"], "action": make}
    assert town.http.post("/api/press", json=pressed).json()["ok"]
    assert "in winter" in posts.video("in winter").said


@pytest.mark.exhaustive
def test_a_german_person_has_german_options_cards_and_results(town: Town) -> None:
    with turned(town, locale="de"), whispers(town, "discord") as heard:
        _in_german(town, heard)


def _in_german(town: Town, heard: Whispers) -> None:
    assert "Credits" in heard.say("/credits", user="cleo", words="übrig")["text"]
    heard.say("/video ein Reiher stufe:teuer", user="cleo", words="kenne ich nicht")
    posts = Posts(town)
    ask(town, "/video ein Reiher im Nebel stufe:draft sekunden:5", user="cleo", channel="@cleo")
    assert "KI-generiert" in posts.video("ein Reiher im Nebel").said.encode().decode("unicode_escape")
    ask(town, "/video ein Kranich im Schilf stufe:draft", user="cleo")
    # In a channel everybody reads it, so it is in the server's language.
    assert "AI-generated" in posts.video("ein Kranich im Schilf").said
