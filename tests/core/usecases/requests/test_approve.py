"""A video above the threshold waits with nothing taken, and one decision counts, whoever else decides meanwhile."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.db.credits import budgets, ledger, statements, workspace_links
from core.db.generations import approvals, claims, transitions
from core.db.people import teams
from core.db.pool import Pool, open_pool
from core.domain.chat.principal import Principal
from core.domain.credits.money import BudgetPeriod, BudgetScope
from core.domain.generations.generation import Generation, State
from core.domain.generations.state_reason import Approval
from core.domain.ids import ChannelId, Installation, MemberId, PlatformName, ProviderName, TeamId, UserId
from core.domain.requests.refusals import Decided, Insufficient, NotAnAdmin, OverBudget, TooLate, UnknownGeneration
from core.domain.requests.tiers import KLING, SEEDANCE, VEO
from core.domain.rules.changes import RuleChange
from core.domain.rules.decision import NotAllowed, WhyNot
from core.domain.rules.kinds import RuleKind
from core.usecases.credits.balance import balance
from core.usecases.generations.cancel import cancel
from core.usecases.people.rules import change_rules
from core.usecases.requests.approve import Approved, approve, decline
from core.usecases.requests.rulings import nobody
from core.usecases.requests.submit import Submitted, VideoCommand, submit
from tests.core.terms import terms
from tests.quick import examples
from tests.rows import one_row

Ask = Callable[..., VideoCommand]
FREE = 1000
TERMS = terms(free_credits=FREE)
SLACK, TEAM = PlatformName("slack"), Installation("T1")
ADMIN = Principal(platform=SLACK, installation=TEAM, user=UserId("ada"), is_admin=True)
OTHER = Principal(platform=SLACK, installation=TEAM, user=UserId("alan"), is_admin=True)
MEMBER = Principal(platform=SLACK, installation=TEAM, user=UserId("ana"), is_admin=False)


async def _team(house: Pool) -> TeamId:
    async with house.acquire() as conn:
        who = await teams.ensure(
            conn, platform=SLACK, installation=TEAM, user=UserId("ana"), free_credits=TERMS.free_credits
        )
    return who.team_id


async def _waiting(house: Pool, asked: VideoCommand, *, above: int = 100) -> Submitted:
    async with house.acquire() as conn:
        await budgets.set_approval(conn, team_id=await _team(house), above=above)
    return await submit(asked, pool=house, terms=TERMS, owner="bot")


async def _row(house: Pool, submitted: Submitted) -> Generation:
    async with house.acquire() as conn:
        found = await claims.load(conn, submitted.generation_id)
    assert found is not None
    return found


async def _left(house: Pool) -> tuple[int, int]:
    async with house.acquire() as conn:
        funds = await ledger.balance(conn, team_id=await _team(house))
        assert await statements.check(conn) == []
    return funds.balance, funds.held


async def test_above_the_threshold_it_exists_and_waits_and_nothing_is_taken(house: Pool, asked: Ask) -> None:
    submitted = await _waiting(house, asked())
    row = await _row(house, submitted)
    assert (row.state, row.consumed, row.quoted) == (State.ASKING, 0, submitted.credits_held)
    assert submitted.root is not None, "its thread is opened like any other's"
    assert await _left(house) == (FREE, 0)
    mine = await balance(MEMBER, channel=None, pool=house, terms=TERMS)
    assert (mine.held, mine.running) == (0, 0)


async def test_no_worker_may_claim_it_before_its_time_is_over(house: Pool, asked: Ask) -> None:
    submitted = await _waiting(house, asked())
    async with house.acquire() as conn:
        assert await claims.claim_due(conn, owner="worker", limit=9) == []
        assert await claims.claim_these(conn, [submitted.generation_id], owner="worker") == []
        await conn.execute(
            f"SELECT set_config('neverdark.now', (now() + interval '{TERMS.approve_by_s} s')::text, false)"
        )
        assert len(await claims.claim_due(conn, owner="worker", limit=9)) == 1
        await conn.execute("SELECT set_config('neverdark.now', '', false)")


async def test_at_or_below_the_threshold_nobody_is_asked(house: Pool, asked: Ask) -> None:
    price = TERMS.quote(asked().request).credits
    assert (await _row(house, await _waiting(house, asked(), above=price))).state is State.QUEUED


async def test_the_same_event_twice_at_once_asks_once(house: Pool, asked: Ask) -> None:
    await _waiting(house, asked(event="another"))
    both = await asyncio.gather(*(submit(asked(), pool=house, terms=TERMS, owner="bot") for _ in range(8)))
    assert len({each.generation_id for each in both}) == 1
    assert sum(each.root is not None for each in both) == 1
    assert {each.credits_held for each in both} == {TERMS.quote(asked().request).credits}


async def test_an_admins_yes_takes_the_credits_and_starts_it(house: Pool, asked: Ask) -> None:
    submitted = await _waiting(house, asked())
    let_go = await approve(submitted.generation_id, by=ADMIN, pool=house, terms=TERMS)
    held = submitted.credits_held
    assert (let_go.credits_held, let_go.credits_left) == (held, FREE - held)
    row = await _row(house, submitted)
    assert (row.state, row.consumed) == (State.QUEUED, held)
    assert (row.start_by - row.created_at).total_seconds() < TERMS.approve_by_s, "it has to begin as soon as any other"
    assert await _left(house) == (FREE - held, held)
    booked = await one_row(
        house,
        "SELECT m.user_id AS asker, a.user_id AS approver, e.channel FROM entry e JOIN member m ON m.id = e.member_id "
        "JOIN member a ON a.id = e.actor_id WHERE e.kind = 'consume'",
    )
    assert tuple(booked) == ("ana", "ada", "C1")
    async with house.acquire() as conn:
        assert len(await claims.claim_these(conn, [submitted.generation_id], owner="worker")) == 1


@pytest.mark.parametrize(
    ("change", "gone", "said"),
    [
        (RuleChange(kind=RuleKind.PROVIDER, subject=VEO, value="excluded"), {VEO}, ((VEO,), ())),
        (RuleChange(kind=RuleKind.MAX_PRICE, subject="default", value=300), {VEO}, ((), (VEO,))),
    ],
)
async def test_what_begins_after_a_yes_respects_the_rules_of_that_moment_and_says_so(
    house: Pool,
    asked: Ask,
    change: RuleChange,
    gone: set[ProviderName],
    said: tuple[tuple[ProviderName, ...], tuple[ProviderName, ...]],
) -> None:
    """The rule was made while an admin was asked. Nobody pays for a provider that may not make it."""
    submitted = await _waiting(house, asked())
    before = await _row(house, submitted)
    await change_rules(ADMIN, [change], in_roles=nobody, pool=house, terms=TERMS)
    let_go = await approve(submitted.generation_id, by=ADMIN, pool=house, terms=TERMS)
    row = await _row(house, submitted)
    assert set(before.chain) - set(row.chain) == gone
    assert (row.request.excluded, row.request.too_dear) == said
    assert row.consumed == let_go.credits_held == max(row.prices.values()) < before.quoted
    assert set(row.prices) <= set(row.chain)
    assert await _left(house) == (FREE - row.consumed, row.consumed)


async def test_what_no_provider_may_make_any_more_goes_on_waiting_and_the_admin_hears_why(
    house: Pool, asked: Ask
) -> None:
    submitted = await _waiting(house, asked())
    price = RuleChange(kind=RuleKind.MAX_PRICE, subject="default", value=1)
    await change_rules(ADMIN, [price], in_roles=nobody, pool=house, terms=TERMS)
    with pytest.raises(NotAllowed) as refusal:
        await approve(submitted.generation_id, by=ADMIN, pool=house, terms=TERMS)
    assert refusal.value.why is WhyNot.PRICE
    assert (await _row(house, submitted)).state is State.ASKING
    await change_rules(ADMIN, [replace(price, value=None)], in_roles=nobody, pool=house, terms=TERMS)
    assert (await approve(submitted.generation_id, by=ADMIN, pool=house, terms=TERMS)).credits_held > 0


@pytest.mark.parametrize("first", [VEO, KLING, SEEDANCE])
async def test_a_rule_that_is_made_while_an_admin_approves_is_in_the_chain_or_comes_too_late(
    house: Pool, asked: Ask, first: ProviderName
) -> None:
    """Both end, whoever is first, and a chain is never half of either."""
    submitted = await _waiting(house, asked())
    rule = RuleChange(kind=RuleKind.PROVIDER, subject=first, value="excluded")
    await asyncio.gather(
        change_rules(ADMIN, [rule], in_roles=nobody, pool=house, terms=TERMS),
        approve(submitted.generation_id, by=OTHER, pool=house, terms=TERMS),
    )
    row = await _row(house, submitted)
    assert (first in row.chain) is (first not in row.request.excluded)
    assert row.consumed == max(row.prices.values())
    assert set(row.prices) <= set(row.chain)


async def test_an_admins_no_takes_nothing_and_the_worker_ends_it(house: Pool, asked: Ask) -> None:
    submitted = await _waiting(house, asked())
    ended = await decline(submitted.generation_id, by=ADMIN, pool=house, terms=TERMS)
    assert ended.reason.approval is Approval.DECLINED
    async with house.acquire() as conn:
        assert len(await claims.claim_these(conn, [submitted.generation_id], owner="worker")) == 1
    with pytest.raises(Decided) as again:
        await approve(submitted.generation_id, by=OTHER, pool=house, terms=TERMS)
    assert not again.value.approved
    assert await _left(house) == (FREE, 0)


async def test_only_admins_of_its_own_workspace_decide(house: Pool, asked: Ask) -> None:
    submitted = await _waiting(house, asked())
    elsewhere = Principal(platform=SLACK, installation=Installation("T2"), user=UserId("ada"), is_admin=True)
    with pytest.raises(NotAnAdmin):
        await approve(submitted.generation_id, by=MEMBER, pool=house, terms=TERMS)
    with pytest.raises(NotAnAdmin):
        await decline(submitted.generation_id, by=MEMBER, pool=house, terms=TERMS)
    with pytest.raises(UnknownGeneration):
        await approve(submitted.generation_id, by=elsewhere, pool=house, terms=TERMS)
    with pytest.raises(UnknownGeneration):
        await approve(uuid4(), by=ADMIN, pool=house, terms=TERMS)
    assert (await _row(house, submitted)).state is State.ASKING


async def test_what_cannot_be_paid_any_more_goes_on_waiting(house: Pool, asked: Ask) -> None:
    submitted = await _waiting(house, asked())
    team = await _team(house)
    async with house.acquire() as conn:
        await budgets.set_budget(
            conn, team_id=team, scope=BudgetScope.TEAM, subject="", period=BudgetPeriod.MONTH, cap=10
        )
    with pytest.raises(OverBudget):
        await approve(submitted.generation_id, by=ADMIN, pool=house, terms=TERMS)
    async with house.acquire() as conn:
        await budgets.set_budget(
            conn, team_id=team, scope=BudgetScope.TEAM, subject="", period=BudgetPeriod.MONTH, cap=None
        )
        await budgets.set_approval(conn, team_id=team, above=None)
    for n in range(FREE // submitted.credits_held):
        await submit(asked(event=f"other-{n}"), pool=house, terms=TERMS, owner="bot")
    with pytest.raises(Insufficient) as short:
        await approve(submitted.generation_id, by=ADMIN, pool=house, terms=TERMS)
    assert short.value.balance == FREE % submitted.credits_held
    assert (await _row(house, submitted)).state is State.ASKING


async def test_a_worker_that_has_just_claimed_it_to_end_it_is_overruled(house: Pool, asked: Ask) -> None:
    submitted = await _waiting(house, asked())
    await house.execute("UPDATE generations SET wake_at = nd_now()")
    async with house.acquire() as conn:
        (claimed,) = await claims.claim_these(conn, [submitted.generation_id], owner="worker")
        await approve(submitted.generation_id, by=ADMIN, pool=house, terms=TERMS)
        with pytest.raises(claims.StaleError):
            await transitions.commit(conn, claimed, state=State.DELIVERING, wake_at=None)


async def test_whoever_asked_may_give_up_waiting(house: Pool, asked: Ask) -> None:
    submitted = await _waiting(house, asked())
    await cancel(submitted.generation_id, by=MEMBER, pool=house)
    with pytest.raises(TooLate):
        await approve(submitted.generation_id, by=ADMIN, pool=house, terms=TERMS)
    assert await _left(house) == (FREE, 0)


PRESSES = ("approve", "approve again", "decline", "cancel", "redelivery")


@settings(max_examples=examples(20), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(presses=st.lists(st.sampled_from(PRESSES), min_size=2, max_size=6))
def test_whatever_is_pressed_at_once_it_is_paid_once_or_not_at_all(
    database: str, asked: Ask, presses: list[str]
) -> None:
    asyncio.run(_all_at_once(database, asked(event=str(uuid4())), presses))


async def _all_at_once(database: str, order: VideoCommand, presses: list[str]) -> None:
    async with open_pool(database, size_max=8) as house:
        await _grant(house, TERMS.quote(order.request).credits)
        submitted = await _waiting(house, order)
        before, _ = await _left(house)

        async def press(name: str) -> object:
            match name:
                case "approve" | "approve again":
                    who = ADMIN if name == "approve" else OTHER
                    return await approve(submitted.generation_id, by=who, pool=house, terms=TERMS)
                case "decline":
                    return await decline(submitted.generation_id, by=OTHER, pool=house, terms=TERMS)
                case "cancel":
                    return await cancel(submitted.generation_id, by=MEMBER, pool=house)
                case _:
                    return await submit(order, pool=house, terms=TERMS, owner="bot")

        said = await asyncio.gather(*map(press, presses), return_exceptions=True)
        assert all(isinstance(each, Decided | TooLate) for each in said if isinstance(each, Exception)), said
        approvals_given = sum(isinstance(each, Approved) for each in said)
        row = await _row(house, submitted)
        after, _ = await _left(house)
        assert approvals_given <= 1
        assert before - after == submitted.credits_held * approvals_given == row.consumed
        assert (row.state is State.QUEUED) == bool(approvals_given)
        if not approvals_given:
            assert row.cancel_requested_at is not None or set(presses) == {"redelivery"}


async def _grant(house: Pool, amount: int) -> None:
    async with house.acquire() as conn:
        team = await _team(house)
        key = await conn.fetchval("SELECT gen_random_uuid()")
        await ledger.grant(conn, team_id=team, key=key, amount=amount, source="operator")


async def test_a_linked_workspace_pays_from_the_wallet_that_it_has_now(house: Pool, asked: Ask) -> None:
    """It is asked for, then the workspace joins another team, then an admin lets it go."""
    submitted = await _waiting(house, asked())
    async with house.acquire() as conn:
        other = await teams.ensure(
            conn, platform=PlatformName("discord"), installation=Installation("G1"), user=UserId("1"), free_credits=900
        )
        code = await _code(house, other.team_id, other.member_id)
        me = await teams.ensure(conn, platform=SLACK, installation=TEAM, user=UserId("ada"), free_credits=FREE)
        joined = await workspace_links.redeem(conn, code=code, platform=SLACK, installation=TEAM, member=me.member_id)
        assert joined.team_id == other.team_id
    await approve(submitted.generation_id, by=ADMIN, pool=house, terms=TERMS)
    async with house.acquire() as conn:
        funds = await ledger.balance(conn, team_id=other.team_id)
    assert (funds.balance, funds.held) == (900 - submitted.credits_held, submitted.credits_held)
    assert (await _row(house, submitted)).team_id == other.team_id


async def _code(house: Pool, team: TeamId, member: MemberId) -> str:
    async with house.acquire() as conn:
        return (await workspace_links.link(conn, team_id=team, member=member)).code


async def test_the_channel_of_a_waiting_video_counts_in_its_budget_once_it_is_let_go(house: Pool, asked: Ask) -> None:
    submitted = await _waiting(house, asked(channel=ChannelId("C7")))
    async with house.acquire() as conn, conn.transaction():
        found = await approvals.locked(conn, submitted.generation_id, principal=MEMBER)
    assert found is not None
    assert found[1] == "C7"
