"""The storage is away: nothing that a vendor was paid for is dropped, downloaded twice, or called a bug of ours."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core import clips
from core.domain.errors import NotStored, StorageAway
from core.domain.generations.remote_clip import RemoteClip
from core.domain.generations.vendor_life import PATIENCE
from core.domain.time_scale import TimeScale
from core.ports import Poll, TaskSucceeded
from core.replies.chat.card import Card, LinkButton, plain
from tests.worker.sim import CREDITS, PLATFORM, Sim, world
from tests.worker.strangers import MemoryChat, Vendor
from worker.dispatcher import ClaimLimits, Dispatcher

ADDRESS = "https://vendor.example/clip.mp4"
SOON_S = 30.0


@dataclass
class Moody:
    """Our storage, which is away for what it is told, and counts what it was asked."""

    store: Any
    away: frozenset[str] = frozenset()
    error: Exception = field(default_factory=lambda: StorageAway("full"))
    asked: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        async def asked(*arguments: Any, **named: Any) -> Any:
            await asyncio.sleep(0)
            self.asked.append(name)
            if name in self.away:
                raise self.error
            return await getattr(self.store, name)(*arguments, **named)

        return asked


@dataclass
class Cards(MemoryChat):
    """Keeps the cards that were posted."""

    cards: list[Card] = field(default_factory=list)

    def _new(self, thread: str, key: Any, card: Card, *, has_file: bool = False) -> str:
        self.cards.append(card)
        return super()._new(thread, key, card, has_file=has_file)


class Counting:
    """Counts downloads, and gives the clip an address."""

    def __init__(self, sim: Sim, *, url: str | None = ADDRESS, lives: timedelta | None = None, needs_key: bool) -> None:
        self.downloads = 0
        self._sim, self._url, self._lives, self._needs_key = sim, url, lives, needs_key
        for vendor in sim.vendors.values():
            self._stand_before(vendor)

    def _stand_before(self, vendor: Vendor) -> None:
        poll, download = vendor.poll, vendor.download

        async def polled(task_id: str) -> Poll:
            answer = await poll(task_id)
            if not isinstance(answer, TaskSucceeded):
                return answer
            until = vendor.tasks[task_id].ends_at + self._lives if self._lives else None
            return TaskSucceeded(clip=RemoteClip(url=self._url, expires_at=until, needs_key=self._needs_key))

        async def downloaded(task_id: str, clip: RemoteClip, *, to: Path) -> None:
            self.downloads += 1
            await download(task_id, clip, to=to)

        vendor.poll = polled  # type: ignore[method-assign]  # the test stands before this one vendor
        vendor.download = downloaded  # type: ignore[method-assign]  # as above


def prepared(sim: Sim, *, away: str, **vendor: Any) -> tuple[Moody, Cards, Counting]:
    storage, chat = Moody(sim.ctx.storage, away=frozenset(away.split())), Cards(sim.world.effects)
    sim.chat = chat
    sim.ctx = replace(sim.ctx, storage=storage, chats={PLATFORM: chat})
    return storage, chat, Counting(sim, **{"needs_key": False, **vendor})


async def until(sim: Sim, after: timedelta) -> None:
    """Run until so long after the video was asked for."""
    ends = sim.world.now + after
    while sim.world.now < ends and await sim.step():
        pass


def left_behind(folder: Path) -> list[Path]:
    return list(folder.rglob("store-*"))


async def row(sim: Sim) -> Any:
    return await sim.admin.fetchrow("SELECT * FROM generations")


async def test_while_the_storage_is_away_a_video_is_looked_at_once(
    database: str, tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, take_in = 0, clips.take_in

    async def counted(path: Path, **how: Any) -> clips.Taken:
        nonlocal looks
        looks += 1
        return await take_in(path, **how)

    monkeypatch.setattr(clips, "take_in", counted)
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        storage, _, vendor = prepared(sim, away="put")
        await sim.ask()
        await until(sim, timedelta(minutes=5))
        assert storage.asked.count("put") > 3
        assert (looks, vendor.downloads) == (1, 1)
        for path in left_behind(tmp_path):
            path.unlink()  # what somebody takes away is brought anew
        await until(sim, timedelta(minutes=5))
        assert (looks, vendor.downloads) == (2, 2)
        storage.away = frozenset()
        await sim.run()
        assert ((await row(sim))["outcome"], looks, left_behind(tmp_path)) == ("succeeded", 2, [])


@pytest.mark.parametrize("away", ["put", "put fetch"])
async def test_a_storage_that_is_away_for_ten_minutes_costs_ten_minutes_and_one_download(
    away: str, database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        storage, chat, vendor = prepared(sim, away=away)
        await sim.ask()
        await until(sim, timedelta(minutes=10))
        seen = await row(sim)
        assert (seen["state"], seen["claims"], seen["settled"]) == ("storing", 0, None)
        assert storage.asked.count("put") > 5
        storage.away = frozenset()
        await sim.run()
        seen = await row(sim)
        assert (seen["outcome"], seen["settled"], sim.tasks, vendor.downloads) == ("succeeded", 480, 1, 1)
        assert sum(m.has_file for messages in chat.threads.values() for m in messages) == 1
        assert left_behind(tmp_path) == []


async def test_what_cannot_be_kept_for_long_is_had_from_its_vendor_and_paid_for(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        _, chat, vendor = prepared(sim, away="put")
        await sim.ask()
        await sim.run()
        seen = await row(sim)
        assert (seen["outcome"], seen["settled"], sim.tasks, vendor.downloads) == ("succeeded", 480, 1, 1)
        assert seen["done_at"] - seen["created_at"] < PATIENCE + timedelta(minutes=5)
        last = chat.cards[-1]
        assert [part.url for part in last.parts if isinstance(part, LinkButton)] == [ADDRESS]
        assert "save it" in plain(last)
        assert await sim.admin.fetch("SELECT * FROM check_ledger(NULL)") == []


async def test_an_address_that_lives_only_for_an_hour_is_offered_while_it_does(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        prepared(sim, away="put", lives=timedelta(hours=1))
        await sim.ask()
        await sim.run()
        seen = await row(sim)
        assert seen["outcome"] == "succeeded"
        assert seen["done_at"] - seen["created_at"] < timedelta(minutes=10)


@pytest.mark.parametrize("vendor", [{"url": None}, {"needs_key": True}], ids=["bytes only", "an address with our key"])
async def test_what_only_we_can_have_is_tried_as_long_as_its_vendor_has_it(
    vendor: dict[str, Any], database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        storage, chat, _ = prepared(sim, away="put", **vendor)
        await sim.ask()
        await until(sim, timedelta(minutes=5))
        for away in (PATIENCE, timedelta(hours=18)):
            await sim.world.move_to(sim.world.now + away)  # as if no worker was there
            await until(sim, timedelta(minutes=5))
        assert (await row(sim))["state"] == "storing"
        storage.away = frozenset()
        await sim.run()
        assert (await row(sim))["outcome"] == "succeeded"
        assert not any(isinstance(part, LinkButton) for card in chat.cards for part in card.parts)


async def test_when_its_vendor_has_it_no_longer_everything_comes_back(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        lives = timedelta(minutes=20)
        prepared(sim, away="put", needs_key=True, lives=lives)
        await sim.ask()
        await sim.run()
        seen = await row(sim)
        assert (seen["outcome"], seen["settled"]) == ("failed", 0)
        assert seen["done_at"] - seen["created_at"] > lives
        assert await sim.admin.fetchval("SELECT balance FROM wallet") == CREDITS


@pytest.mark.parametrize("error", [StorageAway("slow"), NotStored("clips/1.mp4")], ids=lambda e: type(e).__name__)
async def test_a_kept_video_that_cannot_be_read_waits_and_comes_as_a_file(
    error: Exception, database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        storage, chat, _ = prepared(sim, away="fetch")
        storage.error = error
        await sim.ask()
        await until(sim, timedelta(minutes=10))
        assert (await row(sim))["state"] == "delivering"
        tries = await sim.admin.fetchval("SELECT tries FROM deliveries WHERE kind = 'result'")
        assert tries <= 1
        storage.away = frozenset()
        await sim.run()
        assert sum(m.has_file for messages in chat.threads.values() for m in messages) == 1


async def test_one_that_cannot_be_read_for_long_is_had_from_its_vendor(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        _, chat, _ = prepared(sim, away="fetch")
        await sim.ask()
        await sim.run()
        assert [part.url for part in chat.cards[-1].parts if isinstance(part, LinkButton)] == [ADDRESS]
        assert (await row(sim))["settled"] == 480


async def test_a_picture_that_cannot_be_read_now_costs_no_claim_and_no_attempt(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        prepared(sim, away="read")
        offers = {
            name: replace(one, capabilities=replace(one.capabilities, first_frame=True))
            for name, one in sim.terms.offers.items()
        }
        sim.ctx = replace(sim.ctx, time_scale=TimeScale(1000), terms=replace(sim.terms, offers=offers))
        await sim.ask()
        await sim.admin.execute('UPDATE generations SET request = request || \'{"first_frame": "pictures/x.jpg"}\'')
        dispatcher, stopping = Dispatcher(sim.ctx, room=ClaimLimits()), asyncio.Event()
        dispatching = asyncio.create_task(dispatcher.run(stopping))
        async with asyncio.timeout(SOON_S):
            while (await row(sim))["fence"] < 15:
                await asyncio.sleep(0.01)
                await sim.world.move_to(sim.world.now + timedelta(seconds=1))
            stopping.set()
            await dispatching
        seen = await row(sim)
        assert (seen["outcome"], seen["claims"] <= 1) == (None, True)
        assert await sim.admin.fetchval("SELECT count(*) FROM attempts") == 0
