"""The last word always gets through: smaller, as a link, in a direct message, later; and once."""

import math
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from core.db.generations.deliveries import note_late
from core.domain.chat.addresses import Addresses
from core.domain.chat.chat_errors import (
    LATE_EFFECT_S,
    ChatBusy,
    ChatUnclear,
    FileRefused,
    PlaceGone,
    UploadFailed,
)
from core.domain.generations.generation import State
from core.domain.ids import MessageId, Thread, UserId
from core.ports import LocalClip
from core.replies.chat.card import Card, LinkButton, plain
from tests.rows import one_row
from tests.worker.sim import CREDITS, PLATFORM, Sim, world
from tests.worker.strangers import MemoryChat


@dataclass
class Picky(MemoryChat):
    """A platform with limits, which remembers cards, sizes and when each message came."""

    limit: int | None = None
    known_limit: bool = True
    failing_uploads: int = 0
    busy_edits_s: float = 0.0
    shut: bool = False
    busy_directs: int = 0
    sim: Sim | None = None
    cards: dict[UUID, Card] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)
    came_at: dict[UUID, datetime] = field(default_factory=dict)
    edits: int = 0

    def _new(self, thread: str, key: UUID, card: Card, *, has_file: bool = False) -> str:
        assert self.sim is not None
        self.cards[key], self.came_at[key] = card, self.sim.world.now
        return super()._new(thread, key, card, has_file=has_file)

    async def post(self, thread: Thread, card: Card, *, key: UUID) -> MessageId:
        if self.shut:
            raise PlaceGone("for good")
        return await super().post(thread, card, key=key)

    async def edit(self, thread: Thread, message: MessageId, card: Card, *, key: UUID) -> None:
        self.edits += 1
        if self.busy_edits_s:
            raise ChatBusy(retry_after_s=self.busy_edits_s)
        await super().edit(thread, message, card, key=key)

    async def upload(
        self, thread: Thread, clip: LocalClip, card: Card, *, key: UUID, memory: dict[str, str], look_first: bool
    ) -> AsyncIterator[dict[str, str]]:
        if self.shut:
            raise PlaceGone("for good")
        if self.limit is not None and clip.size > self.limit:
            raise FileRefused(limit=self.limit if self.known_limit else None)
        if self.failing_uploads > 0:
            self.failing_uploads -= 1
            raise UploadFailed("the bytes did not arrive")
        self.sizes.append(clip.size)
        steps = super().upload(thread, clip, card, key=key, memory=memory, look_first=look_first)
        async for known in steps:
            yield known

    async def direct(self, place: Thread, user: UserId) -> Thread:
        if self.busy_directs > 0:
            self.busy_directs -= 1
            raise ChatBusy(retry_after_s=5.0)
        return await super().direct(place, user)

    @property
    def last(self) -> Card:
        """The card of the message that came last."""
        return next(reversed(self.cards.values()))


def _with(sim: Sim, chat: Picky, *, linked: bool = False) -> Picky:
    chat.sim = sim
    sim.chat = chat
    addresses = Addresses(base="https://films.example", secret="s" * 16) if linked else None
    sim.ctx = replace(sim.ctx, chats={PLATFORM: chat}, addresses=addresses)
    return chat


async def _made(sim: Sim) -> None:
    await sim.ask()
    await sim.run()
    assert await sim.admin.fetchval("SELECT state FROM generations") == State.DONE


def _size(path: Path) -> int:
    return path.stat().st_size


def _left_behind(folder: Path) -> list[Path]:
    return list(folder.rglob("deliver-*"))


def _links(card: Card) -> list[str]:
    return [part.url for part in card.parts if isinstance(part, LinkButton)]


async def test_a_clip_that_is_too_large_is_made_smaller(database: str, tmp_path: Path, large_clip: Path) -> None:
    limit = _size(large_clip) // 2
    async with world(database, tmp_path, large_clip, veo=["ok"], kling=["ok"]) as sim:
        chat = _with(sim, Picky(sim.world.effects, limit=limit))
        await _made(sim)
    (size,) = chat.sizes
    assert size <= limit
    assert "Made smaller" in plain(chat.last)
    assert _left_behind(tmp_path) == []


