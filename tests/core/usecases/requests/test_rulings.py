"""Rules on real Postgres: what is counted is counted with the credits, and no two requests use the same allowance."""

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.db.generations import claims
from core.db.pool import Pool, open_pool
from core.domain.chat.principal import Principal
from core.domain.generations.generation import Generation
from core.domain.ids import ChannelId, Installation, PlatformName, Thread, UserId
from core.domain.requests.refusals import NoProvider, NotAnAdmin
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import KLING, VEO, TierName
from core.domain.rules.allowances import Allowance, Used, beyond
from core.domain.rules.changes import RuleChange, WrongRule
from core.domain.rules.decision import NotAllowed, WhyNot
from core.domain.rules.kinds import EVERYBODY, LEVELS, LIMITS, SUPPORTERS, RuleKind, Value
from core.usecases.credits.link import code, join
from core.usecases.people.rules import change_rules
from core.usecases.requests.rulings import nobody
from core.usecases.requests.submit import Submitted, VideoCommand, submit
from tests.core.terms import terms
from tests.quick import examples

Ask = Callable[..., VideoCommand]
RICH = terms(free_credits=10_000_000)
SLACK, DISCORD = PlatformName("slack"), PlatformName("discord")
BOSS = Principal(platform=SLACK, installation=Installation("T1"), user=UserId("boss"), is_admin=True)
DRAFT = VideoRequest(prompt="a red fox", tier=TierName.DRAFT)
PRICE = RICH.quote(DRAFT).credits


async def rule(house: Pool, kind: RuleKind, subject: str, value: Value | None, *, by: Principal = BOSS) -> None:
    change = RuleChange(kind=kind, subject=subject, value=value)
    await change_rules(by, [change], in_roles=nobody, pool=house, terms=RICH)


async def order(asked: VideoCommand, house: Pool, **known: Any) -> Submitted:
    return await submit(asked, pool=house, terms=known.pop("terms", RICH), owner="bot", **known)


async def made(asked: VideoCommand, house: Pool) -> Generation:
    submitted = await order(asked, house)
    async with house.acquire() as conn:
        found = await claims.load(conn, submitted.generation_id)
    assert found is not None
    return found


async def refused(asked: VideoCommand, house: Pool, **known: Any) -> NotAllowed:
    with pytest.raises(NotAllowed) as refusal:
        await order(asked, house, **known)
    return refusal.value


@pytest.mark.parametrize(
    ("kind", "most", "taken"),
    [
        (RuleKind.VIDEOS_PER_DAY, 5, 5),
        (RuleKind.CREDITS_PER_DAY, 4 * PRICE + PRICE - 1, 4),
        (RuleKind.OPEN_MOST, 3, 3),
        (RuleKind.WAIT_S, 3600, 1),
    ],
)
async def test_racing_requests_of_one_person_cannot_use_the_same_allowance(
    house: Pool, asked: Ask, kind: RuleKind, most: int, taken: int
) -> None:
    await rule(house, kind, EVERYBODY, most)
    orders = [order(asked(event=f"e{n}", request=DRAFT), house) for n in range(12)]
    outcomes = await asyncio.gather(*orders, return_exceptions=True)
    assert sum(isinstance(each, Submitted) for each in outcomes) == taken
    limits = [each.overrun.kind for each in outcomes if isinstance(each, NotAllowed) and each.overrun]
    assert limits == [kind] * (12 - taken)
    assert await house.fetchval("SELECT count(*) FROM entry WHERE kind = 'consume'") == taken
    assert await house.fetchval("SELECT times FROM rule_refusals WHERE kind = $1", kind.value) == 12 - taken


@pytest.mark.parametrize(("has", "taken"), [((), 2), (("level_1",), 2), (("level_1", "level_2"), 4), (LEVELS, 4)])
@pytest.mark.parametrize("supports", [False, True])
async def test_racing_requests_of_a_supporter_get_what_supporters_get_and_no_more(
    house: Pool,
    asked: Ask,
    has: tuple[str, ...],
    taken: int,
    supports: bool,  # noqa: FBT001 - pytest passes by name
) -> None:
    await rule(house, RuleKind.VIDEOS_PER_DAY, EVERYBODY, 2)
    await rule(house, RuleKind.VIDEOS_PER_DAY, "level_2", 4)
    await rule(house, RuleKind.VIDEOS_PER_DAY, SUPPORTERS, 6)
    here = {*has, *([SUPPORTERS] if supports else [])}

    async def in_roles(among: Collection[str]) -> frozenset[str]:
        return frozenset(among) & here

    orders = [order(asked(event=f"e{n}", request=DRAFT), house, in_roles=in_roles) for n in range(9)]
    outcomes = await asyncio.gather(*orders, return_exceptions=True)
    assert sum(isinstance(each, Submitted) for each in outcomes) == (6 if supports else taken)
    assert sum(isinstance(each, NotAllowed) for each in outcomes) == 9 - (6 if supports else taken)


