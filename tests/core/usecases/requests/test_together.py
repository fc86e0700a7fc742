"""Many who ask at the same moment: written with a few statements, as if each had come after those before it."""

import asyncio
from collections.abc import Callable
from typing import Any, Self

import pytest

from core.db.pool import Pool, open_pool
from core.domain.chat.pacing import Limit, MessageRate
from core.domain.chat.principal import Belongs, Principal
from core.domain.errors import Refused
from core.domain.ids import Installation, MessageId, PlatformName, Thread, UserId
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TierName
from core.domain.rules.changes import RuleChange
from core.domain.rules.decision import NotAllowed
from core.domain.rules.kinds import EVERYBODY, RuleKind, Value
from core.usecases.generations.root import OpenedRoots
from core.usecases.people.rules import change_rules
from core.usecases.requests.rulings import nobody
from core.usecases.requests.submit import Submitted, VideoCommand, submit
from core.usecases.requests.together import Together
from tests.core.terms import terms

Ask = Callable[..., VideoCommand]
RICH = terms(free_credits=10_000_000, open_most=1000)
DRAFT = VideoRequest(prompt="a red fox", tier=TierName.DRAFT)
BOSS = Principal(platform=PlatformName("slack"), installation=Installation("T1"), user=UserId("boss"), is_admin=True)


