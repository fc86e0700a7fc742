"""What the sandbox's API and page tests share: a chat platform that does little, vendors that were asked."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.app import build
from sandbox.faults import Faults
from sandbox.platform import CommandHint, Field, Heard, Modal, Person, Shortcut
from sandbox.switches import Switch
from sandbox.world import VENDORS, World

TIERS = {"name": "tier", "description": "Quality and price", "choices": ["ultra", "pro", "draft"], "required": False}
SECONDS = {"name": "seconds", "description": "How long", "choices": [4, 8], "required": False}
PROMPT = {"name": "prompt", "description": "What the video shows", "choices": [], "required": True}
COMMANDS = (
    CommandHint(command="/video", description="Make a video from a sentence", options=(PROMPT, TIERS, SECONDS)),
    CommandHint(command="/credits", description="What your team has left"),
)
HELP = "Say /video and what you want to see."


class FakeChat:
    """A chat platform in memory. Its bot answers `/video`, helps in private, opens a modal when `again` is pressed."""

    has_app_places = False
    channels: tuple[str, ...] = ("general", "video")
    channel_names: Mapping[str, str] = MappingProxyType({"C1": "general", "C2": "video"})

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.faults = Faults()
        self.is_loud = False
        self.switches: tuple[Switch, ...] = (
            Switch(
                name="loud",
                says="It shouts",
                get=lambda: self.is_loud,
                put=lambda on: setattr(self, "is_loud", on),
            ),
        )
        prefix = "U" if name == "slack" else ""
        self.people = tuple(
            Person(name=name, id=f"{prefix}{number}", admin=name == "ana")
            for number, name in enumerate(("ana", "ben", "cleo", "dan"), start=100)
        )
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.kept: dict[str, list[dict[str, Any]]] = {
            channel: [] for channel in (*self.channels, "@ana", "@ben", "@cleo", "@dan")
        }
        self.modals = 0
        self.opens: Modal | None = None
        """The modal that a press opens, where a test has one of its own."""
        self.modal_told = asyncio.Event()
        """Cleared, it holds back the answer to a press that opens a modal: its news comes first, as Slack's does."""
        self.modal_told.set()
        self._ids = itertools.count(1)

    def routes(self) -> list[BaseRoute]:
        async def hello(request: Request) -> Response:
            return PlainTextResponse(self.name)

        return [Route(f"/{self.name}/api/hello", hello)]

    def commands(self) -> tuple[CommandHint, ...]:
        return COMMANDS

    def shortcuts(self) -> tuple[Shortcut, ...]:
        return (Shortcut(id="animate", name="Animate this picture"),)

    async def shortcut(self, *, channel: str, message: str, shortcut: str, user: str) -> Heard:
        self.heard.append(("shortcut", {"channel": channel, "message": message, "shortcut": shortcut, "user": user}))
        return Heard(ok=True)

    async def reply(self, *, channel: str, message: str, user: str, text: str) -> Heard:
        self.heard.append(("reply", {"channel": channel, "message": message, "user": user, "text": text}))
        self.post(channel, user, text)
        return Heard(ok=True)

    def hears(self) -> bool:
        return True

    async def say(
        self,
        *,
        channel: str,
        user: str,
        text: str,
        thread: str | None = None,
        image: str | None = None,
        files: Mapping[str, str] | None = None,
    ) -> Heard:
        said = {"channel": channel, "user": user, "text": text, "thread": thread, "image": image}
        self.heard.append(("say", said | ({"files": dict(files)} if files else {})))
        if text == "/video help":
            self.whisper(channel, user, HELP)
            return Heard(ok=True, ephemeral=(HELP,))
        if text == "/silent":
            return Heard(ok=False, error="The application did not respond")
        if text.startswith("/video"):
            root = self.post(channel, "Neverdark", "a root message", bot=True)
            self.post(channel, "Neverdark", "Rendering ▰▰▱▱", bot=True, thread=root, buttons={"again": "Again"})
        else:
            self.post(channel, user, text, thread=thread)
        return Heard(ok=True)

    async def press(self, *, channel: str, message: str, action: str, user: str) -> Heard:
        self.heard.append(("press", {"channel": channel, "message": message, "action": action, "user": user}))
        if action == "again":
            fields = (Field(name="prompt", label="Prompt", value="a red fox", multiline=True),)
            self.modals += 1
            modal = self.opens or Modal(id=f"m{self.modals}", title="Once more", fields=fields, submit="Make it")
            self.world.tell({"type": "modal", "platform": self.name, "user": user, "modal": asdict(modal)})
            await self.modal_told.wait()
            return Heard(ok=True, modal=modal)
        self.edit(channel, message, f"Pressed by {user}")
        return Heard(ok=True)

    async def submit(self, *, modal: str, user: str, values: dict[str, str]) -> Heard:
        self.heard.append(("submit", {"modal": modal, "user": user, "values": values}))
        if modal != f"m{self.modals}":
            return Heard(ok=False, error="No such modal is open")
        if not values["prompt"]:
            return Heard(ok=False, error="The prompt is empty")
        self.post("general", "Neverdark", f"Again: {values['prompt']}", bot=True)
        return Heard(ok=True)

    async def change(self, *, modal: str, user: str, field: str, values: dict[str, str]) -> Heard:
        self.heard.append(("change", {"modal": modal, "user": user, "field": field, "values": values}))
        return Heard(ok=True)

    async def redeliver(self) -> Heard:
        self.heard.append(("redeliver", {}))
        return Heard(ok=True)

    def messages(self, channel: str) -> list[dict[str, Any]]:
        page_only = {"at", "bot", "edited", "raw"}

        def bare(message: dict[str, Any]) -> dict[str, Any]:
            thread = [bare(reply) for reply in message["thread"]]
            return {key: value for key, value in message.items() if key not in page_only} | {"thread": thread}

        return [bare(message) for message in self.kept[channel]]

    def drawn(self, channel: str) -> list[dict[str, Any]]:
        return self.kept[channel]

    def post(
        self,
        channel: str,
        user: str,
        text: str,
        *,
        bot: bool = False,
        thread: str | None = None,
        raw: dict[str, Any] | None = None,
        buttons: dict[str, str] | None = None,
        files: list[dict[str, Any]] | None = None,
        at: float | None = None,
    ) -> str:
        """A message appears; gives its id."""
        message = self._message(user, text, bot=bot, raw=raw, buttons=buttons or {}, files=files or [], at=at)
        place = self.kept[channel] if thread is None else self._find(channel, thread)["thread"]
        place.append(message)
        self._tell(channel, message["id"])
        return str(message["id"])

    def edit(self, channel: str, message_id: str, text: str, raw: dict[str, Any] | None = None) -> None:
        """A message says something else, and nothing of it can be pressed any more."""
        message = self._find(channel, message_id)
        raw = raw or self._raw(text, {})
        message |= {"text": text, "raw": raw, "actions": [], "edits": message["edits"] + 1, "edited": True}
        self._tell(channel, message_id)

    def whisper(self, channel: str, user: str, text: str, raw: dict[str, Any] | None = None) -> None:
        """A message that only one person sees."""
        drawn = self._message("Neverdark", text, bot=True, raw=raw, buttons={}, files=[], at=None)
        self.world.tell({"type": "ephemeral", "platform": self.name, "channel": channel, "user": user, "drawn": drawn})

    def _message(
        self,
        user: str,
        text: str,
        *,
        bot: bool,
        raw: dict[str, Any] | None,
        buttons: dict[str, str],
        files: list[dict[str, Any]],
        at: float | None,
    ) -> dict[str, Any]:
        return {
            "id": f"{self.name}-{next(self._ids)}",
            "user": user,
            "text": text,
            "edits": 0,
            "actions": [{"action": action, "label": label} for action, label in buttons.items()],
            "files": files,
            "thread": [],
            "at": time.time() if at is None else at,
            "bot": bot,
            "edited": False,
            "raw": raw or self._raw(text, buttons),
        }

    def _raw(self, text: str, buttons: dict[str, str]) -> dict[str, Any]:
        if self.name == "discord":
            inner = [{"type": 2, "style": 1, "custom_id": action, "label": label} for action, label in buttons.items()]
            row = [{"type": 1, "components": inner}] if inner else []
            return {"content": text, "embeds": [], "components": row, "flags": 0}
        if not buttons:
            return {"text": text, "blocks": []}
        elements = [
            {"type": "button", "action_id": action, "text": {"type": "plain_text", "text": label}}
            for action, label in buttons.items()
        ]
        section = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
        return {"text": text, "blocks": [section, {"type": "actions", "elements": elements}]}

    def _find(self, channel: str, message_id: str) -> dict[str, Any]:
        everything = [each for root in self.kept[channel] for each in (root, *root["thread"])]
        return next(each for each in everything if each["id"] == message_id)

    def _tell(self, channel: str, message_id: str) -> None:
        self.world.tell({"type": "message", "platform": self.name, "channel": channel, "id": message_id})


