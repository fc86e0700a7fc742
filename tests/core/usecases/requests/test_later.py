"""Videos that are made later: on the person's own clock, once, under the rules and the credits of that moment."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.ids import Thread, UserId
from core.domain.requests.refusals import Insufficient, NoSuchTime, UnknownGeneration
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import VEO, WAN, TierName
from core.domain.rules.kinds import RuleKind
from core.usecases.generations.show import open_gallery
from core.usecases.requests.later import LaterChange, begin_due, change_later, own_later, schedule, told, warnings
from core.usecases.requests.submit import VideoCommand
from core.usecases.requests.when import read_when
from tests.core.terms import terms
from tests.core.usecases.requests.test_rulings import BOSS, rule

Ask = Callable[..., VideoCommand]
RICH, POOR = terms(free_credits=10_000), terms(free_credits=10)
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
ANA = Principal(platform=BOSS.platform, installation=BOSS.installation, user=UserId("ana"), is_admin=False)
DRAFT = VideoRequest(prompt="a red fox", tier=TierName.DRAFT)


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("tomorrow 9:00", datetime(2026, 12, 1, 9, tzinfo=BERLIN)),
        ("at tomorrow 9:00", datetime(2026, 12, 1, 9, tzinfo=BERLIN)),
        ("morgen um 9 Uhr", datetime(2026, 12, 1, 9, tzinfo=BERLIN)),
        ("demain 9h30", datetime(2026, 12, 1, 9, 30, tzinfo=BERLIN)),
        ("in 2 hours", datetime(2026, 11, 30, 15, tzinfo=BERLIN)),
        ("2026-12-24 18:00", datetime(2026, 12, 24, 18, tzinfo=BERLIN)),
        ("tomorrow 9:00 UTC", datetime(2026, 12, 1, 9, tzinfo=UTC)),
    ],
)
def test_a_time_is_meant_on_the_persons_own_clock(typed: str, at: datetime) -> None:
    assert read_when(typed, now=NOON, zone="Europe/Berlin").at == at


@pytest.mark.parametrize("typed", ["", "dusk", "yesterday", "in 3 years", "in 2 seconds"])
def test_what_is_no_time_ahead_is_refused(typed: str) -> None:
    with pytest.raises(NoSuchTime):
        read_when(typed, now=NOON, zone="nowhere")


async def _plan(house: Pool, asked: VideoCommand, typed: str = "in 2 hours", known: object = RICH) -> None:
    await schedule(asked, typed, zone="UTC", pool=house, terms=RICH)


async def _due(house: Pool) -> None:
    await house.execute("UPDATE scheduled SET due_at = nd_now(), lease_until = NULL")


async def test_it_begins_once_when_it_is_due_however_many_look(house: Pool, asked: Ask) -> None:
    order = asked(request=DRAFT)
    await _plan(house, order)
    await _plan(house, order)
    assert await begin_due(pool=house, terms=RICH, owner="w") == []
    assert await house.fetchval("SELECT count(*) FROM entry WHERE kind = 'consume'") == 0
    await _due(house)
    found = await asyncio.gather(*(begin_due(pool=house, terms=RICH, owner=f"w{n}") for n in range(4)))
    (begun,) = [each for some in found for each in some]
    assert begun.submitted is not None
    assert await house.fetchval("SELECT count(*) FROM entry WHERE kind = 'consume'") == 1
    assert await house.fetchval("SELECT command FROM scheduled") == {}, "the words are forgotten here"
    assert await house.fetchval("SELECT request ->> 'prompt' FROM generations") == "a red fox"


async def test_one_that_died_on_the_way_is_begun_again_and_is_one_video(house: Pool, asked: Ask) -> None:
    await _plan(house, asked(request=DRAFT))
    await _due(house)
    await begin_due(pool=house, terms=RICH, owner="w")
    kept = await house.fetchrow("SELECT request FROM generations")
    assert kept is not None
    command = {"channel": "C1", "place": "place", "request": kept["request"], "said": None, "takes": 1}
    rest: dict[str, Any] = {
        "asked_by": None,
        "locale": None,
        "place_locale": None,
        "belongs": "member",
        "is_adult": False,
        "roles": [],
    }
    await house.execute("UPDATE scheduled SET state = 'waiting', command = $1, lease_until = NULL", command | rest)
    await begin_due(pool=house, terms=RICH, owner="w")
    assert await house.fetchval("SELECT count(*) FROM generations") == 1


async def test_rules_and_credits_are_those_of_the_moment_when_it_begins(house: Pool, asked: Ask) -> None:
    await _plan(house, asked(request=DRAFT))
    await rule(house, RuleKind.WORDS, "blocked", ("fox",))
    await _due(house)
    (begun,) = await begin_due(pool=house, terms=RICH, owner="w")
    assert begun.refusal is not None
    assert len(await own_later(ANA, pool=house)) == 1, "nobody has told the person yet"
    await told(begun.later, pool=house)
    assert await own_later(ANA, pool=house) == []
    await rule(house, RuleKind.WORDS, "blocked", None)
    dear = asked(event="dear", request=VideoRequest(prompt="a fox", tier=TierName.ULTRA, duration_s=15))
    for number in range(20):
        await _plan(house, replace(dear, event=f"dear {number}"))
    await _due(house)
    ended = await begin_due(pool=house, terms=RICH, owner="w")
    assert any(isinstance(each.refusal, Insufficient) for each in ended)


async def test_the_person_is_told_at_once_and_before_it_begins_that_the_credits_would_not_do(
    house: Pool, asked: Ask
) -> None:
    planned = await schedule(asked(request=DRAFT), "in 30 minutes", zone="UTC", pool=house, terms=POOR)
    assert planned.balance < planned.needed
    (warned,) = await warnings(pool=house, terms=POOR)
    assert (warned.balance, warned.needed) == (planned.balance, planned.needed)
    assert await warnings(pool=house, terms=POOR) == []


async def test_its_person_alone_puts_it_off_and_cancels_it(house: Pool, asked: Ask) -> None:
    await _plan(house, asked(request=DRAFT))
    (later,) = await own_later(ANA, pool=house)
    with pytest.raises(UnknownGeneration):
        await change_later(later.id, LaterChange.CANCEL, by=replace(ANA, user=UserId("ben")), pool=house)
    (put_off,) = await change_later(later.id, LaterChange.DAY, by=ANA, pool=house)
    assert put_off.due_at - later.due_at == timedelta(days=1)
    assert await change_later(later.id, LaterChange.CANCEL, by=ANA, pool=house) == []
    with pytest.raises(UnknownGeneration):
        await change_later(later.id, LaterChange.NOW, by=ANA, pool=house)


async def test_when_it_is_cheap_its_cheapest_provider_makes_it(house: Pool, asked: Ask) -> None:
    await _plan(house, asked(), "when cheap")
    (begun,) = await begin_due(pool=house, terms=RICH, owner="w")
    assert begun.submitted is not None
    row = await house.fetchrow("SELECT chain, consumed FROM generations")
    assert row is not None
    prices = RICH.quote(asked().request).by_provider
    assert (len(row["chain"]), row["consumed"]) == (1, min(prices.values()))


async def test_when_it_is_cheap_the_cheapest_of_those_makes_it_whom_the_rules_of_that_moment_leave(
    house: Pool, asked: Ask
) -> None:
    """The cheapest of all is excluded after it was planned."""
    prices = RICH.quote(asked().request).by_provider
    first, second = sorted(prices, key=lambda name: prices[name])[:2]
    await _plan(house, asked(), "when cheap")
    await rule(house, RuleKind.PROVIDER, first, "excluded")
    (begun,) = await begin_due(pool=house, terms=RICH, owner="w")
    assert begun.submitted is not None
    row = await house.fetchrow("SELECT chain, consumed, request FROM generations")
    assert row is not None
    assert (row["chain"], row["consumed"], row["request"]["excluded"]) == ([second], prices[second], [first])


async def test_what_was_planned_begins_without_a_provider_that_was_excluded_or_became_too_dear_meanwhile(
    house: Pool, asked: Ask
) -> None:
    await _plan(house, asked())
    await rule(house, RuleKind.PROVIDER, WAN, "excluded")
    await rule(house, RuleKind.MAX_PRICE, "default", 300)
    await _due(house)
    (begun,) = await begin_due(pool=house, terms=RICH, owner="w")
    assert begun.submitted is not None
    row = await house.fetchrow("SELECT chain, request FROM generations")
    assert row is not None
    assert not {VEO, WAN} & set(row["chain"])
    assert (row["request"]["excluded"], row["request"]["too_dear"]) == ([WAN], [VEO])


async def test_a_warning_counts_what_the_rules_leave(house: Pool, asked: Ask) -> None:
    """The team has 400: with the dearest provider excluded that is enough."""
    known = terms(free_credits=400)
    await schedule(asked(), "in 30 minutes", zone="UTC", pool=house, terms=known)
    await rule(house, RuleKind.PROVIDER, VEO, "excluded")
    assert await warnings(pool=house, terms=known) == []


async def test_a_picture_of_a_planned_video_is_kept_until_it_has_begun(house: Pool, asked: Ask) -> None:
    await _plan(house, asked(request=DRAFT))
    frames = {"first_frame": "pictures/a.jpg", "last_frame": "pictures/b.jpg"}
    await house.execute(
        "UPDATE scheduled SET command = jsonb_set(command, '{request}', command -> 'request' || $1)", frames
    )
    nobody = UUID(int=0)
    for key in ("pictures/a.jpg", "pictures/b.jpg"):
        assert await house.fetchval("SELECT picture_is_needed($1, $2)", key, nobody)
    assert not await house.fetchval("SELECT picture_is_needed('pictures/c.jpg', $1)", nobody)
    await house.execute("UPDATE scheduled SET state = 'cancelled'")
    assert not await house.fetchval("SELECT picture_is_needed('pictures/a.jpg', $1)", nobody)


@pytest.mark.parametrize(("wanted", "states"), [(True, ["waiting"]), (False, [])])
async def test_a_planned_video_comes_into_the_gallery_unless_its_person_does_not_want_that(
    house: Pool,
    asked: Ask,
    wanted: bool,  # noqa: FBT001 - pytest passes by name
    states: list[str],
) -> None:
    await open_gallery(Thread("wall"), by=BOSS, is_adult=False, locale=None, pool=house, terms=RICH)
    await _plan(house, asked(request=replace(DRAFT, is_shown=wanted, is_veiled=True)))
    await _due(house)
    assert len(await begin_due(pool=house, terms=RICH, owner="w")) == 1
    rows = await house.fetch("SELECT state, is_spoiler FROM showing")
    assert [row["state"] for row in rows] == states
    assert all(row["is_spoiler"] for row in rows)
