"""Every error that Discord documents for what we ask, at every message of a generation's life: the contract holds."""

import asyncio
from collections.abc import AsyncIterator
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import discord
import pytest
import pytest_asyncio

from sandbox.discord import Rules
from tests.quick import shared
from tests.sandbox.discord.harness import serve
from tests.worker.delivery_walk import (
    EDITS_OFTEN_S,
    EDITS_SELDOM_S,
    Case,
    Order,
    kind_of,
    walked_well,
    walking,
)
from tests.worker.discord_stage import EVERYWHERE, DiscordStage
from tests.worker.script import Script

WAITS = ("429", "timeless", "20016", "20022", "20028", "20029", "40062")
UNCLEAR = ("130000", "http_500", "http_502", "http_503", "http_504", "http_524")
BROKEN = ("drop", "swallow", "broken", "empty")
"""Done, and the answer lost; not done, and no answer; and answers that are none."""
AWAY = ("40004", "40006", "40333")
PLACES = (
    "10003", "10004", "10013", "40007", "50001", "50007", "50008", "50009", "50013", "50024", "50033", "http_403",
    "http_404",
)  # fmt: skip
THREADS = ("50083", "160005")
CARDS = (
    "50006", "50035", "50109", "200000", "200001", "240000", "10008", "50005", "30033", "99999", "http_400", "http_405",
)  # fmt: skip
FILES = ("20009", "40005", "50045", "50046", "50138", "http_413")
ACCESS = ("40001", "40002", "50014", "50025", "http_401")
EDITS = ("30046",)
CLASSES = {
    "waits": WAITS, "unclear": UNCLEAR, "away": AWAY, "place": PLACES, "thread": THREADS, "card": CARDS, "file": FILES,
    "access": ACCESS,
}  # fmt: skip
ALL = (*WAITS, *UNCLEAR, *BROKEN, *AWAY, *PLACES, *THREADS, *CARDS, *FILES)
PASSES = {*WAITS, *UNCLEAR, *BROKEN, *AWAY}
"""What is over some time."""
MESSAGES, MESSAGE = "/channels/{channel}/messages", "/channels/{channel}/messages/{message}"
POST, UPLOAD, EDIT, OPEN = f"POST {MESSAGES}", f"UPLOAD {MESSAGES}", f"PATCH {MESSAGE}", f"POST {MESSAGE}/threads"
DIRECT, FOLLOW_UP = "POST /users/@me/channels", "POST /webhooks/{application}/{token}"


def cases(point: str, method: str, *, skip: int = 0, codes: tuple[str, ...] = ALL, **more: Any) -> list[Case]:
    """Each code once, and until it is lifted: after ten minutes what passes, never what is a refusal."""
    found = []
    for code in codes:
        for times in (1, None):
            lifted_after_s = 600.0 if times is None and code in PASSES else None
            order = Order(method=method, code=code, skip=skip, times=times)
            name = f"{point}: {method} {code} {'once' if times else 'on and on'}"
            kind = f"{point}: {kind_of(code, CLASSES)}"
            found.append(Case(name=name, kind=kind, orders=(order,), lifted_after_s=lifted_after_s, **more))
    return found


def exchanged(code: str) -> list[Case]:
    """A token is exchanged while it is used: for a moment Discord refuses what is edited, taken away and uploaded."""
    at_the_end = (Order(method=EDIT, code=code, times=2), Order(method=f"DELETE {MESSAGE}", code=code, times=1))
    uploading = (Order(method=UPLOAD, code=code, times=2),)
    return [
        Case(name=f"exchanged: edits {code}", kind="exchanged: edits", orders=at_the_end, files=1, where="thread"),
        Case(name=f"exchanged: upload {code}", kind="exchanged: upload", orders=uploading, files=1, where="thread"),
    ]