async def test_what_is_left_is_said_with_what_it_is_enough_for(house: Pool, asked: Ask) -> None:
    most = PRICE + 1
    await rule(house, RuleKind.CREDITS_PER_DAY, EVERYBODY, most)
    refusal = await refused(asked(), house)
    assert refusal.overrun is not None
    assert refusal.rule is not None
    assert (refusal.overrun.most, refusal.overrun.used, refusal.rule.author) == (most, 0, "boss")
    assert refusal.affordable == (("draft", PRICE),)
    assert refusal.needed == RICH.quote(asked().request).credits
    assert 0 < (refusal.overrun.frees_s or 0) <= 86_400


async def test_a_video_that_failed_counts_no_more(house: Pool, asked: Ask) -> None:
    await rule(house, RuleKind.VIDEOS_PER_DAY, EVERYBODY, 1)
    await order(asked(event="one"), house)
    assert (await refused(asked(event="two"), house)).why is WhyNot.LIMIT
    await house.execute("UPDATE generations SET state = 'done', done_at = nd_now(), outcome = 'failed', settled = 0")
    assert (await order(asked(event="three"), house)).root is not None


async def test_yesterdays_videos_are_not_counted_today(house: Pool, asked: Ask) -> None:
    await rule(house, RuleKind.VIDEOS_PER_DAY, EVERYBODY, 1)
    await order(asked(event="one"), house)
    await house.execute("UPDATE generations SET created_at = created_at - interval '1 day'")
    assert (await order(asked(event="two"), house)).root is not None


async def test_a_command_that_is_delivered_again_finds_its_video_whatever_the_rules_are_now(
    house: Pool, asked: Ask
) -> None:
    await rule(house, RuleKind.VIDEOS_PER_DAY, EVERYBODY, 1)
    first = await order(asked(), house)
    assert (await order(asked(), house)).generation_id == first.generation_id
    await rule(house, RuleKind.CHANNEL, "C1", "denied")
    again = await order(asked(), house)
    assert (again.generation_id, again.root) == (first.generation_id, None)


async def test_a_rule_that_is_made_while_a_request_is_decided_holds_for_it(house: Pool, asked: Ask) -> None:
    await rule(house, RuleKind.TIERS, "S1", ("draft",))

    async def in_roles(_among: object) -> frozenset[str]:
        await rule(house, RuleKind.WORDS, "blocked", ("fox",))  # after the rules were read
        return frozenset()

    assert (await refused(asked(), house, in_roles=in_roles)).why is WhyNot.WORD
    assert await house.fetchval("SELECT count(*) FROM generations") == 0


async def test_three_requests_of_one_person_may_be_under_way_where_nobody_says_otherwise(
    house: Pool, asked: Ask
) -> None:
    usual = replace(RICH, open_most=3)
    for number in range(3):
        await order(asked(event=f"e{number}"), house, terms=usual)
    refusal = await refused(asked(event="one more"), house, terms=usual)
    assert refusal.overrun is not None
    assert (refusal.overrun.kind, refusal.rule) == (RuleKind.OPEN_MOST, None)
    assert (await order(asked(event="of ben", user=UserId("ben")), house, terms=usual)).root is not None


async def test_an_excluded_provider_is_not_in_the_chain_and_nobody_pays_for_it(house: Pool, asked: Ask) -> None:
    before = await made(asked(event="one"), house)
    assert before.chain[0] == VEO
    await rule(house, RuleKind.PROVIDER, VEO, "excluded")
    after = await made(asked(event="two"), house)
    assert after.chain == before.chain[1:]
    assert VEO not in after.prices
    assert after.request.without == ()
    assert (after.request.excluded, after.request.too_dear) == ((VEO,), ())
    await rule(house, RuleKind.PROVIDER, KLING, "excluded")
    ultra = asked(event="three", request=VideoRequest(prompt="a fox", tier=TierName.ULTRA))
    with pytest.raises(NoProvider):
        await order(ultra, house)


