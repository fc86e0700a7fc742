"""What a refusal offers is never refused in its turn, and nothing that can be had is left out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from core.db.credits import budgets
from core.db.people import teams
from core.db.pool import Connection, Pool
from core.domain.chat.principal import Principal
from core.domain.credits.money import BudgetPeriod, BudgetScope
from core.domain.errors import Refused
from core.domain.ids import Installation, PlatformName, UserId
from core.domain.requests.refusals import Insufficient, NoProviderForPictures, OverBudget, TooBusy, TooManyTakes
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TierName
from core.domain.rules.changes import RuleChange
from core.domain.rules.decision import NotAllowed
from core.domain.rules.kinds import EVERYBODY, RuleKind, Value
from core.usecases.people.rules import change_rules
from core.usecases.requests.offers import possible
from core.usecases.requests.rulings import nobody
from core.usecases.requests.submit import VideoCommand, submit
from tests.core.terms import terms

Ask = Callable[..., VideoCommand]
BOSS = Principal(platform=PlatformName("slack"), installation=Installation("T1"), user=UserId("boss"), is_admin=True)
PRICES = terms().tier_prices()
DRAFT = PRICES[TierName.DRAFT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a workspace has and wants. `budget`: of each member."""

    credits: int
    rules: tuple[tuple[RuleKind, str, Value], ...] = ()
    budget: int | None = None
    tier: TierName = TierName.DEFAULT
    takes: int = 1


ONLY_DRAFT = (RuleKind.TIERS, EVERYBODY, ("draft",))
DAY = RuleKind.CREDITS_PER_DAY
PLACES = {
    "too little for all": Place(credits=DRAFT - 1),
    "too little for all but drafts": Place(credits=DRAFT),
    "too little, and drafts are not for them": Place(credits=DRAFT, rules=((RuleKind.TIERS, EVERYBODY, ("ultra",)),)),
    "a quality, and too little for the one that is theirs": Place(credits=DRAFT - 1, rules=(ONLY_DRAFT,)),
    "a quality, and the budget is too small for it": Place(credits=5000, rules=(ONLY_DRAFT,), budget=DRAFT - 1),
    "a quality, and the day is too short for it": Place(credits=5000, rules=(ONLY_DRAFT, (DAY, EVERYBODY, DRAFT - 1))),
    "a quality that they may have": Place(credits=5000, rules=(ONLY_DRAFT,)),
    "the day has more left than the team": Place(credits=DRAFT - 1, rules=((DAY, EVERYBODY, DRAFT + 1),)),
    "the day has more left than the budget": Place(credits=5000, rules=((DAY, EVERYBODY, DRAFT),), budget=DRAFT - 1),
    "the day is enough for a draft": Place(credits=5000, rules=((DAY, EVERYBODY, DRAFT),)),
    "the day's videos are made": Place(credits=DRAFT, rules=((RuleKind.VIDEOS_PER_DAY, EVERYBODY, 0), ONLY_DRAFT)),
    "a budget that leaves a draft": Place(credits=5000, budget=DRAFT),
    "a budget that leaves nothing": Place(credits=5000, budget=1),
    "a budget that leaves what is too dear here": Place(
        credits=5000, budget=DRAFT, rules=((RuleKind.MAX_PRICE, "draft", 1),)
    ),
    "takes that are too many for the team": Place(credits=2 * DRAFT, takes=2),
    "takes that are too many for the day": Place(
        credits=5000, takes=2, rules=((RuleKind.VIDEOS_PER_DAY, EVERYBODY, 1), ONLY_DRAFT)
    ),
}


async def _given(place: Place, house: Pool) -> None:
    changes = [RuleChange(kind=kind, subject=subject, value=value) for kind, subject, value in place.rules]
    known = terms(free_credits=place.credits)
    await change_rules(BOSS, changes, in_roles=nobody, pool=house, terms=known)
    async with house.acquire() as conn:
        member = await teams.of(conn, BOSS, free_credits=place.credits)
        if place.budget is not None:
            await budgets.set_budget(
                conn,
                team_id=member.team_id,
                scope=BudgetScope.MEMBER,
                subject=budgets.EVERYBODY,
                period=BudgetPeriod.DAY,
                cap=place.budget,
            )


def _offers(refusal: Refused) -> set[str]:
    match refusal:
        case Insufficient(affordable=priced) | OverBudget(affordable=priced) | TooBusy(quicker=priced):
            return {tier for tier, _ in priced}
        case NotAllowed(affordable=(_, *_) as priced):
            return {tier for tier, _ in priced}
        case NotAllowed(instead=tiers) | NoProviderForPictures(able=tiers):
            return set(tiers)
        case _:
            return set()


@pytest.mark.parametrize("name", PLACES)
async def test_all_that_is_offered_can_be_had_and_nothing_else(house: Pool, asked: Ask, name: str) -> None:
    place = PLACES[name]
    await _given(place, house)
    known = terms(free_credits=place.credits)
    command = asked(request=VideoRequest(prompt="a red fox", tier=place.tier), takes=place.takes)
    with pytest.raises(Refused) as refused:
        await submit(command, pool=house, terms=known, owner="bot")
    offered = _offers(await possible(refused.value, command, in_roles=nobody, pool=house, terms=known))
    had = {tier.value for tier in TierName if await _can_be_had(replace(command, event=tier), tier, house)}
    assert offered == (had if isinstance(refused.value, OverBudget) else had & _offers(refused.value))
    assert await house.fetchval("SELECT count(*) FROM generations") == 0


class _Undone:
    """A pool of one connection whose transaction is never committed."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    async def acquire(self) -> Connection:
        return self._conn

    async def release(self, _conn: Connection, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as asyncpg has it
        pass


async def _can_be_had(command: VideoCommand, tier: TierName, house: Pool) -> bool:
    """Whether it is taken when somebody asks; what was taken is undone."""
    asked = replace(command, request=replace(command.request, tier=tier))
    async with house.acquire() as conn:
        undone = conn.transaction()
        await undone.start()
        pool: Any = _Undone(conn)
        try:
            await submit(asked, pool=pool, terms=terms(free_credits=0), owner="bot")
        except Refused:
            return False
        finally:
            await undone.rollback()
    return True


@pytest.mark.parametrize(("credits", "may"), [(4 * DRAFT - 1, False), (4 * DRAFT, True)])
async def test_as_many_takes_as_may_be_are_offered_where_they_can_be_had(
    house: Pool,
    asked: Ask,
    credits: int,  # noqa: A002 - the field's word
    may: bool,  # noqa: FBT001 - pytest passes by name
) -> None:
    await _given(Place(credits=credits), house)
    command = asked(request=VideoRequest(prompt="a red fox", tier=TierName.DRAFT))
    refusal = await possible(
        TooManyTakes(takes=9, takes_max=4), command, in_roles=nobody, pool=house, terms=terms(free_credits=credits)
    )
    assert isinstance(refusal, TooManyTakes)
    assert refusal.may_have_most is may