TABLES = {
    "root": cases("root", POST),
    "progress": cases("progress", POST, skip=1),
    "edits": cases("edit", EDIT, codes=(*ALL, *EDITS, *ACCESS), files=1, where="thread"),
    "upload": cases("upload", UPLOAD, codes=(*ALL, *ACCESS)),
    "thread": cases("thread", OPEN, codes=(*ALL, "160004", "160006", "30033"), files=1),
    "looks": [
        *cases("history", f"GET {MESSAGES}", codes=(*WAITS, *UNCLEAR, *BROKEN, *AWAY)),
        *(
            Case(
                name=f"a post lost, and the look for it {code}",
                kind=f"lost: {kind_of(code, CLASSES)}",
                orders=(
                    Order(method=UPLOAD, code="drop", times=1),
                    Order(method=f"GET {MESSAGES}", code=code, times=2),
                ),
                files=1,
            )
            for code in (*WAITS, *UNCLEAR, *AWAY)
        ),
    ],
    "take away": cases("take away", f"DELETE {MESSAGE}", codes=(*WAITS, *UNCLEAR, *ACCESS, "50013"), files=1),
    "credentials": [case for code in ACCESS for case in exchanged(code)],
    "ways out": [
        *(
            Case(
                name=f"direct: {code}",
                kind=f"direct: {kind_of(code, CLASSES)}",
                orders=(Order(method=POST, code="50001"), Order(method=UPLOAD, code="50001"),
                        Order(method=DIRECT, code=code)),
                undeliverable=code not in PASSES,
                lifted_after_s=600.0 if code in PASSES else None,
            )
            for code in (*WAITS, *UNCLEAR, *AWAY, *PLACES, *ACCESS)
        ),
        *(
            Case(
                name=f"nowhere: {code}",
                kind=f"nowhere: {kind_of(code, CLASSES)}",
                orders=(Order(method=EVERYWHERE + POST, code=code),),
                undeliverable=True,
            )
            for code in (*PLACES, *CARDS, *ACCESS)
        ),
    ],
}  # fmt: skip

ABOUT_EDITS = {"progress", "edits"}


@pytest_asyncio.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordStage]:
    """The stand-in, listening. discord.py's own pauses between its tries are no part of what is walked here."""
    nodding = SimpleNamespace(**{**vars(asyncio), "sleep": lambda _s, result=None: asyncio.sleep(0, result)})
    monkeypatch.setattr(discord.http, "asyncio", nodding)
    monkeypatch.setattr(discord.webhook.async_, "asyncio", nodding)
    async with serve(tmp_path / "discord", Rules(hang_s=1)) as running:
        monkeypatch.setattr(discord.http.Route, "BASE", running.api)
        monkeypatch.setattr(discord.VoiceClient, "warn_nacl", False)
        monkeypatch.setattr(discord.VoiceClient, "warn_dave", False)
        made = DiscordStage(running)
        yield made
        await made.chat.aclose()
        made.close()


@pytest.mark.parametrize("table", TABLES)
async def test_whatever_discord_answers_every_generation_ends_as_the_contract_has_it(
    table: str, stage: DiscordStage, database: str, tmp_path: Path, clip: Path
) -> None:
    every_s = EDITS_OFTEN_S if table in ABOUT_EDITS else EDITS_SELDOM_S
    async with walking(stage, database=database, folder=tmp_path, clip=clip, progress_every_s=every_s) as walk:
        await walked_well(
            walk, shared(TABLES[table], attrgetter("kind"), of=f"discord, {table}", n=list(TABLES).index(table))
        )
    if table == "thread":
        assert sum(stage.empty_threads(n) for n in range(len(walk.walked))) == 0


async def test_a_last_word_without_a_video_comes_as_surely(
    stage: DiscordStage, database: str, tmp_path: Path, clip: Path
) -> None:
    script, table = Script(veo=("refuses",), kling=("refuses",), calls_back=False), cases("result", POST, skip=2)
    async with walking(stage, database=database, folder=tmp_path, clip=clip, script=script) as walk:
        await walked_well(walk, shared(table, attrgetter("kind"), of="discord, result", n=len(TABLES)))


async def test_an_acknowledged_command_becomes_the_root_message_or_is_answered_itself(
    stage: DiscordStage, database: str, tmp_path: Path, clip: Path
) -> None:
    stage.asked = True
    get = f"GET {MESSAGE}"
    table = [
        Case(name="the bot died after its first word", orders=(), files=1, where="thread"),
        *cases("the answer is looked for", get, codes=(*WAITS, *UNCLEAR, *BROKEN, *AWAY), files=1),
        *cases("it was taken away", get, codes=("10008",), files=1),
        *cases("it is made the root", EDIT, codes=(*ALL, *EDITS, *ACCESS)),
        *(
            Case(
                name=f"the channel is closed ({code}): the command is answered",
                kind="the channel is closed",
                orders=(Order(method=POST, code=code), Order(method=UPLOAD, code=code), Order(method=OPEN, code=code)),
                files=1, where="channel",
            )
            for code in ("50001", "50013", "10003")
        ),
        *(
            Case(
                name=f"the channel is closed, and the answer to the command is refused: {code}",
                kind="the channel is closed, and the answer is refused",
                orders=(Order(method=POST, code="50001"), Order(method=UPLOAD, code="50001"),
                        Order(method=OPEN, code="50001"), Order(method=FOLLOW_UP, code=code)),
                where="direct",
            )
            for code in ("10015", "50027", "50013")
        ),
    ]  # fmt: skip
    async with walking(stage, database=database, folder=tmp_path, clip=clip) as walk:
        await walked_well(walk, shared(table, attrgetter("kind"), of="discord, acknowledged", n=len(TABLES) + 1))
