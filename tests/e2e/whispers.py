"""What one person alone is shown, as the page hears of it: to press what stands on it, and to fill in what opens."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from sandbox.discord.reading import THINKING
from tests.e2e.conftest import Town, until

WITHIN_S = 60.0


@dataclass
class Whispers:
    """The messages that single people were shown on one platform, by person, oldest first."""

    town: Town
    platform: str
    heard: list[dict[str, Any]] = field(default_factory=list)

    def of(self, user: str) -> list[dict[str, Any]]:
        """Each as it is now, with its actions. What only says that an answer will come is none yet."""
        shown = {each["id"]: each["drawn"] for each in self.heard if each["user"] == user}
        return [each for each in shown.values() if each["text"] != THINKING]

    def told(self, user: str, do: Callable[[], Any], *, words: str = "", button: str = "") -> dict[str, Any]:
        """What a person is shown next, after this was done: something with these words, and with this button."""
        before = {each["id"] for each in self.of(user)}
        do()

        def found() -> dict[str, Any] | None:
            new = (each for each in self.of(user) if each["id"] not in before)
            return next((each for each in new if words in each["text"] and _has(each, button)), None)

        message: dict[str, Any] = until(found, within_s=WITHIN_S)
        return message

    def say(self, text: str, *, user: str = "ana", words: str = "", button: str = "") -> dict[str, Any]:
        """What the answer to a command is."""
        return self.told(user, lambda: self.town.say(self.platform, text, user=user), words=words, button=button)

    def press(self, message: dict[str, Any], label: str, *, user: str, channel: str = "general") -> dict[str, Any]:
        """Press a button of a message; what came back at once."""
        body = {"platform": self.platform, "channel": channel, "user": user, "message": message["id"]}
        answer: dict[str, Any] = self.town.http.post(
            "/api/press", json=body | {"action": action(message, label)}
        ).json()
        return answer

    def panel(self, title: str, values: dict[str, str], *, command: str = "/settings", user: str = "ana") -> str:
        """Fill in a form that the card of a command opens, and read the answer."""
        card = self.say(command, user=user, button=title)

        def opened() -> Any:
            return self.press(card, title, user=user)["modal"]

        modal = until(opened, within_s=WITHIN_S)
        known = {each["name"] for each in modal["fields"]}
        assert values.keys() <= known, f"{title} asks for {known}"
        body = {"platform": self.platform, "user": user, "modal": modal["id"], "values": values}

        def sent() -> None:
            heard = self.town.http.post("/api/submit", json=body).json()
            assert heard["ok"], (title, heard)

        text: str = self.told(user, sent)["text"]
        return text


def _has(message: dict[str, Any], label: str) -> bool:
    return not label or any(each["label"].startswith(label) for each in message["actions"])


def action(message: dict[str, Any], label: str) -> str:
    """The id of a button of a message, or of an option of its menus."""
    found: str = next(each["action"] for each in message["actions"] if each["label"].startswith(label))
    return found


@contextmanager
def whispers(town: Town, platform: str) -> Iterator[Whispers]:
    """Listen to what single people are shown."""
    found, ready = Whispers(town=town, platform=platform), threading.Event()
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
                        if news.get("type") == "ephemeral" and news.get("platform") == platform:
                            found.heard.append({"id": news["drawn"]["id"], **news})

        threading.Thread(target=listen, daemon=True).start()
        assert ready.wait(10)
        yield found