def asked() -> dict[str, Any]:
    """Vendors that were asked one thing."""
    vendors: dict[str, Any] = {name: {"submits": 0, "polls": 0, "tasks": []} for name in VENDORS}
    task = {"id": "t1", "state": "succeeded", "prompt": "a red fox in the snow", "at": time.time() - 12}
    vendors["veo"] = {"submits": 1, "polls": 7, "tasks": [task]}
    return vendors


@dataclass(slots=True, kw_only=True)
class Sandbox:
    """A sandbox of fakes: its application, its world, its two platforms."""

    world: World
    slack: FakeChat
    discord: FakeChat
    app: Starlette = field(init=False)

    def __post_init__(self) -> None:
        async def clip(request: Request) -> Response:
            return Response((self.world.home / "clip.mp4").read_bytes(), media_type="video/mp4")

        self.app = build(self.world, [self.slack, self.discord], [Route("/clip.mp4", clip)], asked)


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """A sandbox of fakes that is not served. It offers `clip.mp4` of its home."""
    world = World(home=tmp_path, base_url="http://127.0.0.1:8700", seed=1)
    return Sandbox(world=world, slack=FakeChat(world, "slack"), discord=FakeChat(world, "discord"))


@pytest_asyncio.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks to the sandbox of fakes without a socket."""
    transport = httpx.ASGITransport(app=sandbox.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        yield client
