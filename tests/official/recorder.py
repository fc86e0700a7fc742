"""Keeps what a stand-in was asked, and says field by field where two askers differ."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

TRANSPORT = {"host", "connection", "content-length", "accept", "accept-encoding", "user-agent"}
"""Headers that say who speaks and how bytes travel, not what is asked."""


LINK = re.compile(r"/cdn/|/files/\w+/[\w-]+\.mp4")
"""Where a finished video lies, if it is the caller's to fetch and not the client's."""


class Absent:
    """The value of a field that is absent."""

    def __repr__(self) -> str:
        return "absent"


ABSENT = Absent()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request, as it arrived; `chunks` grow until its body is whole."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    chunks: list[bytes] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)

    @property
    def step(self) -> tuple[object, ...]:
        """The part of a request that tells a new step from a repeated question."""
        return self.method, self.path, self.query, self.body


@dataclass(slots=True)
class Recorder:
    """A stand-in that remembers."""

    app: ASGIApp
    sent: list[Sent] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent = Sent(
            method=scope["method"],
            path=scope["raw_path"].decode("ascii"),
            query=tuple(parse_qsl(scope["query_string"].decode("ascii"), keep_blank_values=True)),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        )
        self.sent.append(sent)  # at once: the asker may have its answer, and ask again, before the app returns

        async def hear() -> Message:
            message = await receive()
            sent.chunks.append(message.get("body", b""))
            return message

        await self.app(scope, hear, send)


def steps(sent: Sequence[Sent]) -> list[Sent]:
    """The requests to the vendor's API, each repeated question once; fetching a link is not among them."""
    asked = [each for each in sent if not LINK.match(each.path)]
    return [each for last, each in zip([None, *asked], asked, strict=False) if last is None or last.step != each.step]


def fields(request: Sent, *, task: str) -> dict[str, Any]:
    """Every part of a request by its name, with the ids of the task and of its file taken out."""

    def plain(text: str) -> str:
        return re.sub(r"/files/[a-z0-9]+:", "/files/FILE:", text.replace(task, "TASK"))

    found: dict[str, Any] = {"method": request.method, "path": plain(request.path)}
    found |= {f"query.{name}": plain(value) for name, value in request.query}
    found |= {f"header.{name}": value for name, value in request.headers.items() if name not in TRANSPORT}
    if request.body:
        found |= _leaves("body", json.loads(plain(request.body.decode())))
    return found


def _leaves(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, dict) and value:
        return {leaf: v for key, inner in value.items() for leaf, v in _leaves(f"{name}.{key}", inner).items()}
    if isinstance(value, list) and value:
        return {leaf: v for n, inner in enumerate(value) for leaf, v in _leaves(f"{name}.{n}", inner).items()}
    return {name: value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Differs:
    """A difference that is meant: where it is (`*` stands for anything), what each side says, and why.

    `at` is the route, the step, and the field: `kling.fal submit.body.duration`.

    A side that is left out may say anything.
    """

    at: str
    why: str
    theirs: object = ...
    ours: object = ...

    def covers(self, at: str, theirs: object, ours: object) -> bool:
        return (
            fnmatchcase(at, self.at)
            and (self.theirs is ... or self.theirs == theirs)
            and (self.ours is ... or self.ours == ours)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field in which two requests differ."""

    at: str
    theirs: object
    ours: object


def differences(theirs: Mapping[str, Any], ours: Mapping[str, Any], *, step: str) -> Iterator[Difference]:
    """Every field that is not the same on both sides; 5 and "5", 1 and true are not the same."""
    for name in sorted(theirs.keys() | ours.keys()):
        a, b = theirs.get(name, ABSENT), ours.get(name, ABSENT)
        if type(a) is not type(b) or a != b:
            yield Difference(at=f"{step}.{name}", theirs=a, ours=b)