async def test_a_tiers_most_leaves_the_providers_that_cost_less(house: Pool, asked: Ask) -> None:
    quote = RICH.quote(asked().request)
    cheapest = min(quote.by_provider.values())
    await rule(house, RuleKind.MAX_PRICE, TierName.DEFAULT, cheapest)
    found = await made(asked(), house)
    assert set(found.prices.values()) == {cheapest}
    assert found.consumed == cheapest
    assert set(found.request.too_dear) == set(quote.by_provider) - set(found.prices)
    await rule(house, RuleKind.MAX_PRICE, TierName.DEFAULT, cheapest - 1)
    refusal = await refused(asked(event="two"), house)
    assert (refusal.why, refusal.needed) == (WhyNot.PRICE, cheapest)


async def test_results_of_a_channel_come_to_another_one(house: Pool, asked: Ask) -> None:
    await rule(house, RuleKind.RESULTS, "C1", "C9")
    submitted = await order(asked(), house, place_in=lambda channel: Thread(f"in {channel}"))
    assert submitted.elsewhere == ChannelId("C9")
    assert await house.fetchval("SELECT place FROM generations") == "in C9"


async def test_two_workspaces_linked_or_not_never_see_each_others_rules(house: Pool, asked: Ask) -> None:
    there = replace(BOSS, platform=DISCORD, installation=Installation("G1"))
    elsewhere = asked(event="there", platform=DISCORD, installation=Installation("G1"))
    await rule(house, RuleKind.WORDS, "blocked", ("fox",))
    await rule(house, RuleKind.VIDEOS_PER_DAY, EVERYBODY, 0)
    await order(elsewhere, house)

    async def still_admin(_name: object) -> bool:
        return True

    made_code = await code(BOSS, pool=house, terms=RICH)
    await join(there, made_code.code, still_admin=still_admin, pool=house, terms=RICH)
    await order(replace(elsewhere, event="linked"), house)
    await rule(house, RuleKind.CHANNEL, "C1", "denied", by=there)
    assert (await refused(replace(elsewhere, event="three"), house)).why is WhyNot.CHANNEL
    assert (await refused(asked(), house)).why is WhyNot.WORD


async def test_only_managers_change_rules_and_only_admins_name_managers(house: Pool) -> None:
    ben = replace(BOSS, user=UserId("ben"), is_admin=False)
    words = [RuleChange(kind=RuleKind.WORDS, subject="blocked", value=("fox",))]
    named = [RuleChange(kind=RuleKind.MANAGERS, subject="S2", value="yes")]

    async def in_roles(among: Any) -> frozenset[str]:
        return frozenset(among) & {"S1"}

    async def change(by: Principal, changes: list[RuleChange]) -> int:
        return (await change_rules(by, changes, in_roles=in_roles, pool=house, terms=RICH)).times

    with pytest.raises(NotAnAdmin):
        await change(ben, words)
    await rule(house, RuleKind.MANAGERS, "S1", "yes")
    assert await change(ben, words) == 1
    assert await change(ben, words) == 0
    with pytest.raises(NotAnAdmin):
        await change(ben, named)
    await rule(house, RuleKind.MANAGERS, "S1", None)
    with pytest.raises(NotAnAdmin):
        await change(ben, words)


@pytest.mark.parametrize(
    ("kind", "subject", "value"),
    [
        (RuleKind.VIDEOS_PER_DAY, EVERYBODY, -1),
        (RuleKind.OPEN_MOST, EVERYBODY, 0),
        (RuleKind.CHANNEL, "C1", "perhaps"),
        (RuleKind.TIERS, EVERYBODY, ("mega",)),
        (RuleKind.PROVIDER, "nobody", "excluded"),
        (RuleKind.WORDS, "other", ("fox",)),
    ],
)
async def test_a_value_that_a_rule_cannot_have_is_refused(
    house: Pool, kind: RuleKind, subject: str, value: Value
) -> None:
    with pytest.raises(WrongRule):
        await rule(house, kind, subject, value)
    assert await house.fetchval("SELECT count(*) FROM rules") == 0


