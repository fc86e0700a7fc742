"""The whole installation as `make run` starts it: embedded servers, the sandbox, both bots and a worker."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.discord.server import Exchange
from tests.sandbox.discord.harness import assert_all_legal
from tests.servers import free_port

START_S = 300.0
_OURS = (
    "SLACK_",
    "DISCORD_",
    "VEO_",
    "KLING_",
    "SEEDANCE_",
    "HAILUO_",
    "WAN_",
    "DATABASE_URL",
    "REDIS_URL",
    "NEVERDARK_",
)

LAST_WORD = re.compile("AI-generated|It cost nothing")


@dataclass(frozen=True)
class Town:
    """A running `neverdark up`, with the actions of a person and of an operator."""

    http: httpx.Client
    home: Path
    address: str
    environment: dict[str, str]

    def say(self, platform: str, text: str, *, user: str = "ana", channel: str = "general") -> dict[str, Any]:
        body = {"platform": platform, "channel": channel, "user": user, "text": text}
        answer: dict[str, Any] = self.http.post("/api/say", json=body).json()
        return answer

    def messages(self, platform: str, channel: str = "general") -> list[dict[str, Any]]:
        answer = self.http.get("/api/messages", params={"platform": platform, "channel": channel}).json()
        found: list[dict[str, Any]] = answer["messages"]
        return found

    def roots(self, platform: str, prompt: str) -> list[dict[str, Any]]:
        return [m for m in self.messages(platform) if m["user"] == "Neverdark" and prompt in m["text"]]

    def balance(self, platform: str) -> int:
        """The first number in the answer to /credits."""

        def told() -> re.Match[str] | None:
            heard = self.say(platform, "/credits")["ephemeral"]
            return re.search(r"[\d,]+", heard[0]) if heard else None

        return int(until(told, within_s=30)[0].replace(",", ""))

    def video(self, platform: str, prompt: str, *, options: str = "") -> dict[str, Any]:
        """Ask for a video, wait for the last message about it, and return that."""
        heard = self.say(platform, f"/video {prompt} {options}".strip())
        assert heard["ok"], heard
        return self.last_word(platform, prompt)

    def last_word(self, platform: str, prompt: str, *, within_s: float = 90.0) -> dict[str, Any]:
        def said() -> dict[str, Any] | None:
            for root in self.roots(platform, prompt):
                for message in root["thread"]:
                    if LAST_WORD.search(message["text"]):
                        return message
            return None

        return until(said, within_s=within_s)

    def root_says(self, platform: str, prompt: str, words: str) -> None:
        """Wait until the message in the channel contains a text."""
        until(lambda: any(words in root["text"] for root in self.roots(platform, prompt)), within_s=30)

    def trouble(self, provider: str, kind: str) -> None:
        self.http.post("/api/trouble", json={"provider": provider, "kind": kind, "rate": 1}).raise_for_status()

    def calm(self) -> None:
        self.http.delete("/api/trouble").raise_for_status()

    def submits(self) -> int:
        vendors: dict[str, Any] = self.http.get("/api/vendors").json()
        return sum(vendor["submits"] for vendor in vendors.values())

    def neverdark(self, *words: str) -> str:
        """Run a command of ours against this installation."""
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "neverdark", *words],
            env=self.environment, capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def exchanges(self, *, after: int) -> dict[str, Any]:
        """The requests to Discord with their answers, after so many exchanges."""
        told: dict[str, Any] = self.http.get("/discord/exchanges", params={"after": after}).json()
        return told

    def pid(self, name: str) -> int:
        found = re.search(rf"^{name}\s+\S+\s+(\d+)", self.neverdark("status"), re.MULTILINE)
        assert found is not None
        return int(found[1])


def until(look: Callable[[], Any], *, within_s: float) -> Any:
    """Wait for a condition."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {within_s} s")


class _Shared:
    """The installation of these tests in this process, from the first that asks for it to the last of them.

    Left running until the end of the session it would take 5 % of a core beside all the other tests.
    """

    def __init__(self) -> None:
        self._open: ExitStack | None = None
        self._town: Town | None = None

    def town(self, folders: pytest.TempPathFactory) -> Town:
        if self._town is None:
            self._open = ExitStack()
            self._town = self._open.enter_context(running(folders.mktemp("town")))
        return self._town

    def close(self) -> None:
        opened, self._open, self._town = self._open, None, None
        if opened is not None:
            opened.close()


_shared = _Shared()


@pytest.hookimpl(trylast=True)  # after the fixtures of the test
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    if nextitem is None or nextitem.path.parent != item.path.parent:
        _shared.close()


@pytest.fixture
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return _shared.town(tmp_path_factory)


@pytest.fixture(autouse=True)
def _legal(request: pytest.FixtureRequest) -> Iterator[None]:
    """Check requests to Discord, and its answers, against Discord's own description of its API."""
    if "town" not in request.fixturenames:
        yield
        return
    town: Town = request.getfixturevalue("town")
    before = town.exchanges(after=0)["last"]
    yield
    assert_all_legal(Exchange(**each) for each in town.exchanges(after=before)["exchanges"])


@contextmanager
def running(home: Path, **given: str) -> Iterator[Town]:
    """A `neverdark up` of its own, with these settings besides."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    environment |= {"NEVERDARK_HOME": str(home / "state"), "NEVERDARK_PORT": str(port), "NO_COLOR": "1", **given}
    log = (home / "up.log").open("w")
    # In a folder of its own, so that no .env of a developer is read.
    process = subprocess.Popen(
        [sys.executable, "-m", "neverdark", "up"], env=environment, cwd=home, stdout=log, stderr=subprocess.STDOUT
    )
    address = f"http://127.0.0.1:{port}"
    http = httpx.Client(base_url=address, timeout=20)
    town = Town(http=http, home=home, address=address, environment=environment)

    def answers() -> bool:
        assert process.poll() is None, (home / "up.log").read_text()
        try:
            heard = [town.say(platform, "/credits") for platform in ("slack", "discord")]
        except httpx.HTTPError:
            return False
        return all(answer["ok"] and "credits" in str(answer["ephemeral"]) for answer in heard)

    try:
        until(answers, within_s=START_S)
        http.post("/api/speed", json={"factor": 45}).raise_for_status()
        yield town
    finally:
        http.close()
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=180)  # it waits up to 25 s for what is in hand
        finally:
            process.kill()
            log.close()
