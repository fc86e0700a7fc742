"""The sandbox by HTTP: say, read, press, submit, redeliver, and switch trouble and speed, so that anyone can script it.

The shapes are fixed and described in docs/sandbox.md. What a command does is the platform's business.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox import wire
from sandbox.faults import EVERY
from sandbox.platform import Answerable, Heard, Platform, Suggesting
from sandbox.world import PLATFORMS, VENDORS, FaultKind, Trouble, World

Asked = Callable[[], dict[str, Any]]
"""What the vendors were asked so far, in the shape of `GET /api/vendors`."""

SUBJECTS = (*VENDORS, *PLATFORMS)
KINDS = tuple(kind.value for kind in FaultKind)
SECONDS_MAX = 7 * 24 * 3600
TIMES_MAX = 1_000_000
FACTOR_MIN, FACTOR_MAX = 0.1, 10_000


def places(platform: Platform) -> list[str]:
    """Where something can be said: the channels, and `@name`, somebody's direct messages with the bot."""
    direct = [f"@{person.name}" for person in platform.people]
    return [*platform.channels, *(name for name in direct if name not in platform.channels)]


def heard_json(heard: Heard) -> dict[str, Any]:
    """What came back, for the wire; `error` and `errors` only where there were any."""
    answer: dict[str, Any] = {
        "ok": heard.ok,
        "ephemeral": list(heard.ephemeral),
        "modal": asdict(heard.modal) if heard.modal else None,
    }
    told = {"error": heard.error} if heard.error else {}
    return answer | told | ({"errors": dict(heard.errors)} if heard.errors else {})


def trouble_json(trouble: Trouble, *, now: float) -> dict[str, Any]:
    """A trouble that is on; `seconds` is what is left of it, null for until it is switched off."""
    return {
        "provider": trouble.subject,
        "kind": trouble.kind.value,
        "rate": trouble.rate,
        "seconds": None if trouble.until is None else round(trouble.until - now, 1),
    }


def troubles_json(world: World) -> list[dict[str, Any]]:
    """All that is wrong now."""
    now = time.monotonic()
    return [trouble_json(trouble, now=now) for trouble in world.trouble()]


async def _asked_for(request: Request) -> dict[str, Any]:
    """What a request says: in its address when it only reads or takes away, else in its body."""
    if request.method == "POST":
        return await wire.body(request)
    asked: dict[str, Any] = dict(request.query_params)
    if str(asked.get("id", "")).isdigit():
        asked["id"] = int(asked["id"])
    return asked


HOLD_LOOK_S = 0.1


