"""What a person has asked to come here comes here, whoever is just finding out that it cannot come where it was to."""

from collections.abc import Callable
from uuid import UUID

import pytest

from core.db.generations import deliveries
from core.db.generations.claims import StaleError
from core.db.generations.delivery_rows import Delivery
from core.db.pool import Pool
from core.domain.chat.delivery import Kind, Where
from core.domain.chat.delivery_memory import DeliveryMemory
from core.domain.chat.principal import Principal
from core.domain.ids import Installation, PlatformName, Thread, UserId
from core.usecases.generations.bring_here import bring_here
from core.usecases.requests.submit import VideoCommand, submit
from tests.core.terms import terms

ANA = Principal(platform=PlatformName("slack"), installation=Installation("T1"), user=UserId("ana"), is_admin=False)
CLOSED = DeliveryMemory(where=Where.DIRECT, why="50027")


async def _under_way(house: Pool, asked: Callable[..., VideoCommand]) -> tuple[UUID, Delivery]:
    """A generation whose progress message a worker is about to post."""
    made = await submit(asked(), pool=house, terms=terms(free_credits=10_000), owner="bot")
    async with house.acquire() as conn:
        await conn.execute("UPDATE generations SET thread = 'old'")
        await conn.execute("UPDATE deliveries SET state = 'due', wake_at = nd_now() WHERE kind = 'progress'")
        claimed = await deliveries.claim_due(conn, owner="worker", limit=10)
    (progress,) = [each for each in claimed if each.kind is Kind.PROGRESS]
    return made.generation_id, progress


async def test_a_refusal_in_the_old_place_that_comes_later_sends_nothing_elsewhere(
    house: Pool, asked: Callable[..., VideoCommand]
) -> None:
    generation_id, progress = await _under_way(house, asked)
    assert await bring_here(generation_id, Thread("new"), by=ANA, pool=house)
    async with house.acquire() as conn:
        with pytest.raises(StaleError):
            await deliveries.redirect(conn, progress, thread=Thread("direct"), told=CLOSED)
    assert await house.fetchval("SELECT thread FROM generations") == "new"


async def test_what_was_sent_elsewhere_before_comes_here_and_so_does_the_result(
    house: Pool, asked: Callable[..., VideoCommand]
) -> None:
    generation_id, progress = await _under_way(house, asked)
    async with house.acquire() as conn:
        await deliveries.redirect(conn, progress, thread=Thread("direct"), told=CLOSED)
    assert await bring_here(generation_id, Thread("new"), by=ANA, pool=house)
    rows = await house.fetch("SELECT kind, thread, memory FROM deliveries WHERE state = 'due' AND kind <> 'root'")
    assert [(row["kind"], row["thread"], row["memory"].get("where")) for row in rows] == [("progress", None, None)]
    assert await house.fetchval("SELECT thread FROM generations") == "new"
