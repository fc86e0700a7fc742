"""Public addresses of videos follow the rules of their workspace, those that were given out before among them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.db.generations import clip_links
from core.db.people import rules as rule_rows
from core.db.pool import Connection, Pool
from core.domain.chat.principal import Principal
from core.domain.ids import GenerationId, Installation, MemberId, PlatformName, UserId
from core.domain.rules.changes import RuleChange
from core.domain.rules.kinds import RuleKind, Value
from core.usecases.people.rules import change_rules
from core.usecases.requests.rulings import nobody
from core.usecases.requests.submit import VideoCommand, submit
from tests.core.terms import terms
from tests.quick import examples

Ask = Callable[..., VideoCommand]
RICH = terms(free_credits=10_000_000)
SLACK, TEAM = PlatformName("slack"), Installation("T1")
BOSS = Principal(platform=SLACK, installation=TEAM, user=UserId("boss"), is_admin=True)
USUAL_DAYS = 7
LASTS = {None: timedelta(days=USUAL_DAYS), "24h": timedelta(days=1), "30d": timedelta(days=30)}
START = datetime(2026, 11, 30, 12, tzinfo=UTC)


async def rule(house: Pool, kind: RuleKind, subject: str, value: Value | None) -> None:
    change = RuleChange(kind=kind, subject=subject, value=value)
    await change_rules(BOSS, [change], in_roles=nobody, pool=house, terms=RICH)


async def made(asked: VideoCommand, house: Pool) -> GenerationId:
    return (await submit(asked, pool=house, terms=RICH, owner="bot")).generation_id


@dataclass
class Expected:
    """What is to be: the rules that hold, and the link as it was last given out."""

    links: str | None = None
    is_off_here: bool = False
    is_private: bool = False
    private_links: bool = False
    shared_at: datetime | None = None
    lasts: timedelta = field(default_factory=timedelta)

    @property
    def is_off(self) -> bool:
        return self.links == "off" or self.is_off_here or (self.is_private and not self.private_links)

    def ends(self) -> datetime | None:
        """When it ends by the rules that hold now; None where there is none."""
        if self.shared_at is None or self.is_off:
            return None
        by_rule = {"24h": LASTS["24h"], "30d": LASTS["30d"]}.get(self.links or "", self.lasts)
        return self.shared_at + min(self.lasts, by_rule)

    def is_live(self, now: datetime) -> bool:
        return (ends := self.ends()) is not None and ends > now

    def given(self, now: datetime, *, anew: bool) -> bool:
        """It is asked for; `anew`: by somebody who shares it. Whether there is one."""
        if self.is_off:
            return False
        if self.shared_at is None or (anew and not self.is_live(now)):
            self.shared_at, self.lasts = now, LASTS[self.links]
        return self.is_live(now)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("links"), st.sampled_from([None, "off", "24h", "30d"])),
        st.tuples(st.just("no_links"), st.booleans()),
        st.tuples(st.just("private_links"), st.booleans()),
        st.tuples(st.just("hours"), st.sampled_from([1, 23, 24, 25, 24 * 6, 24 * 7, 24 * 29, 24 * 31])),
        st.tuples(st.sampled_from(["shown", "shared"]), st.none()),
    ),
    max_size=14,
)


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, is_private=st.booleans())
async def test_a_link_is_good_exactly_as_long_as_the_rules_that_hold_let_it(
    house: Pool,
    asked: Ask,
    steps: list[tuple[str, Any]],
    is_private: bool,  # noqa: FBT001 - hypothesis passes by name
) -> None:
    here = Installation(f"T{uuid4().hex}")
    found = await made(asked(event=here, installation=here, is_private=is_private), house)
    expected, now = Expected(is_private=is_private), START
    async with house.acquire() as conn, conn.transaction():
        for what, value in steps:
            await conn.execute("SELECT set_config('neverdark.now', $1, true)", now.isoformat())
            match what:
                case "links":
                    expected.links = value
                    await _set(conn, here, "links", "", value)
                case "no_links":
                    expected.is_off_here = value
                    await _set(conn, here, "no_links", "C1", "yes" if value else None)
                case "private_links":
                    expected.private_links = value
                    await _set(conn, here, "private_links", "", "yes" if value else None)
                case "hours":
                    now += timedelta(hours=value)
                case _:
                    give = clip_links.renew if what == "shared" else clip_links.ensure
                    link = await give(conn, found, days=USUAL_DAYS)
                    assert (link is not None) is expected.given(now, anew=what == "shared")
                    assert link is None or link.expires_at == expected.ends()
            await conn.execute("SELECT set_config('neverdark.now', $1, true)", now.isoformat())
            number = await conn.fetchval("SELECT id FROM clip_link WHERE generation_id = $1", found)
            if number is not None:
                known = await clip_links.find(conn, number)
                assert known is not None
                assert known.live is expected.is_live(now)


async def _set(conn: Connection, here: Installation, kind: str, subject: str, value: str | None) -> None:
    await rule_rows.set_rule(
        conn, platform=SLACK, installation=here, kind=kind, subject=subject, value=value, author=MemberId(1)
    )


async def test_while_links_are_turned_off_none_that_is_given_out_stays_good(house: Pool, asked: Ask) -> None:
    found = await made(asked(), house)

    async def give(turn: int) -> None:
        async with house.acquire() as conn, conn.transaction():
            await (clip_links.renew if turn % 2 else clip_links.ensure)(conn, found, days=30)

    turning = rule(house, RuleKind.LINKS, "", "off")
    await asyncio.gather(*(give(turn) for turn in range(6)), turning, *(give(turn) for turn in range(6)))
    async with house.acquire() as conn:
        assert await conn.fetchval("SELECT count(*) FROM clip_link") <= 1
        link = await conn.fetchval("SELECT id FROM clip_link")
        known = await clip_links.find(conn, link) if link is not None else None
        assert known is None or not known.live
        assert await clip_links.renew(conn, found, days=30) is None


async def test_one_that_was_revoked_never_begins_anew(house: Pool, asked: Ask) -> None:
    found = await made(asked(), house)
    async with house.acquire() as conn:
        assert await clip_links.ensure(conn, found, days=30) is not None
        assert await clip_links.revoke(conn, found)
        assert await clip_links.renew(conn, found, days=30) is None


@pytest.mark.parametrize(("links", "days"), [(None, 7), ("24h", 1), ("30d", 30), ("off", None)])
async def test_an_address_of_the_store_itself_is_signed_for_no_longer(
    house: Pool, asked: Ask, links: str | None, days: int | None
) -> None:
    found = await made(asked(), house)
    await rule(house, RuleKind.LINKS, "", links)
    async with house.acquire() as conn:
        lasts_s = await clip_links.lasts_s(conn, found, days=USUAL_DAYS)
    assert lasts_s == (None if days is None else days * 86_400)


async def test_what_is_asked_for_in_private_stays_private_whatever_is_made_of_it(house: Pool, asked: Ask) -> None:
    found = asked(is_private=True)
    async with house.acquire() as conn:
        assert await clip_links.ensure(conn, await made(found, house), days=30) is None
        again = await made(asked(event="again", request=found.request), house)
        assert await clip_links.ensure(conn, again, days=30) is not None, "it is a fact of where it was asked for"
