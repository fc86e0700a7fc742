"""Teams and members: made once at first sight, whoever comes at once; forgotten without touching the ledger."""

import asyncio
from typing import Any, cast

import asyncpg
import pytest

from core.db.credits import budgets, statements
from core.db.people import teams
from core.domain.ids import Installation, PlatformName, TeamId, UserId
from tests.places import workspace

PLACE = workspace("test", "T1")


async def test_the_first_sight_of_a_workspace_makes_a_team_with_its_free_credits(bank):
    first = await teams.ensure(bank.conn, **PLACE, user=UserId("ana"))
    assert await bank.left(first.team_id) == 300
    second = await teams.ensure(bank.conn, **PLACE, user=UserId("ben"), free_credits=9)
    assert second.team_id == first.team_id
    assert second.member_id != first.member_id
    assert await bank.left(first.team_id) == 300
    await bank.assert_clean()


async def test_the_same_person_elsewhere_is_another_member_of_another_team(bank):
    here = await teams.ensure(bank.conn, **PLACE, user=UserId("ana"))
    there = await teams.ensure(
        bank.conn,
        platform=PlatformName("other"),
        installation=Installation("T1"),
        user=UserId("ana"),
        free_credits=10_000,
    )
    assert (here.team_id, here.member_id) != (there.team_id, there.member_id)
    assert await bank.left(there.team_id) == 10_000


async def test_a_team_without_free_credits_has_an_empty_ledger(bank):
    made = await teams.ensure(bank.conn, **PLACE, user=UserId("ana"), free_credits=0)
    assert await bank.left(made.team_id) == 0
    assert await bank.entries(made.team_id) == []
    await bank.assert_clean()


async def test_a_known_member_costs_no_write(bank):
    made = await teams.ensure(bank.conn, **PLACE, user=UserId("ana"))
    async with bank.conn.transaction():
        again = await teams.ensure(bank.conn, **PLACE, user=UserId("ana"))
        assert await bank.conn.fetchval("SELECT pg_current_xact_id_if_assigned()") is None
    assert again == made


async def test_many_who_come_at_once_make_one_team_and_one_member_each(bank):
    async def come(name: str) -> Any:
        async with bank.pool.acquire() as conn:
            return await teams.ensure(conn, **PLACE, user=UserId(name))

    found = await asyncio.gather(*(come(name) for name in ["ana", "ben", "cy"] * 10))
    assert len({one.team_id for one in found}) == 1
    assert len({one.member_id for one in found}) == 3
    assert await bank.conn.fetchval("SELECT count(*) FROM team") == 1
    assert await bank.left(found[0].team_id) == 300
    await bank.assert_clean()


async def test_a_first_sight_that_is_rolled_back_leaves_nothing(bank):
    block = bank.conn.transaction()
    await block.start()
    await teams.ensure(bank.conn, **PLACE, user=UserId("ana"))
    await block.rollback()
    assert await bank.conn.fetchval("SELECT count(*) FROM team") == 0


async def test_a_forgotten_member_leaves_the_ledger_whole_and_comes_back_as_somebody_else(bank):
    await bank.open(100)
    await bank.hold(30)
    platform, installation = bank.place
    assert await teams.erase(bank.conn, platform=platform, installation=installation, user=UserId("ana"))
    assert not await teams.erase(bank.conn, platform=platform, installation=installation, user=UserId("ana"))
    assert await bank.conn.fetchval("SELECT user_id FROM member WHERE id = $1", bank.ana) is None
    assert (await bank.member("ana")).member_id != bank.ana
    [line, _] = await statements.statement(bank.conn, team_id=bank.team)
    assert line.member_id == bank.ana
    await bank.assert_clean()


async def test_a_member_without_a_name_is_misuse(bank):
    with pytest.raises(asyncpg.PostgresError) as error:
        await teams.ensure(bank.conn, **PLACE, user=cast("UserId", None))
    assert error.value.sqlstate == "ND001"


async def test_a_fifth_of_the_free_credits_is_where_a_balance_is_low(bank):
    await bank.open(free=300)
    limits = await budgets.limits(bank.conn, team_id=bank.team)
    assert limits.low_balance == 60
    with pytest.raises(LookupError):
        await budgets.limits(bank.conn, team_id=TeamId(999_999))
