"""Several takes of one description: all or none, each consumed for exactly once, and one of them chosen once."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.db.credits import ledger
from core.db.generations import takes
from core.db.people import teams
from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.ids import Installation, PlatformName, UserId
from core.domain.requests.drafts import Draft, takes_of
from core.domain.requests.refusals import Insufficient, NotYours, PickedAlready
from core.domain.requests.request import TAKES_MAX, VideoRequest
from core.usecases.generations.pick import pick
from core.usecases.requests.submit import Submitted, VideoCommand, submit
from tests.core.terms import terms

Ask = Callable[..., VideoCommand]
ANA, BEN = (
    Principal(platform=PlatformName("slack"), installation=Installation("T1"), user=UserId(name), is_admin=False)
    for name in ("ana", "ben")
)
PRICE = terms().quote(VideoRequest(prompt="a")).credits


async def _submit(order: VideoCommand, house: Pool, *, free: int = 10_000) -> Submitted:
    return await submit(order, pool=house, terms=terms(free_credits=free), owner="bot")


async def _balance(house: Pool) -> int:
    async with house.acquire() as conn:
        member = await teams.ensure(
            conn, platform=ANA.platform, installation=ANA.installation, user=ANA.user, free_credits=0
        )
        return (await ledger.balance(conn, team_id=member.team_id)).balance


async def _finished(house: Pool, ids: list[UUID]) -> None:
    for each in ids:
        await house.execute(
            "UPDATE generations SET state = 'done', outcome = 'succeeded', settled = consumed, done_at = nd_now(), "
            "clip = $2 WHERE id = $1",
            each,
            {"key": f"clips/{each}/1.mp4", "sha256": "0", "size": 1, "width": 2, "height": 2, "duration_s": 1.0},
        )


@pytest.mark.parametrize("count", range(1, TAKES_MAX + 1))
async def test_each_take_is_consumed_for_once_and_has_one_root_between_them(
    house: Pool, asked: Ask, count: int
) -> None:
    done = await _submit(asked(takes=count), house)
    again = await _submit(asked(takes=count), house)  # delivered twice
    assert (done.takes, done.credits_held, again.root) == (count, count * PRICE, None)
    assert await _balance(house) == 10_000 - count * PRICE
    assert await house.fetchval("SELECT count(*) FROM entry WHERE kind = 'consume'") == count
    rows = await house.fetch("SELECT take, takes FROM generations ORDER BY take")
    assert [(row["take"], row["takes"]) for row in rows] == [(n, count) for n in range(count)]
    kinds = await house.fetch("SELECT kind, count(*) AS n FROM deliveries GROUP BY kind ORDER BY kind")
    assert {row["kind"]: row["n"] for row in kinds} == {"progress": count, "root": 1}


async def test_too_few_credits_for_all_takes_none(house: Pool, asked: Ask) -> None:
    with pytest.raises(Insufficient) as refusal:
        await _submit(asked(takes=3), house, free=3 * PRICE - 1)
    assert (refusal.value.needed, refusal.value.balance) == (3 * PRICE, 3 * PRICE - 1)
    assert all(price <= 3 * PRICE - 1 for _, price in refusal.value.affordable)
    assert await house.fetchval("SELECT count(*) FROM generations") == 0
    assert await house.fetchval("SELECT count(*) FROM entry WHERE kind <> 'free'") == 0


async def test_racing_commands_with_takes_never_share_a_credit(house: Pool, asked: Ask) -> None:
    """Eight people ask for three takes at once, and there is enough for two of them; each command comes twice."""
    orders = [_submit(asked(event=f"e{n}", user=UserId(f"u{n}"), takes=3), house, free=7 * PRICE) for n in range(8)]
    twice = [_submit(asked(event=f"e{n}", user=UserId(f"u{n}"), takes=3), house, free=7 * PRICE) for n in range(8)]
    outcomes = await asyncio.gather(*orders, *twice, return_exceptions=True)
    assert all(isinstance(outcome, Submitted | Insufficient) for outcome in outcomes), outcomes
    assert sum(isinstance(outcome, Submitted) and outcome.root is not None for outcome in outcomes) == 2
    assert await house.fetchval("SELECT count(*) FROM generations") == 6
    assert await house.fetchval("SELECT count(*) FROM entry WHERE kind = 'consume'") == 6
    assert await _balance(house) == PRICE


async def test_one_take_is_picked_once_whoever_races(house: Pool, asked: Ask) -> None:
    done = await _submit(asked(takes=4), house)
    ids = [done.generation_id, *done.others]
    await _finished(house, list(ids))
    with pytest.raises(NotYours):
        await pick(ids[1], by=BEN, pool=house, has_links=True)
    outcomes = await asyncio.gather(
        *(pick(each, by=ANA, pool=house, has_links=True) for each in ids), return_exceptions=True
    )
    assert sum(isinstance(outcome, PickedAlready) for outcome in outcomes) == 3
    async with house.acquire() as conn:
        (chosen,) = [each for each in await takes.of(conn, done.generation_id) if each.picked_at is not None]
    assert (await pick(chosen.id, by=ANA, pool=house, has_links=True)).id == chosen.id  # the same press twice
    gone = await house.fetch("SELECT generation_id FROM removals WHERE NOT files")
    assert {row["generation_id"] for row in gone} == set(ids) - {chosen.id}
    assert await house.fetchval("SELECT count(*) FROM deliveries WHERE kind = 'pick'") == 1
    assert await house.fetchval("SELECT count(*) FROM generations WHERE hidden_at IS NOT NULL") == 0


@given(count=st.integers(1, 9), dash=st.sampled_from(["takes:", "--takes ", "takes=", "variations: ", "takes: x"]))
def test_takes_are_read_in_any_spelling(count: int, dash: str) -> None:
    draft = Draft(text=f"a fox {dash}{count}")
    assert (takes_of(draft), draft.reading.prompt) == (count, "a fox")
