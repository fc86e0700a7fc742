"""Balance, history and use: exact figures, pages that miss nothing, and prompts that stay where they belong."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from core.db.credits import ledger
from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.credits.credit_commands import Give, SetBudget, SetLimits, Whose
from core.domain.credits.history import Spent
from core.domain.credits.money import BudgetPeriod, BudgetScope, EntryKind
from core.domain.ids import Installation, PlatformName, Thread, UserId
from core.domain.requests.refusals import NoGift, NoLink, NotAnAdmin
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TierName
from core.usecases.credits import budgets, link
from core.usecases.credits.balance import balance
from core.usecases.credits.gift import gift
from core.usecases.credits.statement import PAGE, history, last_days
from core.usecases.requests.submit import Submitted, VideoCommand, submit
from tests.core.terms import terms

Ask = Callable[..., VideoCommand]
FREE = 10_000
TERMS = terms(free_credits=FREE)
PRICE = TERMS.tier_prices()
ANA = Principal(platform=PlatformName("slack"), installation=Installation("T1"), user=UserId("ana"), is_admin=False)
ADMIN = Principal(platform=PlatformName("slack"), installation=Installation("T1"), user=UserId("ada"), is_admin=True)
ELSEWHERE = Principal(
    platform=PlatformName("discord"), installation=Installation("G1"), user=UserId("9"), is_admin=True
)


async def _ask(house: Pool, order: VideoCommand) -> Submitted:
    return await submit(order, pool=house, terms=TERMS, owner="bot")


async def _settle(house: Pool, submitted: Submitted, actual: int) -> None:
    async with house.acquire() as conn:
        await ledger.settle(conn, key=submitted.generation_id, actual=actual, note="made by kling")
        await conn.execute("UPDATE generations SET outcome = 'succeeded' WHERE id = $1", submitted.generation_id)


async def test_the_month_is_told_by_member_and_by_tier_with_what_came_back(house: Pool, asked: Ask) -> None:
    first = await _ask(house, asked())
    await _ask(house, asked(event="2", user=UserId("ben")))
    await _settle(house, first, 100)
    found = await balance(ANA, channel=None, pool=house, terms=TERMS)
    held = first.credits_held
    assert (found.credits_left, found.held, found.running) == (FREE - 100 - held, held, 2)
    assert found.by_tier == (("default", Spent(videos=2, credits=100 + held)),)
    people = {found.people[member].user_id: spent.credits for member, spent in found.by_member if member}
    assert people == {"ben": held, "ana": 100}
    assert found.month.credits == 100 + held


async def test_a_member_sees_the_budgets_that_bound_them_and_an_admin_all(house: Pool) -> None:
    for user, cap in (("ana", 500), ("ben", 600)):
        whose = Whose(scope=BudgetScope.MEMBER, user=UserId(user))
        await budgets.set_budget(
            ADMIN, SetBudget(whose=whose, period=BudgetPeriod.MONTH, cap=cap), pool=house, terms=TERMS
        )
    mine = await balance(ANA, channel=None, pool=house, terms=TERMS)
    all_of_them = await balance(ADMIN, channel=None, pool=house, terms=TERMS)
    assert [budget.cap for budget in mine.budgets] == [500]
    assert sorted(budget.cap for budget in all_of_them.budgets) == [500, 600]


async def test_pages_show_every_line_once_and_lead_there_and_back(house: Pool, asked: Ask) -> None:
    for n in range(2 * PAGE + 3):
        await _ask(house, asked(event=str(n), request=VideoRequest(prompt=f"fox {n}", tier=TierName.DRAFT)))
    seen: list[int] = []
    before: int | None = None
    cursors: list[tuple[int | None, int | None]] = []
    while True:
        page = await history(ADMIN, before=before, pool=house, terms=TERMS)
        seen += [line.booked.seq for line in page.lines]
        cursors.append((before, page.newer))
        if page.older is None:
            break
        before = page.older
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 2 * PAGE + 4, "the free credits have a line as well"
    assert [newer for _, newer in cursors] == [None, 0, cursors[1][0]]


async def test_a_line_tells_who_what_and_what_it_cost(house: Pool, asked: Ask) -> None:
    submitted = await _ask(house, asked("a red fox"))
    await _settle(house, submitted, 100)
    (line, free) = (await history(ANA, before=None, pool=house, terms=TERMS)).lines
    assert line.video is not None
    assert (line.video.prompt, line.booked.note, line.booked.taken) == ("a red fox", "default", submitted.credits_held)
    assert line.booked.given_back == submitted.credits_held - 100
    assert free.booked.kind is EntryKind.FREE


async def test_a_prompt_is_for_whoever_wrote_it_and_for_admins(house: Pool, asked: Ask) -> None:
    await _ask(house, asked("our secret launch"))
    told = {}
    for principal in (ANA, ADMIN, replace(ANA, user=UserId("ben"))):
        page = await history(principal, before=None, pool=house, terms=TERMS)
        told[principal.user] = page.lines[0].video.prompt if page.lines[0].video else "?"
    assert told == {"ana": "our secret launch", "ada": "our secret launch", "ben": None}


async def test_thirty_days_are_told_whether_used_or_not(house: Pool, asked: Ask) -> None:
    await _ask(house, asked())
    use = await last_days(ANA, pool=house, terms=TERMS)
    assert len(use.days) == 30
    assert use.days[-1][1] == use.by_tier == {"default": use.total.credits}
    assert not any(spent for _, spent in use.days[:-1])
    assert use.credits_left == FREE - use.total.credits


@pytest.mark.parametrize("order", ["budgets", "set_budget", "limits", "code", "join", "part", "grant"])
async def test_the_use_cases_themselves_refuse_whoever_is_no_admin(house: Pool, order: str) -> None:
    async def yes(_: object) -> bool:
        return True

    budget = SetBudget(whose=Whose(scope=BudgetScope.TEAM), period=BudgetPeriod.MONTH, cap=1)
    orders = {
        "budgets": lambda: budgets.overview(ANA, pool=house, terms=TERMS),
        "set_budget": lambda: budgets.set_budget(ANA, budget, pool=house, terms=TERMS),
        "limits": lambda: budgets.limits(ANA, SetLimits(low_balance=1), pool=house, terms=TERMS),
        "code": lambda: link.code(ANA, pool=house, terms=TERMS),
        "join": lambda: link.join(ANA, "X", still_admin=yes, pool=house, terms=TERMS),
        "part": lambda: link.part(ANA, pool=house, terms=TERMS),
        "grant": lambda: gift(
            ANA, Give(receiver=ANA.user, giver=UserId("ben"), amount=1), event="e", pool=house, terms=TERMS
        ),
    }
    with pytest.raises(NotAnAdmin):
        await orders[order]()


async def test_limits_change_one_by_one_and_the_rest_stays(house: Pool) -> None:
    place = Thread('{"channel":"C1","ts":null}')
    for change in (SetLimits(alerts_to=place), SetLimits(low_balance=77), SetLimits(approval_above=400)):
        found = await budgets.limits(ADMIN, change, pool=house, terms=TERMS)
    assert (found.alert_channel, found.low_balance, found.approval_above) == (place, 77, 400)
    found = await budgets.limits(ADMIN, SetLimits(asks_nobody=True), pool=house, terms=TERMS)
    found = await budgets.limits(ADMIN, SetLimits(no_alerts=True), pool=house, terms=TERMS)
    assert (found.alert_channel, found.low_balance, found.approval_above) == (None, 77, None)


async def test_a_budget_that_is_taken_away_is_gone(house: Pool) -> None:
    whose = Whose(scope=BudgetScope.TEAM)
    order = SetBudget(whose=whose, period=BudgetPeriod.MONTH, cap=5)
    kept = await budgets.set_budget(ADMIN, order, pool=house, terms=TERMS)
    assert kept is not None
    assert kept.cap == 5
    gone = SetBudget(whose=whose, period=BudgetPeriod.MONTH, cap=None)
    assert await budgets.set_budget(ADMIN, gone, pool=house, terms=TERMS) is None
    assert (await budgets.overview(ADMIN, pool=house, terms=TERMS)).budgets == ()


async def test_a_gift_without_budgets_says_so(house: Pool) -> None:
    with pytest.raises(NoGift) as refusal:
        await gift(ANA, Give(receiver=UserId("ben"), amount=1), event="e", pool=house, terms=TERMS)
    assert refusal.value.why == "no_budget"


async def test_two_linked_workspaces_share_balance_budgets_and_history(house: Pool, asked: Ask) -> None:
    asked_for: list[str] = []

    async def still(name: object) -> bool:
        asked_for.append(str(getattr(name, "user_id", "")))
        return True

    await _ask(house, asked())
    made = await link.code(ADMIN, pool=house, terms=TERMS)
    joined = await link.join(ELSEWHERE, made.code, still_admin=still, pool=house, terms=TERMS)
    assert joined.made_by is not None
    assert asked_for == ["ada"], "the maker's right is looked at first"
    both = [await balance(each, channel=None, pool=house, terms=TERMS) for each in (ADMIN, ELSEWHERE)]
    assert both[0].credits_left == both[1].credits_left == FREE - PRICE[asked().request.tier]
    page = await history(ELSEWHERE, before=None, pool=house, terms=TERMS)
    assert len(page.lines) == 2
    with pytest.raises(NoLink):
        await link.join(ELSEWHERE, made.code[:-1], still_admin=still, pool=house, terms=TERMS)
    await link.part(ELSEWHERE, pool=house, terms=TERMS)
    alone = await balance(ELSEWHERE, channel=None, pool=house, terms=TERMS)
    assert alone.credits_left == FREE
