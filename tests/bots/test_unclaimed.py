"""Who is told that a video waits for a worker: only people whose videos nobody could begin with, and each once."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

import pytest
import structlog

from bots.video_service import VideoService
from core.db.errors import transaction
from core.db.generations.unclaimed import unclaimed
from core.db.pool import Pool
from core.db.workers import seen
from core.domain.ids import ChannelId, GenerationId, Installation, PlatformName, Thread, UserId
from core.domain.requests.request import VideoRequest
from core.replies.chat.card import Card
from core.replies.languages.say import speaking
from core.usecases.requests.submit import Submitted, VideoCommand
from tests.bots.conftest import AWAY, OpenService, hurry
from tests.patience import PATIENCE_S


async def _asked(video_service: VideoService) -> GenerationId:
    asked = VideoCommand(
        platform=PlatformName("slack"), installation=Installation("T1"), channel=ChannelId("C1"), user=UserId("U1"),
        event=uuid4().hex, place=Thread("C1"), request=VideoRequest(prompt="a red fox"),
    )  # fmt: skip

    async def nobody() -> bool:
        return False

    answer = await video_service.video(asked, is_admin=nobody)
    assert isinstance(answer, Submitted)
    return answer.generation_id


async def test_a_video_waits_for_a_worker_while_none_is_alive_and_nothing_has_begun(
    house: Pool, open_service: OpenService
) -> None:
    async with open_service() as video_service:
        known = [await _asked(video_service) for _ in range(2)]
    async with transaction(house) as conn:
        assert await unclaimed(conn, known) == set(known)
        await conn.execute("UPDATE generations SET state = 'rendering' WHERE id = $1", known[0])
        assert await unclaimed(conn, [*known, GenerationId(uuid4())]) == {known[1]}
        await seen(conn, worker="w", host="h", release="1")
        assert await unclaimed(conn, known) == set()
        await conn.execute("UPDATE workers SET seen_at = nd_now() - interval '11 s'")
        assert await unclaimed(conn, known) == {known[1]}, "that one has died"


async def test_everybody_hears_it_once_in_their_own_language(
    open_service: OpenService, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch)
    heard: list[str] = []

    async def tell(card: Card) -> None:
        heard.append(card.title)

    async with open_service() as video_service:
        for locale in ("en-US", "de-DE"):
            with speaking(locale):
                video_service.unclaimed.watch(await _asked(video_service), tell)
        await _until(lambda: len(heard) == 2)
        known = await _asked(video_service)
        with structlog.testing.capture_logs() as said:
            video_service.unclaimed.watch(known, tell)
            await _until(lambda: len(heard) == 3)
    (line,) = (line for line in said if line["event"] == "command.no_worker")
    assert (line["waiting"], line["generations"]) == (1, [str(known)])
    assert heard == ["Your video is waiting for a worker", "Dein Video wartet auf einen Worker", heard[0]]


async def test_while_the_database_is_away_nobody_is_told_anything_and_it_is_forgotten(
    open_service: OpenService, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch)
    monkeypatch.setattr("bots.unclaimed.FORGET_S", 0.0)
    heard: list[Card] = []

    async def tell(card: Card) -> None:
        heard.append(card)

    async with open_service(dsn=AWAY) as video_service:
        video_service.unclaimed.watch(GenerationId(uuid4()), tell)
        (looking,) = (task for task in asyncio.all_tasks() if task.get_name() == "unclaimed")
        async with asyncio.timeout(30):
            await looking
    assert heard == []


async def _until(check: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not check():  # noqa: ASYNC110 - what is waited for is another task's
            await asyncio.sleep(0.01)