LIMIT = st.dictionaries(st.sampled_from(LIMITS), st.integers(0, 4), max_size=4)
EARLIER = st.lists(st.tuples(st.sampled_from(["queued", "succeeded", "failed"]), st.integers(0, 3)), max_size=5)


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limits=LIMIT, earlier=EARLIER)
async def test_the_database_refuses_exactly_what_the_rule_refuses(
    house: Pool, asked: Ask, limits: dict[RuleKind, int], earlier: list[tuple[str, int]]
) -> None:
    here = Installation(f"T{time.monotonic_ns()}")
    boss = replace(BOSS, installation=here)
    for number, (state, ago_s) in enumerate(earlier):
        found = await order(asked(event=f"e{number}", request=DRAFT, installation=here), house)
        is_over = state != "queued"
        await house.execute(
            "UPDATE generations SET created_at = created_at - $2::float8 * interval '1 s', state = $3, outcome = $4, "
            "settled = $5, done_at = CASE WHEN $3 = 'done' THEN nd_now() END WHERE id = $1",
            found.generation_id,
            float(ago_s),
            "done" if is_over else "queued",
            state if is_over else None,
            (PRICE // 2 if state == "succeeded" else 0) if is_over else None,
        )
    held = {kind: most * (PRICE if kind is RuleKind.CREDITS_PER_DAY else 1) for kind, most in limits.items()}
    held[RuleKind.OPEN_MOST] = max(1, held.get(RuleKind.OPEN_MOST, 1000))
    for kind, most in held.items():
        await rule(house, kind, EVERYBODY, most, by=boss)
    row = await house.fetchrow("SELECT * FROM allowance_used('slack', $1, 'ana')", here)
    assert row is not None
    over = beyond(Allowance(limits=held), Used(**dict(row), needed=PRICE))
    if over is not None and over.kind is RuleKind.WAIT_S and (over.frees_s or 0) < 0.5:
        return  # by the time it is asked, it may be over
    now = asked(event="now", request=DRAFT, installation=here)
    if over is None:
        await order(now, house)
        return
    refusal = await refused(now, house)
    assert refusal.overrun is not None
    assert (refusal.overrun.kind, refusal.overrun.most) == (over.kind, over.most)


RAID_WITHIN_S = 300.0
"""On a busy machine; it takes a few seconds on an idle one."""


async def test_a_raid_of_two_thousand_members_respects_every_allowance_exactly(database: str, asked: Ask) -> None:
    """A fifth of them ask twice at once, in four channels of which one is denied, and some for what is not theirs."""
    members, may, begun = examples(2000), 0, time.monotonic()
    async with open_pool(database, size_max=16) as house:
        await rule(house, RuleKind.VIDEOS_PER_DAY, EVERYBODY, 1)
        await rule(house, RuleKind.CHANNEL, "C3", "denied")
        await rule(house, RuleKind.TIERS, EVERYBODY, ("draft",))
        turn, taken = asyncio.Semaphore(32), 0
        orders = []
        for number in range(members):
            tier = TierName.PRO if number % 10 == 0 else TierName.DRAFT
            channel = ChannelId(f"C{number % 4}")
            may += tier is TierName.DRAFT and channel != "C3"
            for press in range(1 + (number % 5 == 0)):
                request = VideoRequest(prompt="a raid of foxes", tier=tier)
                orders.append(
                    asked(event=f"{number}-{press}", user=UserId(f"u{number}"), channel=channel, request=request)
                )

        async def one(command: VideoCommand) -> bool:
            async with turn:
                try:
                    await order(command, house, wait_s=25.0)
                except NotAllowed:
                    return False
                return True

        taken = sum(await asyncio.gather(*map(one, orders)))
        assert taken == may
        each = await house.fetch("SELECT user_id, count(*) AS videos FROM generations GROUP BY user_id")
        assert len(each) == may
        assert {row["videos"] for row in each} == {1}
        assert await house.fetchval("SELECT sum(times) FROM rule_refusals") == len(orders) - may
        spent = await house.fetchval("SELECT -sum(delta) FROM entry WHERE kind = 'consume'")
        assert spent == may * PRICE
    assert time.monotonic() - begun < RAID_WITHIN_S
