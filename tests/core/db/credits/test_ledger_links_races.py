"""Linking while everybody else goes on: one joins, nothing is lost, and nobody waits in a circle."""

import asyncio
import contextlib
from uuid import uuid4

from core.db.credits import ledger, workspace_links
from core.db.people import teams
from core.domain.credits.money import MoneyStatus
from core.domain.ids import MemberId, UserId
from tests.places import workspace


async def _ana_of(bank, team) -> MemberId:
    found = await bank.conn.fetchval(
        "SELECT min(m.id) FROM member m JOIN workspace w USING (platform, installation) WHERE home_team_id = $1", team
    )
    return MemberId(found)


async def test_a_code_redeemed_by_two_workspaces_at_once_joins_one(bank):
    host = await bank.open(100)
    bank.code = (await workspace_links.link(bank.conn, team_id=host, member=bank.ana)).code
    await bank.open(10)
    places = [(bank.place, bank.ana)]
    for _ in range(4):
        await bank.open(10)
        places.append((bank.place, bank.ana))

    async def try_it(place, member) -> MoneyStatus:
        async with bank.pool.acquire() as conn:
            return (
                await workspace_links.redeem(
                    conn, code=bank.code, platform=place[0], installation=place[1], member=member
                )
            ).status

    answers = await asyncio.gather(*(try_it(*one) for one in places))
    assert sorted(answers) == [MoneyStatus.OK] + [MoneyStatus.USED] * 4
    assert await bank.left(host) == 110
    await bank.assert_clean()


async def test_joining_while_spending_and_settling_loses_nothing_and_never_deadlocks(bank):
    made = [await bank.open(200) for _ in range(4)]
    anas = [await _ana_of(bank, team) for team in made]
    places = [
        tuple(await bank.conn.fetchrow("SELECT platform, installation FROM workspace WHERE home_team_id = $1", team))
        for team in made
    ]

    async def spender(number: int) -> int:
        kept = 0
        async with bank.pool.acquire() as conn:
            for turn in range(25):
                key = uuid4()
                taken = await ledger.consume(
                    conn, team_id=made[(number + turn) % 4], key=key, amount=3, member=None, channel=None
                )
                if taken.status is MoneyStatus.OK:
                    settled = await ledger.settle(conn, key=key, actual=turn % 4)
                    assert settled.status is MoneyStatus.OK
                    kept += turn % 4
        return kept

    async def matchmaker(number: int) -> int:
        async with bank.pool.acquire() as conn:
            for turn in range(12):
                host, guest = number, (number + 1 + turn % 3) % 4
                _, installation = places[host]
                team = (await teams.ensure(conn, **workspace("test", installation), user=UserId("ana"))).team_id
                with contextlib.suppress(LookupError):  # it was joined to another meanwhile
                    code = await workspace_links.link(conn, team_id=team, member=anas[host])
                    await workspace_links.redeem(
                        conn, code=code.code, **workspace("test", places[guest][1]), member=anas[guest]
                    )
                await workspace_links.unlink(conn, **workspace("test", places[guest][1]), member=anas[guest])
        return 0

    kept = await asyncio.gather(*(spender(number) for number in range(4)), *(matchmaker(number) for number in range(4)))
    await bank.assert_clean()
    left = await bank.conn.fetchval("SELECT sum(balance + held) FROM wallet WHERE team_id = ANY ($1)", made)
    assert left == 800 - sum(kept)
