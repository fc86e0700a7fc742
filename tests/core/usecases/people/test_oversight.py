"""Managers see every change, and of their own workspace alone, whatever is shared with another one."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from core.db.people import rules as rule_rows
from core.db.people import teams
from core.db.pool import Pool
from core.domain.chat.principal import Belongs, Principal
from core.domain.credits.credit_commands import SetBudget, SetLimits, Whose
from core.domain.credits.history import Spent
from core.domain.credits.money import BudgetPeriod, BudgetScope
from core.domain.errors import Refused
from core.domain.ids import ChannelId, Installation, PlatformName, Thread, UserId
from core.domain.requests.refusals import NotAnAdmin
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TierName
from core.domain.rules.changes import RuleChange
from core.domain.rules.kinds import EVERYBODY, RuleKind, Value
from core.domain.rules.logged import LoggedChange
from core.domain.rules.usage import UsageBy
from core.usecases.credits import budgets
from core.usecases.credits.link import code, join
from core.usecases.people import outsiders, oversight, rules, settings
from core.usecases.requests.rulings import nobody
from core.usecases.requests.submit import VideoCommand, submit
from tests.core.terms import terms

Ask = Callable[..., VideoCommand]
RICH = terms(free_credits=10_000)
HERE, THERE = Installation("T1"), Installation("G1")
BOSS = Principal(platform=PlatformName("slack"), installation=HERE, user=UserId("boss"), is_admin=True)
CHIEF = Principal(platform=PlatformName("discord"), installation=THERE, user=UserId("chief"), is_admin=True)
VALUES: Mapping[RuleKind, tuple[str, Value, Value | None]] = {
    RuleKind.CHANNEL: ("C1", "allowed", "denied"),
    RuleKind.ADULT: ("C1", "yes", None),
    RuleKind.RESULTS: ("C1", "C2", "C3"),
    RuleKind.TIERS: (EVERYBODY, ("draft",), ("pro", "draft")),
    RuleKind.CREDITS_PER_DAY: (EVERYBODY, 5, 6),
    RuleKind.VIDEOS_PER_DAY: ("guests", 5, 0),
    RuleKind.WAIT_S: ("S1", 5, 6),
    RuleKind.OPEN_MOST: (EVERYBODY, 1, 2),
    RuleKind.PERSON: ("ana", "blocked", None),
    RuleKind.WORDS: ("blocked", ("gun",), ("gun", "cigar")),
    RuleKind.LINKS: ("", "off", "24h"),
    RuleKind.PRIVATE_LINKS: ("", "yes", None),
    RuleKind.NO_LINKS: ("C1", "yes", None),
    RuleKind.GALLERY: ("", "off", None),
    RuleKind.MAX_PRICE: ("pro", 9, 10),
    RuleKind.PROVIDER: ("veo", "excluded", None),
    RuleKind.MANAGERS: ("S1", "yes", None),
    RuleKind.PRESET: ("noir", {"words": "rain"}, {"tier": "draft"}),
    RuleKind.DEFAULT: ("C1", {"tier": "draft"}, {"preset": "noir"}),
}
"""For each kind a subject, and two values that it has one after the other."""


async def _change(house: Pool, kind: RuleKind, subject: str, value: Value | None, *, by: Principal = BOSS) -> None:
    change = RuleChange(kind=kind, subject=subject, value=value)
    await rules.change_rules(by, [change], in_roles=nobody, pool=house, terms=RICH)


async def _log(house: Pool, by: Principal = BOSS) -> list[LoggedChange]:
    """All of it, the oldest first, page by page."""
    found: list[LoggedChange] = []
    before = None
    while True:
        page = await oversight.log(by, before=before, in_roles=nobody, pool=house)
        found.extend(page.changes)
        if page.older is None:
            return found[::-1]
        before = page.older


def test_every_kind_of_rule_is_walked() -> None:
    assert set(VALUES) == set(RuleKind)


async def test_the_log_has_every_change_of_every_rule_from_what_to_what_by_whom_and_once(house: Pool) -> None:
    expected = []
    for kind, (subject, first, then) in VALUES.items():
        for before, after in ((None, first), (first, then), *([(then, None)] if then is not None else [])):
            await _change(house, kind, subject, after)
            await _change(house, kind, subject, after)  # nothing is another one: nothing is written down
            expected.append((kind.value, subject, before, after))
    logged = await _log(house)
    assert [(each.kind, each.subject, each.before, each.after) for each in logged] == expected
    assert {(each.author, each.is_operators) for each in logged} == {("boss", False)}
    assert [each.at for each in logged] == sorted(each.at for each in logged)


async def test_the_log_has_settings_budgets_limits_and_what_the_operator_has_done(house: Pool) -> None:
    for setting, value in (("fallback", "never"), ("refused", "go_on"), ("outsiders", "guests"), ("keep", "30")):
        await settings.choose(BOSS, setting=setting, value=value, pool=house, terms=RICH)
    for whose in (
        Whose(scope=BudgetScope.TEAM),
        Whose(scope=BudgetScope.MEMBER),
        Whose(scope=BudgetScope.MEMBER, user=UserId("ana")),
        Whose(scope=BudgetScope.CHANNEL, channel=ChannelId("C1")),
    ):
        order = SetBudget(whose=whose, period=BudgetPeriod.DAY, cap=50)
        await budgets.set_budget(BOSS, order, pool=house, terms=RICH)
    for change in (
        SetLimits(approval_above=100),
        SetLimits(low_balance=20),
        SetLimits(alerts_to=Thread("in C9"), alerts_in=ChannelId("C9")),
        SetLimits(no_alerts=True),
    ):
        await budgets.limits(BOSS, change, pool=house, terms=RICH)
    async with house.acquire() as conn:
        team = await conn.fetchval("SELECT team_id FROM workspace WHERE installation = $1", HERE)
        await rule_rows.note_operators_change(conn, team, kind="frozen", value="yes")
    assert [(each.kind, each.subject, each.before, each.after) for each in await _log(house)] == [
        ("fallback", "", None, "never"),
        ("refused", "", None, "go_on"),
        ("outsiders", "", None, "guests"),
        ("keep", "", None, 30),
        ("budget_team_day", "", None, 50),
        ("budget_member_day", "*", None, 50),
        ("budget_member_day", "ana", None, 50),
        ("budget_channel_day", "C1", None, 50),
        ("approval_above", "", None, 100),
        ("low_balance", "", None, 20),
        ("alerts", "", None, "C9"),
        ("alerts", "", "C9", None),
        ("frozen", "", None, "yes"),
    ]
    assert [(each.author, each.is_operators) for each in await _log(house)] == [("boss", False)] * 12 + [(None, True)]


async def test_the_sums_of_a_month_are_those_of_its_videos(house: Pool, asked: Ask) -> None:
    """The database sums up; the file has the videos one by one."""
    for n, (user, channel, tier) in enumerate(
        [("ana", "C1", "draft"), ("ana", "C2", "pro"), ("ben", "C2", "draft"), ("ben", "C1", "pro")]
    ):
        where = {"user": UserId(user), "channel": ChannelId(channel)}
        await submit(
            asked(event=f"e{n}", request=VideoRequest(prompt="a red fox", tier=TierName(tier)), **where),
            pool=house,
            terms=RICH,
            owner="bot",
        )
    async with house.acquire() as conn:
        await conn.execute("UPDATE generations SET channel = NULL WHERE user_id = 'ben' AND tier = 'pro'")
        await conn.execute("UPDATE generations SET created_at = created_at - interval '70 days' WHERE channel = 'C1'")
    lines = (await oversight.month_in_lines(BOSS, in_roles=nobody, pool=house)).lines
    month = await oversight.month_of_use(BOSS, in_roles=nobody, pool=house)
    assert len(lines) == 3, "what is older than the month is in none of them"
    for by in UsageBy:
        expected: dict[str, tuple[int, int]] = {}
        for line in lines:
            videos, cost = expected.get(getattr(line, by), (0, 0))
            expected[getattr(line, by)] = (videos + 1, cost + line.credits)
        assert {each.name: (each.videos, each.credits) for each in month.sums.by[by]} == expected, by
    assert (month.sums.videos, month.sums.credits) == (3, sum(line.credits for line in lines))
    (tiers,) = month.sums.days.values()
    assert tiers == {each.name: each.credits for each in month.sums.by[UsageBy.TIER]}
    assert month.by_day.total == Spent(videos=month.sums.videos, credits=month.sums.credits)
    assert month.by_day.days[-1] == (month.now.date(), tiers)


Seen = Callable[[Pool, Principal], Awaitable[Any]]


async def _of_rules(house: Pool, by: Principal) -> object:
    return [(r.kind, r.subject, r.value) for r in (await rules.rules_of(by, in_roles=nobody, pool=house)).rules.all]


async def _of_log(house: Pool, by: Principal) -> object:
    return [(each.kind, each.subject, each.author) for each in await _log(house, by)]


async def _of_month(house: Pool, by: Principal) -> object:
    month = await oversight.month_of_use(by, in_roles=nobody, pool=house)
    return month.sums, month.refused


async def _of_lines(house: Pool, by: Principal) -> object:
    month = await oversight.month_in_lines(by, in_roles=nobody, pool=house)
    return [(line.member, line.channel) for line in month.lines]


async def _of_before(house: Pool, by: Principal) -> object:
    now = (await rules.rules_of(by, in_roles=nobody, pool=house)).rules.revision
    return [(r.kind, r.subject, r.value) for r in (await rules.rules_as_of(by, now, pool=house)).all]


async def _of_offered(house: Pool, by: Principal) -> object:
    found = await rules.offered(by, pool=house, terms=RICH)
    return found.presets, [(r.kind, r.subject) for r in found.rules.all], found.prices


async def _of_settings(house: Pool, by: Principal) -> object:
    return await settings.settings(by, pool=house, terms=RICH)


async def _of_managers(house: Pool, by: Principal) -> object:
    async def in_roles(among: Any) -> frozenset[str]:
        return frozenset(among) & {"S1"}

    try:
        await rules.as_manager(replace(by, user=UserId("ben"), is_admin=False), in_roles=in_roles, pool=house)
    except NotAnAdmin:
        return False
    return True


async def _of_outsiders(house: Pool, by: Principal) -> object:
    return [await outsiders.lets_in(by.platform, by.installation, each, pool=house) for each in Belongs]


READ: Mapping[str, Seen] = {
    "rules_of": _of_rules,
    "rules_as_of": _of_before,
    "log": _of_log,
    "month_of_use": _of_month,
    "month_in_lines": _of_lines,
    "offered": _of_offered,
    "settings": _of_settings,
    "as_manager": _of_managers,
    "lets_in": _of_outsiders,
}
WRITTEN = {"change_rules", "choose"}


def _use_cases(module: ModuleType) -> set[str]:
    return {
        name
        for name, function in inspect.getmembers(module, inspect.iscoroutinefunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }


def test_every_use_case_about_rules_and_settings_is_walked_with_two_workspaces() -> None:
    known = set().union(*(_use_cases(module) for module in (oversight, outsiders, rules, settings)))
    assert known == READ.keys() | WRITTEN


@pytest.mark.parametrize("linked", [False, True])
async def test_whatever_one_workspace_does_another_sees_and_decides_as_before(
    house: Pool,
    asked: Ask,
    linked: bool,  # noqa: FBT001 - pytest passes by name
) -> None:
    async with house.acquire() as conn:
        for by in (BOSS, CHIEF):
            await teams.ensure(
                conn, platform=by.platform, installation=by.installation, user=by.user, free_credits=10_000
            )

    async def still_admin(_name: object) -> bool:
        return True

    if linked:
        made = await code(BOSS, pool=house, terms=RICH)
        await join(CHIEF, made.code, still_admin=still_admin, pool=house, terms=RICH)
    before = {name: await see(house, CHIEF) for name, see in READ.items()}
    mine = {name: await see(house, BOSS) for name, see in READ.items()}
    for kind, (subject, value, _) in VALUES.items():
        await _change(house, kind, subject, value)
    for setting, value in (("fallback", "never"), ("refused", "go_on"), ("outsiders", "everybody"), ("keep", "3")):
        await settings.choose(BOSS, setting=setting, value=value, pool=house, terms=RICH)
    with pytest.raises(Refused):
        await submit(asked(), pool=house, terms=RICH, owner="bot")
    for name, see in READ.items():
        assert await see(house, CHIEF) == before[name], name
        assert await see(house, BOSS) != mine[name] or name.startswith("month_"), name
    there = asked(event="there", platform=CHIEF.platform, installation=THERE, user=UserId("ana"))
    assert (await submit(there, pool=house, terms=RICH, owner="bot")).root, (
        "the same person, in the same channel's name"
    )
    (line,) = (await oversight.month_in_lines(CHIEF, in_roles=nobody, pool=house)).lines
    assert (line.member, line.channel) == ("ana", "C1")
    assert (await oversight.month_in_lines(BOSS, in_roles=nobody, pool=house)).lines == ()
    assert (await oversight.month_of_use(CHIEF, in_roles=nobody, pool=house)).sums.videos == 1
    assert (await oversight.month_of_use(BOSS, in_roles=nobody, pool=house)).sums.videos == 0
