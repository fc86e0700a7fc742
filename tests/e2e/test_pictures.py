"""A picture of a person's becomes the first frame of a video, on both platforms, over real sockets."""

from base64 import b64encode
from io import BytesIO
from typing import Any

from PIL import Image

from tests.e2e.conftest import Town, until


def _picture(colour: str) -> str:
    """A picture as wide as Veo makes videos, so that nothing is rounded."""
    out = BytesIO()
    Image.new("RGB", (640, 360), colour).save(out, "PNG")
    return f"data:image/png;base64,{b64encode(out.getvalue()).decode()}"


def _said(town: Town, body: dict[str, Any], *, to: str = "say") -> dict[str, Any]:
    heard: dict[str, Any] = town.http.post(f"/api/{to}", json={"user": "ana", "channel": "general"} | body).json()
    assert heard["ok"], heard
    return heard


def test_a_picture_becomes_a_video_in_discord(town: Town) -> None:
    files = {"image": _picture("darkred"), "last_image": _picture("navy")}
    _said(town, {"platform": "discord", "text": "/video dusk falls over the red hill", "files": files})
    word = town.last_word("discord", "dusk falls")
    assert "Your video is ready" in word["text"]
    assert [file["mimetype"] for file in word["files"]] == ["video/mp4"]
    assert len(town.roots("discord", "dusk falls")) == 1
    town.root_says("discord", "dusk falls", "Ready")


def test_what_somebody_shared_in_slack_becomes_a_video(town: Town) -> None:
    # A file that is there already: the picture that a person has put into Discord's channel.
    _said(town, {"platform": "discord", "text": "my hill", "files": {"": _picture("olive")}})
    address = next(m for m in town.messages("discord") if m["text"] == "my hill")["files"][0]["url"]
    _said(town, {"platform": "slack", "text": "my hill", "image": address})
    shared = next(m for m in town.messages("slack") if m["text"] == "my hill")
    link = shared["files"][0]["url"]

    _said(town, {"platform": "slack", "text": f"/video clouds pass over the hill image:{link}"})
    assert "Your video is ready" in town.last_word("slack", "clouds pass")["text"]

    used = {"platform": "slack", "message": shared["id"], "shortcut": "animate"}
    modal = until(lambda: _said(town, used, to="shortcut")["modal"], within_s=30)
    _said(town, {"platform": "slack", "modal": modal["id"], "values": {"prompt": "sheep graze on it"}}, to="submit")
    assert "Your video is ready" in town.last_word("slack", "sheep graze")["text"]
