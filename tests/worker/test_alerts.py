"""A team is told once in the channel that it chose, whoever dies on the way."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, cast
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from core.db.credits import budgets, credit_alerts, ledger
from core.db.people import teams
from core.db.pool import Pool, open_pool
from core.domain.chat.chat_errors import AccessLost, CardRefused, ChatBusy, ChatUnclear, PlaceGone
from core.domain.credits.money import BudgetPeriod, BudgetScope, Membership
from core.domain.health.config import HealthConfig, LatencyConfig, RoutingConfig
from core.domain.ids import ChannelId, Installation, MessageId, PlatformName, TeamId, Thread, UserId
from core.domain.time_scale import REAL_TIME
from core.replies.chat.card import Card, LinkButton
from core.storage import ObjectStorage
from tests.core.terms import terms
from worker.alerts import card_of, once
from worker.context import Context

if TYPE_CHECKING:
    from core.ports import Chat

TEST, HERE = PlatformName("test"), Installation("T1")
ROOM = "alerts"


class Room:
    """A chat that may fail before or after it has taken a message. It has no idempotency key."""

    def __init__(self) -> None:
        self.messages: list[tuple[UUID, str]] = []
        self.fails: list[BaseException] = []
        self.after = False

    async def post(self, thread: Thread, card: Card, *, key: UUID) -> MessageId:
        assert thread == ROOM
        await asyncio.sleep(0)
        if self.fails and not self.after:
            raise self.fails.pop()
        self.messages.append((key, card.title))
        if self.fails:
            raise self.fails.pop()
        return MessageId(str(len(self.messages)))

    async def find(self, thread: Thread, *, key: UUID) -> MessageId | None:
        await asyncio.sleep(0)
        return next((MessageId(str(n)) for n, (known, _) in enumerate(self.messages, 1) if known == key), None)

    @property
    def titles(self) -> list[str]:
        return [title for _, title in self.messages]


@pytest_asyncio.fixture
async def house(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database, size_max=4) as pool:
        yield pool


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def ctx(house: Pool, room: Room, tmp_path: Path) -> Context:
    return Context(
        pool=house,
        routes={},
        by_provider={},
        successors={},
        terms=terms(),
        storage=ObjectStorage(tmp_path.as_uri()),
        chats={TEST: cast("Chat[Card]", room)},
        health=HealthConfig(),
        routing=RoutingConfig(),
        latency=LatencyConfig(),
        owner="worker",
        time_scale=REAL_TIME,
        workdir=tmp_path,
        nudge=lambda _: None,
        topup_url="https://shop.example/credits",
    )


async def _team(house: Pool, *, free: int = 1000, low: int = 200) -> Membership:
    async with house.acquire() as conn:
        who = await teams.ensure(conn, platform=TEST, installation=HERE, user=UserId("ana"), free_credits=free)
        await budgets.set_alerts(
            conn, team_id=who.team_id, low_balance=low, platform=TEST, installation=HERE, channel=ChannelId(ROOM)
        )
    return who


async def _spend(house: Pool, who: Membership, amount: int) -> None:
    async with house.acquire() as conn:
        taken = await ledger.consume(
            conn, team_id=who.team_id, key=uuid4(), amount=amount, member=who.member_id, channel="c"
        )
        assert taken.status.moved


async def _cap(house: Pool, team: TeamId, cap: int) -> None:
    async with house.acquire() as conn:
        await budgets.set_budget(
            conn, team_id=team, scope=BudgetScope.TEAM, subject="", period=BudgetPeriod.MONTH, cap=cap
        )


async def _due_now(house: Pool) -> None:
    """The claim of the worker that died has expired."""
    await house.execute("UPDATE alert SET wake_at = nd_now() WHERE state = 'due'")


async def test_a_low_balance_is_told_once(house: Pool, room: Room, ctx: Context) -> None:
    who = await _team(house)
    await once(ctx)
    assert room.titles == []
    await _spend(house, who, 801)
    for _ in range(3):
        await once(ctx)
    assert room.titles == ["199 credits left"]


async def test_a_budget_is_told_once_from_80_percent_on(house: Pool, room: Room, ctx: Context) -> None:
    who = await _team(house, low=0)
    await _cap(house, who.team_id, 500)
    await _spend(house, who, 399)
    await once(ctx)
    assert room.titles == []
    await _spend(house, who, 1)
    await once(ctx)
    await _spend(house, who, 50)
    await once(ctx)
    assert room.titles == ["Your team has used 80 % of this month's budget"]


async def test_a_team_that_chose_no_channel_hears_nothing(house: Pool, room: Room, ctx: Context) -> None:
    async with house.acquire() as conn:
        who = await teams.ensure(conn, platform=TEST, installation=HERE, user=UserId("ana"), free_credits=100)
    await _spend(house, who, 100)
    await once(ctx)
    assert await house.fetchval("SELECT count(*) FROM alert") == 0


@pytest.mark.parametrize("after", [False, True], ids=["not posted", "posted, and nobody knows"])
async def test_whoever_dies_over_a_post_is_followed_and_it_is_said_once(
    house: Pool, room: Room, ctx: Context, *, after: bool
) -> None:
    await _spend(house, await _team(house), 900)
    room.fails, room.after = [KeyboardInterrupt()], after
    with pytest.raises(KeyboardInterrupt):
        await once(ctx)
    await once(ctx)
    assert len(room.titles) == int(after), "the claim of whoever died still runs"
    await _due_now(house)
    await once(ctx)
    assert room.titles == ["100 credits left"]
    assert await house.fetchval("SELECT state FROM alert") == "said"


async def test_two_workers_at_once_say_it_once(house: Pool, room: Room, ctx: Context) -> None:
    await _spend(house, await _team(house), 900)
    await asyncio.gather(*(once(ctx) for _ in range(4)))
    assert room.titles == ["100 credits left"]


async def test_a_busy_platform_is_asked_again_later_and_looked_at_first(house: Pool, room: Room, ctx: Context) -> None:
    await _spend(house, await _team(house), 900)
    room.fails = [ChatUnclear(), ChatBusy(retry_after_s=90)]
    for _ in range(3):
        await once(ctx)
        await _due_now(house)
    assert room.titles == ["100 credits left"]


async def test_a_channel_that_is_gone_ends_the_alert(house: Pool, room: Room, ctx: Context) -> None:
    await _spend(house, await _team(house), 900)
    room.fails = [PlaceGone("archived")]
    await once(ctx)
    assert await house.fetchval("SELECT state FROM alert") == "gone"


async def test_a_card_that_is_refused_comes_as_text(house: Pool, room: Room, ctx: Context) -> None:
    await _spend(house, await _team(house), 900)
    room.fails = [CardRefused("invalid_blocks")]
    await once(ctx)
    assert room.titles == ["100 credits left"]
    assert await house.fetchval("SELECT state FROM alert") == "said"


async def test_lost_access_ends_the_alert(house: Pool, room: Room, ctx: Context) -> None:
    await _spend(house, await _team(house), 900)
    room.fails = [AccessLost("missing_scope", needed="chat:write")]
    await once(ctx)
    assert await house.fetchval("SELECT state FROM alert") == "gone"


async def test_an_alert_of_a_platform_that_this_worker_has_not_is_left_for_another(
    house: Pool, room: Room, ctx: Context, administrator: asyncpg.Connection
) -> None:
    await _spend(house, await _team(house), 900)
    await administrator.execute("UPDATE team SET alert_platform = 'elsewhere'")
    await once(ctx)
    assert (room.titles, await house.fetchval("SELECT state FROM alert")) == ([], "due")


async def test_where_credits_are_sold_the_low_balance_leads_there(house: Pool, ctx: Context) -> None:
    await _spend(house, await _team(house), 900)
    async with house.acquire() as conn:
        await credit_alerts.note(conn, TeamId(1))
        (alert,) = await credit_alerts.claim_due(conn, limit=5)
    assert LinkButton("Add credits", "https://shop.example/credits") in card_of(alert, ctx).parts
