"""What the tests of Discord need besides a person: the stand-in's switches, and what the app has posted where."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sandbox.discord.fixtures import ALL_CHANNEL_IDS
from tests.e2e.conftest import Town, until

VIDEO = "video/mp4"
WALL = "showcase"
"""The forum that is the gallery."""
WITHIN_S = 120.0
"""Videos are made in seconds; a busy machine is no reason to fail."""


def turn(town: Town, **values: Any) -> None:
    """Set switches of the stand-in by their names."""
    for name, value in values.items():
        body = {"platform": "discord", "name": name, "value": value}
        town.http.post("/api/switches", json=body).raise_for_status()


@contextmanager
def turned(town: Town, **values: Any) -> Iterator[None]:
    """The same for a while; afterwards they stand as before."""
    every = town.http.get("/api/switches", params={"platform": "discord"}).json()["switches"]
    before = {each["name"]: each["value"] for each in every}
    turn(town, **values)
    try:
        yield
    finally:
        turn(town, **{name: before[name] for name in values})


@dataclass(frozen=True, kw_only=True)
class Posted:
    """A message that Discord has taken from the app, or an edit of one.

    Args:
        id: the message's.
        place: the id of its channel or thread, or "answer".
    """

    id: str
    place: str
    said: str
    files: tuple[str, ...]


class Posts:
    """What the app posts from here on."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._after: int = town.exchanges(after=0)["last"]
        self._found: list[Posted] = []

    def every(self) -> list[Posted]:
        """All of it, oldest first."""
        told = self._town.exchanges(after=self._after)
        self._after = told["last"]
        for each in told["exchanges"]:
            _, first, *rest = each["path"].split("/")
            answer = each["response"]
            is_said = isinstance(answer, dict) and each["status"] < 300 and each["method"] in {"POST", "PATCH"}
            if is_said and first in {"channels", "webhooks"}:
                message = answer.get("message", answer)
                files = tuple(file["content_type"] for file in message.get("attachments", ()))
                place = rest[0] if first == "channels" else "answer"
                found = Posted(id=str(message.get("id", "")), place=place, said=json.dumps(answer), files=files)
                self._found.append(found)
        return self._found

    def video(self, prompt: str, *, within_s: float = WITHIN_S) -> Posted:
        """The video that was made of this description, once it is posted."""

        def found() -> Posted | None:
            return next((each for each in self.every() if VIDEO in each.files and prompt in each.said), None)

        posted: Posted = until(found, within_s=within_s)
        return posted

    def about(self, prompt: str) -> list[Posted]:
        """Everything with these words in it."""
        return [each for each in self.every() if prompt in each.said]

    def with_files(self, prompt: str) -> set[str]:
        """The ids of the messages with these words and a file; one that is edited stays one.

        What stands in the gallery, which another test may have opened, is no second copy.
        """
        wall = str(ALL_CHANNEL_IDS[WALL])
        return {each.id for each in self.about(prompt) if each.files and each.place != wall}


def post_of(town: Town, channel: str, text: str) -> str:
    """Begin a post in a forum, as ben does; its id."""
    body = {"platform": "discord", "channel": channel, "user": "ben", "text": text}
    assert town.http.post("/api/say", json=body).json()["ok"]
    found: str = next(each["id"] for each in town.messages("discord", channel) if each["text"] == text)
    return found


def ask(town: Town, text: str, *, user: str = "ana", channel: str = "general", thread: str | None = None) -> None:
    """Type a command somewhere."""
    body = {"platform": "discord", "channel": channel, "user": user, "text": text}
    heard = town.http.post("/api/say", json=body | ({"thread": thread} if thread is not None else {})).json()
    assert heard["ok"], heard


def parent_of(posted: Posted, town: Town) -> str:
    """The name of the channel whose message opened the thread where it was posted; empty where it is no thread."""
    for name in ALL_CHANNEL_IDS:
        if any(each["id"] == posted.place for each in town.messages("discord", name)):
            return name
    return ""
