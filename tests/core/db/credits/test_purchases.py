"""A platform's shop: told twice, late or in any order, a sale is credited once and undone once, to the credit."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid4, uuid5

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.db.credits import ledger, purchases, statements
from core.db.credits.purchases import CreditedSale, SaleStatus
from core.domain.ids import Installation, MemberId, PlatformName, TeamId, UserId
from tests.quick import examples
from tests.rows import one_row

CHAT = PlatformName("test")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
SALES = {"one": 100, "two": 70, "three": 30}


async def credit(conn: Any, sale: str, *, buyer: str = "ana", at: datetime = NOW, **more: Any) -> CreditedSale:
    asked: dict[str, Any] = {"installation": None, "worth": SALES.get(sale, 100)} | more
    return await purchases.credit(
        conn, platform=CHAT, sale=sale, key=uuid5(NAMESPACE_OID, sale), sku="sku", buyer=UserId(buyer),
        own=Installation(f"user:{buyer}"), bought_at=at, free_credits=0, **asked,
    )  # fmt: skip


async def undo(conn: Any, sale: str) -> CreditedSale:
    return await purchases.undo(conn, platform=CHAT, sale=sale, sku="sku")


async def _set(conn: Any) -> None:
    await conn.execute("SELECT set_config('neverdark.now', $1, false)", NOW.isoformat())


async def _figures(conn: Any) -> tuple[int, int]:
    """What came in all less what went back; what the valid sales are worth with what is owed."""
    row = await conn.fetchrow(
        "SELECT sum(granted - taken_back)::int AS net,"
        " sum(owed + CASE WHEN undone_at IS NULL THEN credits ELSE 0 END)::int AS due FROM purchase"
    )
    return row["net"] or 0, row["due"] or 0


async def test_it_is_for_where_the_buyer_opened_the_shop_else_for_themselves(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as conn:
        await _set(conn)
        for user in ("ana", "ben"):
            await purchases.intend(conn, platform=CHAT, user=UserId(user), installation=Installation("server"))
        sold = [
            await credit(conn, "one", at=NOW + timedelta(minutes=5)),
            await credit(conn, "two", buyer="ben", at=NOW + timedelta(hours=3)),
            await credit(conn, "three", buyer="cleo"),
            await credit(conn, "four", buyer="ana", installation=Installation("other"), at=NOW),
        ]
    assert [each.installation for each in sold] == ["server", "user:ben", "user:cleo", "other"]
    assert {each.status for each in sold} == {SaleStatus.OK}


async def test_what_was_spent_when_a_sale_is_undone_comes_out_of_the_next_one(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as conn:
        await _set(conn)
        await credit(conn, "one")
        team, member = await one_row(
            conn, "SELECT team_id, m.id FROM member m JOIN workspace USING (platform, installation)"
        )
        key = uuid4()
        await ledger.consume(conn, team_id=TeamId(team), key=key, amount=60, member=MemberId(member), channel=None)
        undone = await undo(conn, "one")
        assert (undone.status, undone.granted, undone.owed) == (SaleStatus.OK, 40, 60)
        again = await undo(conn, "one")
        assert (again.status, again.granted, again.owed) == (SaleStatus.REPLAYED, 40, 60)
        assert (await ledger.balance(conn, team_id=TeamId(team))).balance == 0

        await ledger.settle(conn, key=key, actual=20)  # the video was cheaper: what comes back is taken, too
        collected = await undo(conn, "one")
        assert (collected.granted, collected.owed) == (80, 20)
        nxt = await credit(conn, "two")
        assert (nxt.status, nxt.granted) == (SaleStatus.OK, 50)
        assert await statements.check(conn) == []
        assert await _figures(conn) == (70, 70)


async def test_a_sale_that_is_undone_before_it_is_told_is_never_credited(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as conn:
        assert (await undo(conn, "one")).status is SaleStatus.UNKNOWN
        assert (await credit(conn, "one")).status is SaleStatus.UNDONE
        assert await conn.fetchval("SELECT count(*) FROM entry") == 0


@pytest.mark.parametrize("undoes", [False, True])
async def test_a_sale_told_by_twenty_processes_at_once_is_credited_once(
    undoes: bool,  # noqa: FBT001 - a parameter of the test
    pool: asyncpg.Pool,
    database: str,
) -> None:
    async with asyncpg.create_pool(database, min_size=10, max_size=10) as many:

        async def told(number: int) -> SaleStatus:
            async with many.acquire() as conn, conn.transaction():
                if undoes and number % 4 == 3:
                    return (await undo(conn, "one")).status
                return (await credit(conn, "one", buyer="ana")).status

        statuses = Counter(await asyncio.gather(*(told(number) for number in range(20))))
    async with pool.acquire() as conn:
        assert statuses[SaleStatus.OK] <= (2 if undoes else 1)
        assert await statements.check(conn) == []
        assert await _figures(conn) == ((0, 0) if undoes else (100, 100))
        assert (await conn.fetchval("SELECT coalesce(sum(balance), 0) FROM wallet")) == (0 if undoes else 100)


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("sold"), st.sampled_from(sorted(SALES))),
        st.tuples(st.just("undone"), st.sampled_from(sorted(SALES))),
        st.tuples(st.just("spend"), st.integers(1, 90)),
        st.tuples(st.just("settle"), st.integers(0, 90)),
    ),
    max_size=14,
)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=OPERATIONS)
def test_delivered_twice_late_and_undone_in_any_order_the_ledger_is_exact(
    operations: list[tuple[str, Any]], database: str
) -> None:
    asyncio.run(_exact(operations, database))


async def _exact(operations: list[tuple[str, Any]], database: str) -> None:
    conn = await asyncpg.connect(database)
    outer = conn.transaction()
    await outer.start()
    try:
        await _set(conn)
        held: list[tuple[Any, int]] = []
        for what, value in operations:
            member = await conn.fetchrow(
                "SELECT team_id, m.id FROM member m JOIN workspace USING (platform, installation) LIMIT 1"
            )
            match what:
                case "sold":
                    await credit(conn, value)
                case "undone":
                    await undo(conn, value)
                case "spend" if member is not None:
                    key = uuid4()
                    moved = await ledger.consume(
                        conn, team_id=TeamId(member["team_id"]), key=key, amount=value,
                        member=MemberId(member["id"]), channel=None,
                    )  # fmt: skip
                    if moved.status == "ok":
                        held.append((key, value))
                case "settle" if held:
                    key, amount = held.pop()
                    await ledger.settle(conn, key=key, actual=min(value, amount))
            net, due = await _figures(conn)
            assert net == due, operations
        assert await statements.check(conn) == [], operations
        entries = await one_row(
            conn,
            "SELECT coalesce(sum(delta) FILTER (WHERE kind = 'grant'), 0)::int AS granted,"
            " coalesce(-sum(delta) FILTER (WHERE kind = 'expire'), 0)::int AS lapsed FROM entry",
        )
        booked = await one_row(
            conn,
            "SELECT coalesce(sum(granted), 0)::int AS granted, coalesce(sum(taken_back), 0)::int AS lapsed"
            " FROM purchase",
        )
        assert tuple(entries) == tuple(booked), operations
    finally:
        await outer.rollback()
        await conn.close()
