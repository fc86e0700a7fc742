"""What admins choose for their workspace, and what becomes of the videos that are asked for then."""

from collections.abc import Callable
from typing import Any

import pytest

from core.db.generations import claims
from core.db.pool import Pool
from core.domain.chat.principal import Belongs, Outsiders, Principal
from core.domain.generations.generation import Generation
from core.domain.ids import Installation, PlatformName, UserId
from core.domain.requests.fallback import Elsewhere, Fallback
from core.domain.requests.refusals import NotAnAdmin, NotANumber, UnknownOption
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import HAILUO, KLING, SEEDANCE, VEO, WAN, TierName
from core.usecases.people.outsiders import lets_in
from core.usecases.people.settings import FALLBACK, KEEP, OUTSIDERS, REFUSED, Keep, WorkspaceSettings, choose, settings
from core.usecases.requests.submit import VideoCommand, submit
from tests.core.terms import terms

Ask = Callable[..., VideoCommand]
TERMS = terms(free_credits=5000, last_resort={TierName.PRO: WAN})
ANA = Principal(platform=PlatformName("slack"), installation=Installation("T1"), user=UserId("ana"), is_admin=True)
BEN = Principal(platform=PlatformName("slack"), installation=Installation("T1"), user=UserId("ben"), is_admin=False)
ELSEWHERE = Principal(
    platform=PlatformName("slack"), installation=Installation("T2"), user=UserId("ana"), is_admin=True
)


async def _choose(house: Pool, value: str, *, by: Principal = ANA, setting: str = FALLBACK) -> WorkspaceSettings:
    return await choose(by, setting=setting, value=value, pool=house, terms=TERMS)


def _held(fallback: Fallback, *, changed: Fallback | None = None) -> WorkspaceSettings:
    return WorkspaceSettings(fallback=fallback, outsiders=Outsiders.NOBODY, changed=changed)


async def _made(house: Pool, asked: VideoCommand) -> Generation:
    submitted = await submit(asked, pool=house, terms=TERMS, owner="bot")
    async with house.acquire() as conn:
        found = await claims.load(conn, submitted.generation_id)
    assert found is not None
    return found


def _order(asked: Ask, event: str, tier: TierName = TierName.PRO, **request: Any) -> VideoCommand:
    return asked(event=event, request=VideoRequest(prompt="a red fox", tier=tier, **request))


async def test_a_workspace_that_has_chosen_nothing_falls_back_to_any(house: Pool) -> None:
    assert await settings(ANA, pool=house, terms=TERMS) == _held(Fallback.ANY)


async def test_a_choice_holds_for_its_workspace_alone_and_is_told_once(house: Pool) -> None:
    assert await _choose(house, "never") == _held(Fallback.NEVER, changed=Fallback.NEVER)
    assert await _choose(house, "never") == _held(Fallback.NEVER)
    assert (await settings(ELSEWHERE, pool=house, terms=TERMS)).fallback is Fallback.ANY
    assert await _choose(house, " Same tier ") == _held(Fallback.SAME_TIER, changed=Fallback.SAME_TIER)


async def test_nobody_from_outside_is_let_in_until_an_admin_says_so(house: Pool) -> None:
    async def let_in() -> list[bool]:
        return [await lets_in(ANA.platform, ANA.installation, belongs, pool=house) for belongs in Belongs]

    assert await let_in() == [True, False, False]
    await _choose(house, "guests", setting=OUTSIDERS)
    assert await let_in() == [True, True, False]
    changed = await _choose(house, "everybody", setting=OUTSIDERS)
    assert (changed.changed, changed.fallback) == (Outsiders.EVERYBODY, Fallback.ANY)
    assert await let_in() == [True, True, True]


async def test_who_is_no_admin_neither_sees_nor_changes_them(house: Pool) -> None:
    with pytest.raises(NotAnAdmin):
        await settings(BEN, pool=house, terms=TERMS)
    with pytest.raises(NotAnAdmin):
        await _choose(house, "never", by=BEN)
    assert (await settings(ANA, pool=house, terms=TERMS)).fallback is Fallback.ANY