class Statements:
    """Counts what a pool's connections are asked for."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.asked: list[str] = []

    async def __aenter__(self) -> Self:
        connections = [await self.pool.acquire() for _ in range(8)]
        for conn in connections:
            conn.add_query_logger(self._note)
        for conn in connections:
            await self.pool.release(conn)
        return self

    def _note(self, record: Any) -> None:
        if record.query.startswith("SELECT"):  # not asyncpg's own, which each connection asks once
            self.asked.append(record.query)

    async def __aexit__(self, *_: object) -> None:
        self.asked.clear()


async def order(asked: VideoCommand, house: Pool, together: Together, **known: Any) -> Submitted:
    return await submit(asked, pool=house, terms=known.pop("terms", RICH), owner="bot", together=together, **known)


async def rule(house: Pool, kind: RuleKind, value: Value | None) -> None:
    change = RuleChange(kind=kind, subject=EVERYBODY, value=value)
    await change_rules(BOSS, [change], in_roles=nobody, pool=house, terms=RICH)


async def test_two_hundred_at_once_take_a_few_statements_and_each_has_its_video(house: Pool, asked: Ask) -> None:
    together = Together(house, wait_s=5)
    await order(asked(event="first"), house, together)
    async with Statements(house) as statements:
        orders = [asked(event=str(n), user=UserId(f"U{n % 20}"), request=DRAFT) for n in range(200)]
        made = await asyncio.gather(*(order(each, house, together) for each in orders))
        opened = OpenedRoots(house, wait_s=5)
        recorded = await asyncio.gather(
            *(
                opened.record(each.root, thread=Thread(f"t{n}"), message_id=MessageId(str(n)))
                for n, each in enumerate(made)
                if each.root is not None
            )
        )
        assert recorded == [True] * 200
        assert len(statements.asked) <= 20, statements.asked
    assert len({each.generation_id for each in made}) == 200
    held = await house.fetchval("SELECT held FROM wallet")
    assert held == sum(each.credits_held for each in made) + await house.fetchval(
        "SELECT consumed FROM generations WHERE request ->> 'tier' <> 'draft'"
    )
    assert await house.fetch("SELECT * FROM check_ledger()") == []
    threads = await house.fetchval("SELECT count(DISTINCT thread) FROM generations WHERE thread IS NOT NULL")
    assert threads == 200


async def test_one_at_a_time_they_take_two_statements_each(house: Pool, asked: Ask) -> None:
    together, opened = Together(house, wait_s=5), OpenedRoots(house, wait_s=5)
    await order(asked(event="first"), house, together)
    async with Statements(house) as statements:
        for n in range(5):
            made = await order(asked(event=str(n), asked_by="Ana", locale="de-DE"), house, together)
            assert made.root is not None
            await opened.record(made.root, thread=Thread("t"), message_id=MessageId(str(n)))
        assert len(statements.asked) == 10, statements.asked
    assert await house.fetchval("SELECT count(*) FROM generations WHERE asked_by = 'Ana' AND locale = 'de-DE'") == 5


async def test_a_lot_that_runs_out_of_credits_serves_as_many_as_can_be_had(house: Pool, asked: Ask) -> None:
    price = RICH.quote(DRAFT).credits
    poor, together = terms(free_credits=3 * price + 1, open_most=1000), Together(house, wait_s=5)
    orders = [asked(event=str(n), user=UserId(f"U{n}"), request=DRAFT) for n in range(12)]
    ended = await asyncio.gather(*(order(each, house, together, terms=poor) for each in orders), return_exceptions=True)
    assert sum(isinstance(each, Submitted) for each in ended) == 3
    assert sum(isinstance(each, Refused) for each in ended) == 9
    assert await house.fetch("SELECT * FROM check_ledger()") == []


async def test_an_allowance_counts_those_that_come_with_the_same_lot(house: Pool, asked: Ask) -> None:
    await rule(house, RuleKind.VIDEOS_PER_DAY, 2)
    together = Together(house, wait_s=5)
    orders = [asked(event=f"{n}", user=UserId(f"U{n % 3}"), request=DRAFT) for n in range(15)]
    ended = await asyncio.gather(*(order(each, house, together) for each in orders), return_exceptions=True)
    assert sum(isinstance(each, Submitted) for each in ended) == 6
    assert sum(isinstance(each, NotAllowed) for each in ended) == 9


async def test_two_processes_with_lots_of_the_same_people_do_not_lock_each_other_out(database: str, asked: Ask) -> None:
    async with open_pool(database, size_max=1) as first, open_pool(database, size_max=1) as second:
        both = [(pool, Together(pool, wait_s=30)) for pool in (first, second)]
        for pool, together in both:
            await order(asked(event="first"), pool, together)
        orders = [asked(event=str(n), user=UserId(f"U{n * 7 % 40}"), request=DRAFT) for n in range(160)]
        made = await asyncio.gather(*(order(each, *both[n % 2]) for n, each in enumerate(orders)))
    assert len({each.generation_id for each in made}) == 160


async def test_a_rule_that_was_changed_elsewhere_holds_at_the_very_next_request(house: Pool, asked: Ask) -> None:
    together = Together(house, wait_s=5)
    await order(asked(event="1", request=DRAFT), house, together)
    await rule(house, RuleKind.TIERS, ("pro",))
    with pytest.raises(NotAllowed):
        await order(asked(event="2", request=DRAFT), house, together)
    await rule(house, RuleKind.TIERS, None)
    await order(asked(event="3", request=DRAFT), house, together)


async def test_people_from_outside_are_refused_as_soon_as_a_workspace_lets_nobody_in(house: Pool, asked: Ask) -> None:
    async def let_in(whom: str) -> None:
        await house.execute(
            "INSERT INTO workspace_settings (platform, installation, outsiders) VALUES ('slack', 'T1', $1) "
            "ON CONFLICT (platform, installation) DO UPDATE SET outsiders = $1",
            whom,
        )

    together = Together(house, wait_s=5)
    await order(asked(event="0"), house, together)
    await let_in("everybody")
    await order(asked(event="1", belongs=Belongs.OUTSIDER), house, together)
    await let_in("nobody")
    with pytest.raises(NotAllowed):
        await order(asked(event="2", belongs=Belongs.OUTSIDER), house, together)
    await let_in("everybody")
    await order(asked(event="3", belongs=Belongs.OUTSIDER), house, together)


async def test_one_that_postgres_cannot_take_does_not_spoil_the_lot(house: Pool, asked: Ask) -> None:
    together = Together(house, wait_s=5)
    await order(asked(event="0"), house, together)
    orders = [asked(event=str(n), place=Thread("a\x00b" if n == 4 else "place"), request=DRAFT) for n in range(1, 9)]
    ended = await asyncio.gather(*(order(each, house, together) for each in orders), return_exceptions=True)
    assert [isinstance(each, Submitted) for each in ended] == [n != 4 for n in range(1, 9)]


async def test_who_gives_up_waiting_does_not_stop_the_lot(house: Pool, asked: Ask) -> None:
    together = Together(house, wait_s=5)
    await order(asked(event="0"), house, together)
    tasks = [asyncio.create_task(order(asked(event=str(n), request=DRAFT), house, together)) for n in range(1, 9)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks[3].cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(each, Submitted) for each in ended] == [n != 3 for n in range(8)]


async def test_root_messages_count_against_the_limits_and_leave_results_their_turns(house: Pool, asked: Ask) -> None:
    """A burst of roots takes what edits would have; a result waits for one turn at most."""
    pace = MessageRate(burst=20, every_s=30.0)  # so slow that the time a busy machine takes is no turn
    together = Together(house, wait_s=5)

    def limits(_place: Thread) -> tuple[Limit, ...]:
        return (Limit(key="chat.postMessage", pace=pace),)

    for n in range(3):
        await order(asked(event=f"a{n}", request=DRAFT), house, together, limits=limits)
    left = "SELECT extract(epoch FROM spent_until - nd_now())::float8 FROM chat_budget WHERE key = $1"
    spent = await house.fetchval(left, "slack:T1:chat.postMessage")
    assert 0 < spent <= 3 * pace.every_s
    orders = [asked(event=f"b{n}", user=UserId(f"U{n}"), request=DRAFT) for n in range(100)]
    await asyncio.gather(*(order(each, house, together, limits=limits) for each in orders))
    spent = await house.fetchval(left, "slack:T1:chat.postMessage")
    assert (pace.burst - 2) * pace.every_s < spent <= pace.burst * pace.every_s
    message = await house.fetchval("SELECT id FROM deliveries WHERE kind = 'progress' LIMIT 1")
    turn = "SELECT take_turn($1, 'slack:*', ARRAY['slack:T1:chat.postMessage'], ARRAY[20], ARRAY[30.0]::float8[], $2)"
    assert await house.fetchval(turn, message, [10]) > pace.every_s, "an ordinary edit has to wait"
    assert await house.fetchval(turn, message, None) <= pace.every_s, "a result has the next turn"


async def test_a_refused_request_spends_nothing_of_the_limits(house: Pool, asked: Ask) -> None:
    together, broke = Together(house, wait_s=5), terms(free_credits=1)

    def limits(_place: Thread) -> tuple[Limit, ...]:
        return (Limit(key="post", pace=MessageRate(burst=20, every_s=0.3)),)

    with pytest.raises(Refused):
        await order(asked(), house, together, terms=broke, limits=limits)
    assert await house.fetchval("SELECT count(*) FROM chat_budget") == 0