class Api:
    """The handlers of /api, around one world."""

    def __init__(self, world: World, platforms: Mapping[str, Platform], asked: Asked, *, hold_s: float = 0.0) -> None:
        """`hold_s`: how long a command waits for a bot that is not there yet."""
        self._hold_s = hold_s
        self._world = world
        self._platforms = platforms
        self._asked = asked

    def routes(self) -> list[BaseRoute]:
        """Every path below /api."""
        return [
            Route("/api/say", self.say, methods=["POST"]),
            Route("/api/messages", self.messages, methods=["GET"]),
            Route("/api/press", self.press, methods=["POST"]),
            Route("/api/reply", self.reply, methods=["POST"]),
            Route("/api/shortcut", self.shortcut, methods=["POST"]),
            Route("/api/suggest", self.suggest, methods=["POST"]),
            Route("/api/submit", self.submit, methods=["POST"]),
            Route("/api/change", self.change, methods=["POST"]),
            Route("/api/redeliver", self.redeliver, methods=["POST"]),
            Route("/api/trouble", self.trouble, methods=["GET", "POST", "DELETE"]),
            Route("/api/faults", self.faults, methods=["GET", "POST", "DELETE"]),
            Route("/api/switches", self.switches, methods=["GET", "POST"]),
            Route("/api/vendors", self.vendors, methods=["GET"]),
            Route("/api/speed", self.speed, methods=["GET", "POST"]),
        ]

    async def say(self, request: Request) -> Response:
        posted = await wire.body(request)
        platform = self._platform(posted)
        if str(posted.get("text", "")).startswith("/"):
            await self._bot_is_there(platform)
        heard = await platform.say(
            channel=wire.choice(posted, "channel", places(platform)),
            user=self._user(posted, platform),
            text=wire.text(posted, "text"),
            thread=wire.maybe_text(posted, "thread"),
            image=wire.maybe_url(posted, "image"),
            **({"files": wire.urls(posted, "files")} if "files" in posted else {}),
        )
        return JSONResponse(heard_json(heard))

    async def _bot_is_there(self, platform: Platform) -> None:
        """A person who is quicker than the bots loses nothing: `up` starts both at once."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._hold_s):
                while not platform.hears():  # noqa: ASYNC110 - what it waits for is in another process
                    await asyncio.sleep(HOLD_LOOK_S)

    async def messages(self, request: Request) -> Response:
        asked = dict(request.query_params)
        platform = self._platform(asked)
        channel = wire.choice(asked, "channel", places(platform))
        return JSONResponse({"messages": platform.messages(channel)})

    async def press(self, request: Request) -> Response:
        posted = await wire.body(request)
        platform = self._platform(posted)
        heard = await platform.press(
            channel=wire.choice(posted, "channel", places(platform)),
            message=wire.text(posted, "message"),
            action=wire.text(posted, "action"),
            user=self._user(posted, platform),
        )
        return JSONResponse(heard_json(heard))

    async def reply(self, request: Request) -> Response:
        posted = await wire.body(request)
        platform = self._platform(posted)
        channel, message = wire.choice(posted, "channel", places(platform)), wire.text(posted, "message")
        user, text = self._user(posted, platform), wire.text(posted, "text")
        if isinstance(platform, Answerable):
            return JSONResponse(
                heard_json(await platform.reply(channel=channel, message=message, user=user, text=text))
            )
        return JSONResponse(heard_json(await platform.say(channel=channel, user=user, text=text, thread=message)))

    async def shortcut(self, request: Request) -> Response:
        posted = await wire.body(request)
        platform = self._platform(posted)
        heard = await platform.shortcut(
            channel=wire.choice(posted, "channel", places(platform)),
            message=wire.text(posted, "message"),
            shortcut=wire.choice(posted, "shortcut", [each.id for each in platform.shortcuts()]),
            user=self._user(posted, platform),
        )
        return JSONResponse(heard_json(heard))

    async def suggest(self, request: Request) -> Response:
        posted = await wire.body(request)
        suggesting = {name: each for name, each in self._platforms.items() if isinstance(each, Suggesting)}
        platform = suggesting[wire.choice(posted, "platform", suggesting)]
        made = await platform.suggest(
            channel=wire.choice(posted, "channel", places(self._platform(posted))),
            user=self._user(posted, self._platform(posted)),
            text=wire.text(posted, "text"),
            option=wire.text(posted, "option"),
        )
        return JSONResponse({"choices": made})

    async def submit(self, request: Request) -> Response:
        posted = await wire.body(request)
        platform = self._platform(posted)
        heard = await platform.submit(
            modal=wire.text(posted, "modal"),
            user=self._user(posted, platform),
            values=wire.texts(posted, "values"),
        )
        return JSONResponse(heard_json(heard))

    async def change(self, request: Request) -> Response:
        posted = await wire.body(request)
        platform = self._platform(posted)
        heard = await platform.change(
            modal=wire.text(posted, "modal"),
            user=self._user(posted, platform),
            field=wire.text(posted, "field"),
            values=wire.texts(posted, "values"),
        )
        return JSONResponse(heard_json(heard))

    async def redeliver(self, request: Request) -> Response:
        platform = self._platform(await wire.body(request))
        return JSONResponse(heard_json(await platform.redeliver()))

    async def trouble(self, request: Request) -> Response:
        if request.method == "POST":
            posted = await wire.body(request)
            self._world.switch(
                wire.choice(posted, "provider", SUBJECTS),
                FaultKind(wire.choice(posted, "kind", KINDS)),
                rate=wire.number(posted, "rate", low=0, high=1, default=1),
                seconds=wire.maybe_number(posted, "seconds", low=0, high=SECONDS_MAX),
            )
        elif request.method == "DELETE":
            self._world.calm()
        return JSONResponse({"ok": True, "trouble": troubles_json(self._world)})

    async def faults(self, request: Request) -> Response:
        posted = await _asked_for(request)
        faults = self._platform(posted).faults
        if request.method == "POST":
            times = wire.maybe_number(posted, "times", low=1, high=TIMES_MAX)
            faults.add(
                wire.text(posted, "method"),
                wire.text(posted, "code"),
                times=None if times is None else int(times),
                about=wire.maybe_text(posted, "about") or EVERY,
                skip=int(wire.number(posted, "skip", low=0, high=TIMES_MAX, default=0)),
                retry_after=str(posted.get("retry_after", "1")),
            )
        elif request.method == "DELETE":
            order = wire.maybe_number(posted, "id", low=1, high=10**12)
            faults.lift(None if order is None else int(order))
        return JSONResponse({"ok": True, "faults": [asdict(fault) for fault in faults.orders()]})

    async def switches(self, request: Request) -> Response:
        posted = await _asked_for(request)
        platform = self._platform(posted)
        if request.method == "POST":
            name = wire.choice(posted, "name", [switch.name for switch in platform.switches])
            next(switch for switch in platform.switches if switch.name == name).turn(posted.get("value"))
            self._world.tell({"type": "trouble"})
        return JSONResponse({"ok": True, "switches": [switch.json() for switch in platform.switches]})

    async def vendors(self, request: Request) -> Response:
        return JSONResponse(self._asked())

    async def speed(self, request: Request) -> Response:
        if request.method == "POST":
            posted = await wire.body(request)
            self._world.factor = wire.number(posted, "factor", low=FACTOR_MIN, high=FACTOR_MAX)
            self._world.tell({"type": "speed"})
        return JSONResponse({"ok": True, "factor": self._world.factor})

    def _platform(self, posted: dict[str, Any]) -> Platform:
        return self._platforms[wire.choice(posted, "platform", self._platforms)]

    def _user(self, posted: dict[str, Any], platform: Platform) -> str:
        return wire.choice(posted, "user", [person.name for person in platform.people])