@pytest.mark.parametrize(("setting", "value"), [(FALLBACK, "sometimes"), (FALLBACK, ""), ("colour", "red")])
async def test_what_does_not_exist_cannot_be_chosen(house: Pool, setting: str, value: str) -> None:
    with pytest.raises(UnknownOption):
        await _choose(house, value, setting=setting)


async def test_a_video_holds_the_dearest_of_those_that_the_choice_leaves(house: Pool, asked: Ask) -> None:
    anybody = await _made(house, _order(asked, "1"))
    await _choose(house, "same_tier")
    same_tier = await _made(house, _order(asked, "2"))
    await _choose(house, "never")
    never = await _made(house, _order(asked, "3"))
    assert [set(each.prices) for each in (anybody, same_tier, never)] == [
        {KLING, SEEDANCE, WAN}, {KLING, SEEDANCE}, {KLING},
    ]  # fmt: skip
    for each in (anybody, same_tier, never):
        assert each.consumed == max(each.prices.values())
    assert [each.fallback for each in (anybody, same_tier, never)] == [Fallback.ANY, Fallback.SAME_TIER, Fallback.NEVER]


async def test_a_later_choice_leaves_what_is_under_way_alone(house: Pool, asked: Ask) -> None:
    before = await _made(house, _order(asked, "1"))
    await _choose(house, "never")
    again = await _made(house, _order(asked, "1"))
    assert (again.id, again.fallback) == (before.id, Fallback.ANY)


async def test_where_nobody_may_take_over_the_first_who_takes_pictures_makes_it(house: Pool, asked: Ask) -> None:
    await _choose(house, "never")
    text = await _made(house, _order(asked, "1", TierName.DEFAULT))
    assert text.chain[0] == VEO
    takes = [p for p in (VEO, KLING, SEEDANCE, HAILUO, WAN) if TERMS.offers[p].capabilities.last_frame]
    framed = await _made(house, _order(asked, "2", TierName.DEFAULT, first_frame="a", last_frame="b"))
    assert framed.chain[0] == next(p for p in takes if TERMS.offers[p].capabilities.first_frame)
    assert set(framed.prices) == {framed.chain[0]}


@pytest.mark.parametrize(("typed", "days"), [("30", 30), (" 7 days ", 7), ("1 day", 1), ("default", None)])
async def test_for_how_long_things_are_kept_is_chosen(house: Pool, typed: str, days: int | None) -> None:
    await _choose(house, "365", setting=KEEP)
    chosen = await _choose(house, typed, setting=KEEP)
    assert (chosen.keep_days, chosen.changed) == (days, Keep(days))
    assert (await settings(ANA, pool=house, terms=TERMS)).keep_days == days


@pytest.mark.parametrize("typed", ["", "0", "-1", "3651", "a week", "1e3", "٣"])
async def test_a_wrong_number_of_days_is_refused(house: Pool, typed: str) -> None:
    with pytest.raises(NotANumber):
        await _choose(house, typed, setting=KEEP)
    assert (await settings(ANA, pool=house, terms=TERMS)).keep_days is None


async def test_a_workspace_chooses_whether_a_refused_video_goes_on_by_itself(house: Pool, asked: Ask) -> None:
    before = await _made(house, _order(asked, "1"))
    chosen = await _choose(house, "go on", setting=REFUSED)
    assert (chosen.elsewhere, chosen.changed) == (Elsewhere.GO_ON, Elsewhere.GO_ON)
    assert (await _choose(house, "never")).elsewhere is Elsewhere.GO_ON, "the two choices are kept apart"
    after = await _made(house, _order(asked, "2"))
    assert [each.elsewhere for each in (before, after)] == [Elsewhere.OFFER, Elsewhere.GO_ON]
    assert (await settings(ELSEWHERE, pool=house, terms=TERMS)).elsewhere is Elsewhere.OFFER


async def test_who_refused_a_video_is_neither_asked_again_nor_paid_for(house: Pool, asked: Ask) -> None:
    usual = await _made(house, _order(asked, "1"))
    other = await _made(house, _order(asked, "2", without=(KLING,)))
    assert (usual.chain, other.chain) == ((KLING, SEEDANCE, WAN), (SEEDANCE, WAN))
    assert (set(other.prices), other.request.without) == ({SEEDANCE, WAN}, (KLING,))
    assert other.consumed == max(other.prices.values())
