"""A Discord server that is raided: several channels, threads that open slowly, and what its members see in the end."""

import json
import re
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from benchmarks.chat.platforms import CHANNEL, BareDiscord
from bots.discord.delivery.limits import PACE

THREADS, WINDOW_S = 20, 10.0
LOADING = 1 << 7
_FILE = re.compile(rb'name="files\[0\]"')
_PAYLOAD = re.compile(rb'name="payload_json"\r\n(?:[^\r\n]+\r\n)*\r\n(.*?)\r\n--', re.DOTALL)


@dataclass(slots=True)
class Root:
    """What stands below one root message, by the id of the message."""

    said: dict[str, dict[str, Any]] = field(default_factory=dict)
    films: int = 0
    edits: int = 0

    @property
    def can_be_cancelled(self) -> bool:
        """Whether a message offers a Cancel."""
        return any('"nd:cancel:' in json.dumps(each.get("components") or []) for each in self.said.values())


class RaidedDiscord(BareDiscord):
    """Several channels, each with its own rate of threads, and what was said where.

    Args:
        films: of a hundred members get a film, and for as many the vendor finds that their words forbid it. The others'
            words are not taken.
    """

    def __init__(self, *, channels: int, films: int) -> None:
        super().__init__()
        self._films = films
        self.channels = [str(int(CHANNEL) + 100 * n) for n in range(channels)]
        self.threads: dict[str, str] = {}
        """By the id, which is that of the root message: the channel."""
        self.roots: dict[str, Root] = {}
        """By the id of the root message."""
        self.root_of: dict[int, str] = {}
        """By the number of the command: the id of its root message."""
        self.limited = 0
        self.requests: Counter[str] = Counter()
        """By what was asked: how often."""
        self.strays: Counter[str] = Counter()
        """Messages that belong to no root message."""
        self.whispers: dict[int, list[str]] = {}
        """By the number of the command: what was said to the person alone."""
        self.users: dict[int, str] = {}
        self._asked: dict[str, int] = {}
        """By the id of a root message: the number of the command."""
        self._places: dict[str, str] = {}
        self._nonces: dict[tuple[str, str], str] = {}
        self._opened: dict[str, deque[float]] = {channel: deque() for channel in self.channels}

    def interaction(self, number: int, *, prompt: str = "a red fox") -> dict[str, Any]:
        share = int(self.users[number]) % 100
        ends = "soon" if share < self._films else "soon forbidden" if share < 2 * self._films else "never"
        told = super().interaction(number, prompt=f"{prompt} {ends}")
        channel = self.channels[number % len(self.channels)]
        told["channel_id"] = channel
        told["channel"] = told["channel"] | {"id": channel}
        told["member"]["user"] = told["member"]["user"] | {"id": self.users[number]}
        return told

    async def _on_request(self, request: web.Request) -> web.Response:
        parts = request.path.removeprefix("/api/v10").strip("/").split("/")
        self.requests[_kind(request.method, parts)] += 1
        match (request.method, parts):
            case ("POST", ["channels", channel, "messages", message_id, "threads"]):
                if (busy := self._busy(channel)) is not None:
                    return busy
                self.threads[message_id] = channel
            case ("POST", ["channels", channel, "messages"]):
                return self._posted(channel, await request.read())
            case ("GET", ["channels", _, "messages", message_id]):
                return self._found(message_id)
            case ("PATCH", ["channels", _, "messages", message_id]):
                return self._edited(message_id, await request.read())
            case ("DELETE", ["channels", _, "messages", message_id]):
                return self._deleted(message_id)
            case ("POST", ["webhooks", _, token]):
                self.whispers.setdefault(self._tokens[token], []).append(await request.text())
            case ("PATCH", ["webhooks", _, token, "messages", _]):
                return self._edited(self.root_of[self._tokens[token]], await request.read())
            case ("POST", ["interactions", at, token, "callback"]):
                return await self._acknowledged(request, at, self._tokens[token])
            case _:
                pass
        return await super()._on_request(request)

    async def _acknowledged(self, request: web.Request, at: str, number: int) -> web.Response:
        answer = await self._on_callback(request, at, number)
        message_id = json.loads(answer.body)["interaction"]["response_message_id"]  # type: ignore[arg-type]
        self.root_of[number], self._asked[message_id] = message_id, number
        return answer

    def slowest_s(self) -> float:
        """Seconds in which the fullest channel takes an answer for each command that has no thread."""
        below = Counter(self.channels[number % len(self.channels)] for number in self.root_of if number)
        below.subtract(self.threads.values())
        return max(0.0, max(below.values()) - PACE.burst) * PACE.every_s

    def _found(self, message_id: str) -> web.Response:
        """One message; an answer that only says "thinking" so far says so."""
        if message_id not in self._asked and message_id not in self._places:
            return _gone()
        is_thinking = message_id in self._asked and message_id not in self.roots
        return _json(self._message() | {"id": message_id, "flags": LOADING if is_thinking else 0})

    def _deleted(self, message_id: str) -> web.Response:
        above = self._places.get(message_id)
        if above is None or self.roots[above].said.pop(message_id, None) is None:
            return _gone()
        return web.Response(status=204)

    def _busy(self, channel: str) -> web.Response | None:
        """Discord's refusal to open one more thread; None where it opens."""
        opened, now = self._opened[channel], time.monotonic()
        while opened and now - opened[0] > WINDOW_S:
            opened.popleft()
        if len(opened) < THREADS:
            opened.append(now)
            return None
        self.limited += 1
        left_s = f"{WINDOW_S - (now - opened[0]):.3f}"
        body = {"message": "You are being rate limited.", "retry_after": float(left_s), "global": False}
        head = {
            "content-type": "application/json", "retry-after": left_s, "x-ratelimit-limit": str(THREADS),
            "x-ratelimit-remaining": "0", "x-ratelimit-reset-after": left_s, "x-ratelimit-scope": "user",
        }  # fmt: skip
        return web.Response(body=json.dumps(body).encode(), status=429, headers=head)

    def _posted(self, channel: str, body: bytes) -> web.Response:
        """A message of the worker's: below the root message that it answers, or in its thread."""
        told = _told(body)
        above = channel if channel in self.threads else str((told.get("message_reference") or {}).get("message_id"))
        message = self._message()
        known = self._nonces.setdefault((channel, told.get("nonce") or message["id"]), message["id"])
        if known != message["id"]:
            return _json(message | {"id": known, "channel_id": channel})  # a repeated post is answered by the first one
        if (root := self.roots.get(above)) is None:
            self.strays[channel] += 1
        else:
            root.said[known] = told
            root.films += bool(_FILE.search(body))
            self._places[known] = above
        return _json(message | {"channel_id": channel})

    def _edited(self, message_id: str, body: bytes) -> web.Response:
        """An edit of such a message, or of a root message itself."""
        if (above := self._places.get(message_id)) is not None:
            self.roots[above].said[message_id].update(_told(body))
        elif message_id in self._asked:
            if message_id not in self.roots:
                self.seen.root(self._asked[message_id])
            self.roots.setdefault(message_id, Root()).edits += 1
        else:
            return _gone()
        return _json(self._message() | {"id": message_id})


def _kind(method: str, parts: list[str]) -> str:
    """A request without its ids."""
    match parts:
        case ["webhooks", *_]:
            return f"{method} answer"
        case ["interactions", *_]:
            return "first word"
        case ["channels", _, "messages", _, "threads"]:
            return "thread"
        case ["channels", _, "messages", *_]:
            return f"{method} message"
        case _:
            return "other"


def _gone() -> web.Response:
    body = json.dumps({"message": "Unknown Message", "code": 10008}).encode()
    return web.Response(body=body, status=404, headers={"content-type": "application/json"})


def _told(body: bytes) -> dict[str, Any]:
    """What a message says, whether a file comes with it or not."""
    form = _PAYLOAD.search(body)
    told: dict[str, Any] = json.loads(form[1] if form else body)
    return told


def _json(value: Any) -> web.Response:
    return web.Response(body=json.dumps(value).encode(), headers={"content-type": "application/json"})
