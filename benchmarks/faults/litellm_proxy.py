"""One fault, met by a caller of LiteLLM's Router, whose video routing watches the submit and no more.

The package has an environment of its own; this speaks to a process in it. The first vendor speaks Google's dialect,
which LiteLLM knows; faults of another dialect's shape, of callbacks and of cancels cannot be played.
"""

import asyncio
import json
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.faults.dialects import GoogleWire
from benchmarks.faults.fault_list import Entry
from benchmarks.faults.films import is_shown_anywhere
from benchmarks.faults.place import EPOCH, NOBODY, REQUEST, Place, opened
from benchmarks.faults.plain_chain import CREDITS_PER_USD, Clock
from benchmarks.faults.verdict import End, Seen
from core.domain.requests.pricing import price

EVERY_S = 5.0
TIMEOUT_S = 600.0
START_S = 120.0
_SHAPES = frozenset({"null in a list", "address wrapped", "done, no video", "unknown state", "callback refused"})


def plays(entry: Entry) -> bool:
    """Whether the Router's calls can meet this fault."""
    return entry.when not in {"callback", "cancel"} and entry.name not in _SHAPES


class Pipe:
    """The process with the package."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, **asked: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        async with asyncio.timeout(START_S):
            line = await self._process.stdout.readline()
        answer: dict[str, Any] = json.loads(line)
        return answer


async def run_all(python: str, entries: Sequence[Entry]) -> dict[str, Seen]:
    """What its caller sees of each fault that it can play."""
    client = Path(__file__).with_name("litellm_client.py")
    process = await asyncio.create_subprocess_exec(
        python, "-P", str(client), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        pipe = Pipe(process)
        return {entry.name: await _run(pipe, entry) for entry in entries if plays(entry)}
    finally:
        process.kill()
        await process.wait()


async def _run(pipe: Pipe, entry: Entry) -> Seen:
    async with AsyncExitStack() as stack:
        clock = Clock()
        place = await opened(replace(entry, dialect=GoogleWire), stack, lambda: clock.at)
        first = NOBODY if entry.special == "down" else place.vendors[0].base
        await pipe.ask(do="open", first=first, second=place.vendors[1].base)
        ends = [await _called(pipe, place, clock) for _ in range(2 if entry.special == "twice" else 1)]
        end, is_right, maker = ends[-1]
        offer = place.built.offers[place.vendors[maker].dialect.provider]
        paid = price(REQUEST, offer, credits_per_usd=CREDITS_PER_USD) if end is End.VIDEO else 0
        share = entry.expected.worth if maker == 0 else 1.0
        return Seen(
            end=end,
            results=len(ends),
            is_right=is_right,
            paid=paid,
            due=int(paid * share + 1e-9),
            jobs=(len(place.vendors[0].tasks), len(place.vendors[1].tasks)),
            cancels=0,
            took_s=clock.at - EPOCH.timestamp(),
        )


async def _called(pipe: Pipe, place: Place, clock: Clock) -> tuple[End, bool, int]:
    """One call: the Router's submit, the caller's questions, the file."""
    made = await pipe.ask(do="make", prompt=REQUEST.prompt)
    if not made["ok"]:
        return End.TOLD, False, 0
    maker = 1 if place.vendors[1].tasks else 0
    where = {"id": made["id"], "base": place.vendors[maker].base}
    until = clock.at + TIMEOUT_S
    while clock.at < until:
        clock.at += EVERY_S
        state = await pipe.ask(do="status", **where)
        if state.get("status") == "failed":
            return End.TOLD, False, maker
        if state.get("status") == "completed":
            return await _taken(pipe, where, place.fitted[maker].duration_s, maker)
    return End.TOLD, False, maker


async def _taken(pipe: Pipe, where: dict[str, str], seconds: float, maker: int) -> tuple[End, bool, int]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        if not (await pipe.ask(do="content", to=str(path), **where))["ok"]:
            return End.TOLD, False, maker
        return End.VIDEO, is_shown_anywhere(path.read_bytes(), seconds=seconds), maker