@pytest.mark.parametrize("linked", [True, False])
async def test_one_that_cannot_be_made_to_fit_comes_as_a_link_or_says_whom_to_ask(
    database: str,
    tmp_path: Path,
    clip: Path,
    linked: bool,  # noqa: FBT001 - pytest passes by name
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        chat = _with(sim, Picky(sim.world.effects, limit=100, known_limit=False), linked=linked)
        await _made(sim)
        paid = await sim.admin.fetchval("SELECT settled FROM generations")
    assert chat.sizes == []
    assert bool(_links(chat.last)) == linked
    assert ("The people who run this bot" in plain(chat.last)) != linked
    assert paid == 480, "a working link counts as delivered"


async def test_an_upload_that_keeps_failing_falls_back_to_a_link(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        chat = _with(sim, Picky(sim.world.effects, failing_uploads=99), linked=True)
        await _made(sim)
    assert chat.failing_uploads == 99 - 4
    assert _links(chat.last)


async def test_without_links_a_failing_upload_is_tried_until_it_works(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        chat = _with(sim, Picky(sim.world.effects, failing_uploads=9))
        await _made(sim)
    assert len(chat.sizes) == 1


async def test_what_can_be_said_nowhere_is_paid_back(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        chat = _with(sim, Picky(sim.world.effects, shut=True, busy_directs=2))
        await _made(sim)
        funds = await one_row(sim.admin, "SELECT c.* FROM generations g, credit_balance(g.team_id) c")
        assert await sim.admin.fetch("SELECT * FROM check_ledger(NULL)") == []
    assert chat.busy_directs == 0
    assert (funds["balance"], funds["held"]) == (CREDITS, 0)


async def test_a_platform_that_wants_no_edits_gets_the_result_all_the_same(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        chat = _with(sim, Picky(sim.world.effects, busy_edits_s=500.0))
        sim.ctx = replace(sim.ctx, progress_every_s=2.0)
        for vendor in sim.vendors.values():
            vendor.takes_s = 40.0  # the bot has died, and a worker opens the thread when its lease is over
        asked_at = sim.world.now
        await sim.ask()
        for _ in range(200):
            due = await sim.admin.fetchval(
                "SELECT min(wake_at) FROM deliveries WHERE kind = 'result' AND state = 'due'"
            )
            if chat.sizes:
                break
            await sim.step()
            assert due is None or (due - asked_at).total_seconds() < 60
    assert chat.edits >= 1
    assert len(chat.sizes) == 1


@dataclass
class Slow(Picky):
    """A platform that holds one edit, answers nothing, and makes it when newer ones are long made."""

    held: int = 0
    holds_s: float = 40.0
    waiting: list[tuple[datetime, Thread, MessageId, Card, UUID]] = field(default_factory=list)

    async def _arrive(self, thread: Thread) -> None:
        await super()._arrive(thread)
        await self.settle()

    async def settle(self) -> None:
        """Make the edits whose time has come."""
        assert self.sim is not None
        due = [each for each in self.waiting if each[0] <= self.sim.world.now]
        self.waiting = [each for each in self.waiting if each not in due]
        for _, thread, message, card, key in due:
            await super().edit(thread, message, card, key=key)

    async def edit(self, thread: Thread, message: MessageId, card: Card, *, key: UUID) -> None:
        assert self.sim is not None
        is_root = "/" not in thread
        if is_root and not self.held:
            self.held += 1
            at = self.sim.world.now + timedelta(seconds=self.holds_s)
            self.waiting.append((at, thread, message, card, key))
            raise ChatUnclear("TimeoutError", look_in_s=LATE_EFFECT_S)
        await super().edit(thread, message, card, key=key)


async def test_an_edit_that_a_platform_makes_long_after_newer_ones_is_painted_over(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        chat = Slow(sim.world.effects)
        _with(sim, chat)
        await _made(sim)
        assert chat.held == 1
        assert chat.waiting == [], "it was made before the last one"
        root = chat.threads[next(thread for thread in chat.threads if "/" not in thread)][0]
        assert root.card is not None
        assert "Ready" in plain(root.card)


async def test_an_edit_that_got_no_answer_is_painted_over_though_the_last_one_was_made_meanwhile(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        chat = _with(sim, Picky(sim.world.effects))
        await _made(sim)
        root = chat.threads[next(thread for thread in chat.threads if "/" not in thread)][0]
        ready = root.card
        assert ready is not None
        until = math.ceil(sim.world.now.timestamp() + LATE_EFFECT_S)
        edit = await sim.admin.fetchval("SELECT id FROM deliveries WHERE kind = 'root_edit' AND state = 'done'")
        await note_late(sim.admin, edit, until=until)
        root.card = replace(ready, title="an older state")
        await sim.run()
        assert root.card == ready
        assert sim.world.now.timestamp() >= until
        assert await sim.admin.fetchval("SELECT state FROM deliveries WHERE id = $1", edit) == "done"
