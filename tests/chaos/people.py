"""The people of the sandbox: they ask for videos on both platforms, now and then change their minds, or are doubled."""

import asyncio
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

CHANNELS = ("general", "video", "random")
USERS = ("ana", "ben", "cleo", "dan")
PLATFORMS = ("slack", "discord")
TIERS = ("", "tier:draft", "tier:standard", "tier:pro", "tier:ultra")
CANCELS, DOUBLES = 0.06, 0.08
_NUMBER = re.compile(r"fox number (\d{5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One message of the bot in a channel, or in a thread there."""

    id: str
    text: str
    files: int
    thread: tuple["Told", ...] = ()


@dataclass(slots=True)
class People:
    """The people who use the sandbox's chats. A number in the prompt tells their videos apart."""

    http: httpx.AsyncClient
    dice: random.Random
    asked: int = 0
    unheard: int = 0
    """Commands that nobody answered in time; whether they were taken is for the verdict to find out."""
    _minds: set[asyncio.Task[None]] = field(default_factory=set)

    async def ask(self) -> None:
        """Ask for one video."""
        self.asked += 1
        platform, channel, user = (self.dice.choice(options) for options in (PLATFORMS, CHANNELS, USERS))
        tier, mood = self.dice.choice(TIERS), self.dice.random()
        prompt = f"fox number {self.asked:05}"
        heard = await self._say(platform, channel, user, f"/video {prompt} {tier}".strip())
        if heard is None or not heard["ok"]:
            self.unheard += 1
        if mood < DOUBLES:
            await self._post("/api/redeliver", {"platform": platform})
        elif mood > 1 - CANCELS:
            mind = asyncio.create_task(self._cancel(platform, channel, user, prompt))
            self._minds.add(mind)
            mind.add_done_callback(self._minds.discard)

    async def answered(self, platform: str) -> bool:
        """Whether a command is answered on this platform now."""
        heard = await self._say(platform, "quiet" if platform == "discord" else "general", "dan", "/credits")
        return heard is not None and heard["ok"] and any("credits" in said for said in heard["ephemeral"])

    async def settle(self) -> None:
        """Wait until nobody is about to change their mind."""
        await asyncio.gather(*self._minds)

    async def told(self) -> list[Told]:
        """All that the bot has said in channels and directly, with what is below each."""
        places = [*CHANNELS, *(f"@{user}" for user in USERS)]
        return [
            _told(message)
            for platform in PLATFORMS
            for channel in places
            for message in await self._messages(platform, channel)
            if message["user"] == "Neverdark"
        ]

    async def _cancel(self, platform: str, channel: str, user: str, prompt: str) -> None:
        await asyncio.sleep(self.dice.uniform(0.2, 2.0))
        for message in await self._messages(platform, channel):
            if prompt not in message["text"]:
                continue
            for below in _all(message):
                for action in below["actions"]:
                    if "ancel" in action["label"]:
                        press = {"platform": platform, "channel": channel, "message": below["id"], "user": user}
                        await self._post("/api/press", press | {"action": action["action"]})
                        return

    async def answer(self, platform: str, channel: str, user: str, text: str) -> list[str] | None:
        """Type something; what only that person was told. None: the bot has not heard it in time."""
        heard = await self._say(platform, channel, user, text)
        return [str(said) for said in heard["ephemeral"]] if heard is not None and heard["ok"] else None

    async def _say(self, platform: str, channel: str, user: str, text: str) -> dict[str, Any] | None:
        return await self._post("/api/say", {"platform": platform, "channel": channel, "user": user, "text": text})

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        try:
            answer = await self.http.post(path, json=body)
        except httpx.HTTPError:
            return None
        known: dict[str, Any] = answer.json()
        return known

    async def _messages(self, platform: str, channel: str) -> list[dict[str, Any]]:
        answer = await self.http.get("/api/messages", params={"platform": platform, "channel": channel})
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages


def by_number(said: Sequence[Told]) -> dict[int, list[Told]]:
    """The messages that name a video, by its number."""
    found: dict[int, list[Told]] = {}
    for message in said:
        number = number_of(message.text)
        if number is not None:
            found.setdefault(number, []).append(message)
    return found


def number_of(prompt: str) -> int | None:
    """Which video a prompt asks for; None: it is none of ours."""
    found = _NUMBER.search(prompt)
    return int(found[1]) if found else None


def _all(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield message
    yield from message["thread"]


def _told(message: dict[str, Any]) -> Told:
    return Told(
        id=message["id"],
        text=message["text"],
        files=len(message["files"]),
        thread=tuple(_told(below) for below in message["thread"] if below["user"] == "Neverdark"),
    )
